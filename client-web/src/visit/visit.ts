/**
 * What every visit fetches: card, headers, the edition of every desk, the challenge.
 *
 * The same documents in the same order, whoever asks and whatever for, one right after the other: no pause between them
 * depends on what a person does.
 */

import { checkCardDay, type DeskEntry, MAX_BUNDLE, type VerifiedCard, verifyCard } from "../formats/card.ts";
import type { Day } from "../formats/day.ts";
import {
  bodyLength,
  checkHeaderDay,
  MAX_HEADERS,
  readHeaders,
  type VerifiedHeader,
  verifyBody,
} from "../formats/edition.ts";
import { type Challenge, readChallenge } from "../formats/pow.ts";
import { Refusal } from "../formats/refusal.ts";
import type { Network } from "./network.ts";

/** What one desk of the card has published, or why it cannot be read or written to. */
export interface DeskState {
  desk: DeskEntry;
  /** Its newest edition, signed by the desk. */
  header?: VerifiedHeader;
  /** The body of that edition, as signed. */
  body?: Uint8Array;
  /** Why nothing may be sealed to this desk. With header and body, its letters may still be read. */
  refusal?: Refusal;
}

/** An agency's box as one visit finds it. */
export interface Box {
  card: VerifiedCard;
  /** One place for each desk, in the order of the card. */
  desks: DeskState[];
  challenge?: Challenge;
  origin: "network" | "files";
}

const MAX_CHALLENGE = 256;
/** How often a visit begins again because a desk published between two requests. */
const RESTARTS = 2;

/**
 * Fetches and verifies everything.
 *
 * Throws when card, headers or clock do not hold, or the server is not reached. What concerns one desk only is kept
 * in its state: it is named there, never left out silently. `onCard` is told as soon as the card is verified, since people
 * can begin to read while editions come.
 */
export async function openBox(
  network: Network,
  agency: string,
  today: () => Day,
  onCard?: (card: VerifiedCard) => void,
): Promise<Box> {
  for (let restarts = 0; ; restarts += 1) {
    const box = await fetchBox(network, agency, onCard);
    if (box !== undefined) {
      checkDays(box, today());
      return box;
    }
    if (restarts === RESTARTS) throw new Refusal("network-lost");
  }
}

/** Returns `undefined` when an edition was replaced while it was fetched. */
async function fetchBox(
  network: Network,
  agency: string,
  onCard: ((card: VerifiedCard) => void) | undefined,
): Promise<Box | undefined> {
  const card = verifyCard(await network.get("card", MAX_BUNDLE), agency);
  onCard?.(card);
  const frames = await network.get("headers", MAX_HEADERS);
  const desks = statesOf(card, readHeaders(frames, card));
  for (const state of desks) {
    if (state.header === undefined) continue;
    const route = `editions/${state.desk.id}/${state.header.header.number}`;
    const body = await network.get(route, bodyLength(state.header)).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === "server-not-found") return undefined;
      throw error;
    });
    if (body === undefined) return undefined;
    await keepBody(state, body);
  }
  return { card, desks, challenge: await fetchChallenge(network), origin: "network" };
}

/** Puts each desk of the card beside its header or the reason why there is none. */
export function statesOf(card: VerifiedCard, found: (VerifiedHeader | Refusal)[]): DeskState[] {
  return card.card.desks.map((desk, place) => {
    const header = found[place] ?? new Refusal("edition-missing", { desk: desk.id });
    return header instanceof Refusal ? { desk, refusal: header } : { desk, header };
  });
}

/** Keeps a body if it is the one that the header signs. */
export async function keepBody(state: DeskState, body: Uint8Array): Promise<void> {
  if (state.header === undefined) return;
  try {
    await verifyBody(state.header, body);
    state.body = body;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    state.refusal = new Refusal(error.code, { desk: state.desk.id });
  }
}

/**
 * Compares the device's day with every signed date.
 *
 * Throws for the card and for a day before any edition: then the clock or the whole box is wrong. An edition past its
 * last day concerns its desk only.
 */
export function checkDays(box: Box, today: Day): void {
  checkCardDay(box.card, today);
  for (const state of box.desks) {
    if (state.header === undefined) continue;
    try {
      checkHeaderDay(state.header, today);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "edition-unread") throw error;
      state.refusal ??= new Refusal(error.code, { desk: state.desk.id });
    }
  }
}

/** Fetches the challenge of these ten minutes. */
export async function fetchChallenge(network: Network, signal?: AbortSignal): Promise<Challenge> {
  return readChallenge(await network.get("challenge", MAX_CHALLENGE, signal));
}
