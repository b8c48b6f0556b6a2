/**
 * The one upload of a visit: the message, or a decoy for a visitor who has nothing to say.
 *
 * The decoy is sealed right after the documents came and leaves with the page. A message takes its place, so an observer
 * sees one upload either way.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import type { Random } from "../formats/bytes.ts";
import { hex } from "../formats/ids.ts";
import { headerLength } from "../formats/padding.ts";
import { solve } from "../formats/pow.ts";
import { Refusal } from "../formats/refusal.ts";
import { type Sealing, sealDecoy } from "../sealing/report.ts";
import type { Ask, Network } from "./network.ts";
import { checkAbort, Patience, type Pause, type Progress, pauseByClock } from "./patience.ts";
import { PIECE, Upload } from "./upload.ts";
import { type Box, fetchChallenge } from "./visit.ts";

export type { Progress } from "./patience.ts";

/** How often a challenge that ended meanwhile is fetched again. */
const CHALLENGES = 3;

/** One visit to a box that was opened: it ends with exactly one upload. */
export class Visit {
  readonly box: Box;
  readonly #network: Network;
  readonly #random: Random;
  readonly #pause: Pause;
  #decoy: Ask | undefined;
  #hasPosted = false;
  #going: Going | undefined;

  constructor(box: Box, network: Network, random: Random, pause: Pause = pauseByClock) {
    this.box = box;
    this.#network = network;
    this.#random = random;
    this.#pause = pause;
  }

  /** Seals the decoy, so that it is at hand when the page is left. */
  async prepareDecoy(): Promise<void> {
    if (this.box.challenge === undefined || this.#hasPosted) return;
    const desks = this.box.desks.length;
    const sealed = new Uint8Array(await sealDecoy(desks, this.#random));
    const digest = sha256(sealed.subarray(0, headerLength(desks)));
    const nonce = await solve(this.box.challenge, digest, this.#random);
    this.#decoy = { ...report(sealed, digest, nonce), keepalive: true };
  }

  /** Hands in the decoy if nothing was handed in yet. The page may vanish right after. */
  leave(): void {
    if (this.#decoy === undefined || this.#hasPosted) return;
    this.#hasPosted = true;
    // Nobody is left to be told; a decoy that is lost harms nobody.
    this.#network.ask("reports", this.#decoy).catch(() => undefined);
  }

  /**
   * Hands in a message. When this returns, the server has stored it.
   *
   * What fails for a moment is tried again for some minutes. After that, and after a refusal, the same sealing may be
   * given again: it goes on where it stopped. An abort throws the signal's reason.
   */
  async send(sealing: Sealing, progress: (p: Progress) => void, signal: AbortSignal): Promise<void> {
    if (this.box.challenge === undefined) throw new Refusal("network-lost");
    if (this.#going?.sealing !== sealing) this.giveUp();
    const going = this.#going ?? this.#prepare(sealing);
    this.#going = going;
    const { run, sent } = going;
    const patience = new Patience(this.#pause, signal);
    let known = sent();
    for (let challenges = 0; ; ) {
      try {
        await run(progress, signal);
        this.#going = undefined;
        return;
      } catch (error) {
        if (sent() > known) patience.moved();
        known = sent();
        if (error instanceof Refusal && error.code === "server-pow" && challenges < CHALLENGES) {
          challenges += 1;
          this.box.challenge = await fetchChallenge(this.#network, signal);
          continue;
        }
        const total = sealing.length;
        await patience.after(error, (waiting) =>
          progress({ stage: "waiting", sent: known, total, ...waiting }),
        );
      }
    }
  }

  /** Has the server drop what came of a message that is not finished. The same sealing may be sent again, from its beginning. */
  giveUp(): void {
    this.#going?.giveUp();
    this.#going = undefined;
  }

  #prepare(sealing: Sealing): Going {
    const begun = () => {
      this.#hasPosted = true;
    };
    if (sealing.length > PIECE) {
      const upload = new Upload(this.#network, sealing, (digest) => this.#prove(digest));
      return {
        sealing,
        run: (progress, signal) => upload.run(begun, progress, signal),
        sent: () => upload.sent,
        giveUp: () => upload.giveUp(),
      };
    }
    const shot = new Shot(this.#network, sealing, (digest) => this.#prove(digest));
    return {
      sealing,
      run: (progress, signal) => shot.run(begun, progress, signal),
      sent: () => 0,
      giveUp: () => undefined,
    };
  }

  async #prove(digest: Uint8Array): Promise<string> {
    if (this.box.challenge === undefined) throw new Refusal("network-lost");
    return solve(this.box.challenge, digest, this.#random);
  }
}

/** A message on its way. */
interface Going {
  sealing: Sealing;
  run(progress: (p: Progress) => void, signal: AbortSignal): Promise<void>;
  sent(): number;
  giveUp(): void;
}

/** A message in one request. Its bytes are kept: the same ones again are no second message. */
class Shot {
  readonly #network: Network;
  readonly #sealing: Sealing;
  readonly #prove: (digest: Uint8Array) => Promise<string>;
  #sealed: Uint8Array<ArrayBuffer> | undefined;

  constructor(network: Network, sealing: Sealing, prove: (digest: Uint8Array) => Promise<string>) {
    this.#network = network;
    this.#sealing = sealing;
    this.#prove = prove;
  }

  async run(begun: () => void, progress: (p: Progress) => void, signal: AbortSignal): Promise<void> {
    const total = this.#sealing.length;
    this.#sealed ??= await this.#seal(progress, signal);
    const digest = sha256(this.#sealed.subarray(0, headerLength(this.#sealing.desks)));
    const nonce = await this.#prove(digest);
    checkAbort(signal);
    begun();
    progress({ stage: "sending", sent: 0, total });
    const answer = await this.#network.ask("reports", { ...report(this.#sealed, digest, nonce), signal });
    if (answer.refusal !== undefined) throw answer.refusal;
    if (answer.status !== 201) throw new Refusal("server-odd");
    progress({ stage: "confirming", sent: total, total });
  }

  async #seal(progress: (p: Progress) => void, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const total = this.#sealing.length;
    const sealed = new Uint8Array(total);
    let sent = 0;
    for await (const piece of this.#sealing.pieces()) {
      checkAbort(signal);
      sealed.set(piece, sent);
      sent += piece.length;
      progress({ stage: "locking", sent, total });
    }
    return sealed;
  }
}

function report(sealed: Uint8Array<ArrayBuffer>, digest: Uint8Array, nonce: string): Ask {
  const headers = {
    "Content-Type": "application/octet-stream",
    "Bisik-Header-Sha256": hex(digest),
    "Bisik-Pow": nonce,
  };
  return { method: "POST", headers, body: sealed };
}
