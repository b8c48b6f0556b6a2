/**
 * Requests to the agency's server.
 *
 * Whoever asks and whatever for, a request looks the same: no cookies, no referrer, no cache, no redirects. Every answer
 * is bounded before it is read, and nothing that a server writes is ever shown: its problem codes become our own.
 */

import { MAX_PROBLEM, PROBLEM_TYPE, problemCode, refusalOfProblem } from "../formats/problem.ts";
import { Refusal, type RefusalCode } from "../formats/refusal.ts";
import { reasonOf } from "./patience.ts";

/** Sends one request; `fetch` of the browser. */
export type Fetcher = (address: string, init: RequestInit) => Promise<Response>;

/** What a request asks. */
export interface Ask {
  method: "GET" | "POST" | "PATCH" | "HEAD" | "DELETE";
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

/** What a server answers: success, or the refusal that its answer stands for. */
export interface Answer {
  status: number;
  header(name: string): string | undefined;
  body: Uint8Array<ArrayBuffer>;
  refusal?: Refusal;
}

/** The longest wait for the beginning of an answer: building a circuit of Tor may take that long. */
const ANSWER_TIMEOUT = 180_000;
/** The longest silence inside an answer. */
const SILENCE_TIMEOUT = 60_000;
/** The slowest line on which an upload is waited for, in bytes a second. */
const SLOWEST = 1024;
/** The longest wait that a server can ask for, in seconds. */
const MAX_RETRY_AFTER = 600;

/** The server of one agency, at the address of this page. */
export class Network {
  readonly #base: string;
  readonly #fetcher: Fetcher;

  /** Takes the address of the page: it ends with a slash, and everything is asked below it. */
  constructor(base: URL, fetcher: Fetcher = (address, init) => fetch(address, init)) {
    this.#base = base.origin + base.pathname;
    this.#fetcher = fetcher;
  }

  /** Fetches a document of at most `max` bytes. */
  async get(route: string, max: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const ask: Ask = signal === undefined ? { method: "GET" } : { method: "GET", signal };
    const answer = await this.ask(route, ask, max);
    if (answer.refusal !== undefined) throw answer.refusal;
    if (answer.status !== 200) throw new Refusal("server-odd");
    return answer.body;
  }

  /**
   * Makes one request and reads at most `max` bytes of a successful answer.
   *
   * Throws `network-lost` when no whole answer came and `server-odd` for an answer that is too long. What the server
   * refuses is returned, since some refusals are part of a conversation. An abort by the caller throws its reason.
   */
  async ask(route: string, ask: Ask, max = 0): Promise<Answer> {
    const watch = new Watch(ANSWER_TIMEOUT + ((ask.body?.length ?? 0) / SLOWEST) * 1000, ask.signal);
    try {
      const response = await this.#fetcher(this.#base + route, init(ask, watch.signal));
      const header = (name: string) => response.headers.get(name) ?? undefined;
      if (response.ok) {
        const body = await readBody(response, max, watch);
        return { status: response.status, header, body };
      }
      const refusal = await readRefusal(response, watch);
      return { status: response.status, header, body: new Uint8Array(), refusal };
    } catch (error) {
      if (ask.signal?.aborted) throw reasonOf(ask.signal);
      if (error instanceof Refusal) throw error;
      throw new Refusal("network-lost");
    } finally {
      watch.end();
    }
  }
}

function init(ask: Ask, signal: AbortSignal): RequestInit {
  return {
    method: ask.method,
    headers: ask.headers ?? {},
    ...(ask.body === undefined ? {} : { body: ask.body }),
    credentials: "omit",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    redirect: "error",
    mode: "same-origin",
    // What outlives the page cannot be ended by it.
    ...(ask.keepalive === true ? { keepalive: true } : { signal }),
  };
}

/** Ends a request that falls silent, or that the caller gives up. */
class Watch {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #stop = () => this.#controller.abort();
  #timer: ReturnType<typeof setTimeout>;

  constructor(milliseconds: number, outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#timer = setTimeout(this.#stop, milliseconds);
    if (outer?.aborted) this.#stop();
    outer?.addEventListener("abort", this.#stop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Notes that bytes have come. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#stop, SILENCE_TIMEOUT);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#stop);
  }
}

async function readBody(response: Response, max: number, watch: Watch): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(response.headers.get("content-length") ?? 0);
  if (declared > max) {
    await response.body?.cancel();
    throw new Refusal("server-odd");
  }
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    watch.heard();
    length += value.length;
    if (length > max) {
      await reader.cancel();
      throw new Refusal("server-odd");
    }
    parts.push(value);
  }
  // A connection that closes early is an error in every browser only when the length was declared.
  if (length < declared) throw new Refusal("network-lost");
  return joined(parts, length);
}

function joined(parts: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function readRefusal(response: Response, watch: Watch): Promise<Refusal> {
  const wait = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isInteger(wait) && wait > 0 ? Math.min(wait, MAX_RETRY_AFTER) : undefined;
  const code = await problemOf(response, watch);
  const byStatus = CODES_BY_STATUS[response.status] ?? code;
  return new Refusal(code === "server-odd" ? byStatus : code, retryAfter === undefined ? {} : { retryAfter });
}

async function problemOf(response: Response, watch: Watch): Promise<RefusalCode> {
  const kind = response.headers.get("content-type")?.split(";")[0]?.trim();
  if (kind === PROBLEM_TYPE)
    return refusalOfProblem(problemCode(await readBody(response, MAX_PROBLEM, watch)));
  await response.body?.cancel();
  return "server-odd";
}

/** What a gate before the server means by a status that comes without a known code. */
const CODES_BY_STATUS: Partial<Record<number, RefusalCode>> = {
  404: "server-not-found",
  408: "network-lost",
  413: "server-too-large",
  423: "server-busy",
  429: "server-busy",
  500: "server-failed",
  502: "network-lost",
  503: "server-busy",
  504: "network-lost",
  507: "server-full",
};
