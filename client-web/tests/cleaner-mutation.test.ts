import assert from "node:assert/strict";
import { test } from "node:test";
import { clean } from "../src/cleaner/cleaner.ts";
import * as heavy from "../src/cleaner/heavy.ts";
import { inFolder, judge, sample, samples, save } from "./cleaner-corpus.ts";

globalThis.bisikLate = heavy;

const ROUNDS = 40;
// A file of the corpus is done within milliseconds; the limit only tells slow from endless.
const LIMIT = 20_000;
const REASONS = ["unknown-format", "encrypted", "damaged", "too-large", "unsupported"];

/** The same numbers in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Flips bits, sets bytes, cuts, doubles or takes out a piece. */
function mutated(bytes: Uint8Array, below: (limit: number) => number): Uint8Array<ArrayBuffer> {
  let fresh = new Uint8Array(bytes);
  for (let change = below(3); change >= 0 && fresh.length > 1; change -= 1) {
    const at = below(fresh.length);
    const length = 1 + below(Math.min(64, fresh.length - at));
    const kind = below(6);
    if (kind === 0) fresh[at] = (fresh[at] ?? 0) ^ (1 << below(8));
    else if (kind === 1) fresh[at] = below(256);
    else if (kind === 2) fresh.fill(below(2) * 255, at, at + length);
    else if (kind === 3) fresh = fresh.slice(0, at);
    else if (kind === 4) fresh = joined(fresh.slice(0, at), fresh.slice(at + length));
    else fresh = joined(fresh.slice(0, at + length), fresh.slice(at));
  }
  return fresh;
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(left.length + right.length);
  whole.set(left);
  whole.set(right, left.length);
  return whole;
}

test("whatever is done to a file, it is refused or passes the judge", { timeout: 600_000 }, async () => {
  const below = numbers(1);
  const complaints = await inFolder(async (folder) => {
    for (const { file } of await samples()) {
      const bytes = new Uint8Array(await (await sample(file)).arrayBuffer());
      for (let round = 0; round < ROUNDS; round += 1) {
        const start = performance.now();
        const cleaned = await clean(new Blob([mutated(bytes, below)]));
        assert.ok(performance.now() - start < LIMIT, `${file} takes too long in round ${round}`);
        if (cleaned.outcome === "refused") assert.ok(REASONS.includes(cleaned.reason));
        // Plain text is what it is; nothing is said to be removed from it.
        else if (cleaned.extension !== "txt") await save(folder, `${round}-${file}`, cleaned.blob);
      }
    }
    return judge("tags", folder);
  });
  // A length that damage has changed can make pictures and sounds swallow the bytes behind them; no tag is left then.
  const swallowed = /^\d+-[a-z0-9-]+\.(webp|gif|jpg|mp3): [^>]*is left\n/gm;
  assert.equal(complaints.replaceAll(swallowed, ""), "");
});
