/**
 * Evidence on its way: one sealed file in pieces of 1 MiB by tus 1.0, since browsers cannot stream a request.
 *
 * A piece is kept until the server has it. After a lost connection the server is asked how far it came, and sending goes
 * on inside the kept piece. An upload that the server no longer knows is sealed anew and sent from its beginning.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { hex } from "../formats/ids.ts";
import { headerLength } from "../formats/padding.ts";
import { Refusal } from "../formats/refusal.ts";
import type { Sealing } from "../sealing/report.ts";
import type { Answer, Ask, Network } from "./network.ts";
import { checkAbort, isTransient, type Progress } from "./patience.ts";

/** Bytes of one request. */
export const PIECE = 1024 * 1024;
/** How often a vanished upload is begun again. */
const RESTARTS = 3;
const VERSION = { "Tus-Resumable": "1.0.0" };

/** Finds the proof of work for a header digest. */
export type Prove = (headerDigest: Uint8Array, signal: AbortSignal) => Promise<string>;

/** One large report on its way to the server; `run` may be called again after it failed. */
export class Upload {
  readonly #network: Network;
  readonly #sealing: Sealing;
  readonly #prove: Prove;
  #way: Way | undefined;
  #restarts = 0;

  constructor(network: Network, sealing: Sealing, prove: Prove) {
    this.#network = network;
    this.#sealing = sealing;
    this.#prove = prove;
  }

  /** Bytes that the server is known to have. */
  get sent(): number {
    return this.#way?.offset ?? 0;
  }

  /** Sends until the server has stored everything; `begun` is called once the first bytes leave. */
  async run(begun: () => void, progress: (p: Progress) => void, signal: AbortSignal): Promise<void> {
    const total = this.#sealing.length;
    while (this.sent < total) {
      checkAbort(signal);
      try {
        this.#way ??= await this.#begin(begun, progress, signal);
        await this.#step(this.#way, progress, signal);
      } catch (error) {
        // After anything else, what the server has of this upload is of no use any more.
        if (!isTransient(error) && !signal.aborted) this.#way = undefined;
        if (!(error instanceof Refusal) || error.code !== "upload-gone") throw error;
        this.#restarts += 1;
        if (this.#restarts > RESTARTS) throw error;
      }
    }
  }

  /** Has the server drop what it has. The page may vanish right after; `run` would begin anew. */
  giveUp(): void {
    const way = this.#way;
    this.#way = undefined;
    if (way === undefined) return;
    const drop: Ask = { method: "DELETE", headers: VERSION, keepalive: true };
    // Nobody is left to be told; what stays is dropped by the server after some days.
    this.#network.ask(way.route, drop).catch(() => undefined);
  }

  async #begin(begun: () => void, progress: (p: Progress) => void, signal: AbortSignal): Promise<Way> {
    const total = this.#sealing.length;
    progress({ stage: "locking", sent: 0, total });
    const pieces = new Pieces(this.#sealing);
    const piece = await pieces.next();
    const digest = sha256(piece.subarray(0, headerLength(this.#sealing.desks)));
    const headers = {
      ...VERSION,
      "Upload-Length": String(total),
      "Bisik-Header-Sha256": hex(digest),
      "Bisik-Pow": await this.#prove(digest, signal),
    };
    begun();
    progress({ stage: "sending", sent: 0, total });
    const answer = await this.#network.ask("uploads", { method: "POST", headers, signal });
    if (answer.refusal !== undefined) throw answer.refusal;
    const id = /\/uploads\/([0-9a-f]{32})$/.exec(answer.header("location") ?? "")?.[1];
    if (answer.status !== 201 || id === undefined) throw new Refusal("server-odd");
    return { route: `uploads/${id}`, pieces, piece, start: 0, offset: 0, unsure: false };
  }

  /** Finds out how far the server came, or sends what is left of the kept piece. */
  async #step(way: Way, progress: (p: Progress) => void, signal: AbortSignal): Promise<void> {
    const total = this.#sealing.length;
    if (way.unsure) {
      await this.#ask(way, signal);
      return;
    }
    const end = way.start + way.piece.length;
    if (way.offset === end) {
      way.start = end;
      way.piece = await way.pieces.next();
      return;
    }
    progress({ stage: "sending", sent: way.offset, total });
    const rest = way.piece.subarray(way.offset - way.start);
    if (end === total) progress({ stage: "confirming", sent: way.offset, total });
    way.unsure = true;
    const answer = await this.#exchange(way, patch(way.offset, rest, signal));
    // Someone else's connection, or our own broken one, moved it: ask.
    if (answer.status === 409) return;
    if (answer.refusal !== undefined) throw answer.refusal;
    if (answer.status !== 204 || offsetOf(answer) !== end) throw new Refusal("server-odd");
    way.offset = end;
    way.unsure = false;
  }

  async #ask(way: Way, signal: AbortSignal): Promise<void> {
    const answer = await this.#exchange(way, { method: "HEAD", headers: VERSION, signal });
    if (answer.refusal !== undefined) throw answer.refusal;
    const offset = offsetOf(answer);
    const isWhole = offset === this.#sealing.length;
    const isInPiece = offset >= way.start && offset <= way.start + way.piece.length;
    // Earlier pieces are not kept: a server that lost one has to be given everything again.
    if (!isWhole && !isInPiece) throw new Refusal("upload-gone");
    way.offset = offset;
    way.unsure = false;
  }

  async #exchange(way: Way, ask: Ask): Promise<Answer> {
    const answer = await this.#network.ask(way.route, ask);
    if (answer.status === 404 || answer.status === 410) throw new Refusal("upload-gone");
    return answer;
  }
}

/** The state of an upload that the server has begun. */
interface Way {
  route: string;
  pieces: Pieces;
  /** The piece that is kept, and where it begins. */
  piece: Uint8Array<ArrayBuffer>;
  start: number;
  /** What the server has. */
  offset: number;
  /** Whether a request was lost, so that the server may have more. */
  unsure: boolean;
}

function patch(offset: number, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Ask {
  const headers = {
    ...VERSION,
    "Upload-Offset": String(offset),
    "Content-Type": "application/offset+octet-stream",
  };
  return { method: "PATCH", headers, body, signal };
}

function offsetOf(answer: Answer): number {
  const text = answer.header("upload-offset") ?? "";
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** Cuts what is sealed into pieces of 1 MiB, holding one piece at a time. */
class Pieces {
  readonly #from: AsyncGenerator<Uint8Array>;
  #left: Uint8Array = new Uint8Array();

  constructor(sealing: Sealing) {
    this.#from = sealing.pieces();
  }

  /** Seals the next piece: 1 MiB, or what is left. */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    const piece = new Uint8Array(PIECE);
    let filled = 0;
    while (filled < PIECE) {
      if (this.#left.length === 0) {
        const { done, value } = await this.#from.next();
        if (done) break;
        this.#left = value;
      }
      const part = this.#left.subarray(0, PIECE - filled);
      piece.set(part, filled);
      filled += part.length;
      this.#left = this.#left.subarray(part.length);
    }
    return piece.subarray(0, filled);
  }
}
