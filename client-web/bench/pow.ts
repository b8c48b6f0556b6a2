// How long the page works for a challenge: node bench/run.mjs [--jitless] bench/pow.ts
//
// The nonces begin at zero, so the one found tells how many were tried. Processor time counts: others may be at work.

import { solve } from "../src/formats/pow.ts";

/** The most bits that a server asks for. */
const MAX_BITS = 18;
const SOLVED = 12;
const ROUNDS = 8;

let tried = 0;
const start = process.cpuUsage();
for (let round = 0; round < ROUNDS; round += 1) {
  const header = new Uint8Array(32).fill(round);
  const nonce = await solve({ challenge: "07".repeat(16), bits: SOLVED }, header, (length) => new Uint8Array(length));
  tried += Number(BigInt(`0x${nonce}`)) + 1;
}
const used = process.cpuUsage(start);
const rate = (tried / (used.user + used.system)) * 1e6;
const mean = 2 ** MAX_BITS / rate;
console.log(`${Math.round(rate)} attempts a second; ${MAX_BITS} bits: ${mean.toFixed(1)} s on average, ${(mean * 3).toFixed(1)} s in one of twenty`);
