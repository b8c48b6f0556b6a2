// A gate between browser and server: keeps every request with its body, and makes the faults that a story asks for.

import { createServer, request } from "node:http";

/** Opens a gate before the server at an address. */
export async function openGate(upstream) {
  const gate = new Gate(new URL(upstream));
  await gate.listen();
  return gate;
}

/**
 * A gate. A fault, the newest first, is what happens to a request instead of being passed on; one of
 * `{ status, headers, body }`: the gate answers instead of the server;
 * `{ change(body) }`: the server's answer is changed on its way;
 * `{ cutAfter }`: the connection breaks after that many bytes of the request's body;
 * `{ cutAnswer: true }`: the server gets the request, and the connection breaks before its answer;
 * `{ hold }`: a promise that is waited for first.
 */
class Gate {
  /** The server's address. */
  target;
  /** The port of the gate. */
  port = 0;
  /** How many messages and decoys have come so far, answered or broken off. */
  uploads = 0;
  #requests = [];
  #faults = [];
  #waiting = [];
  #server = createServer((incoming, outgoing) => {
    this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
  });

  constructor(target) {
    this.target = target;
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Forgets what passed and returns it. */
  take() {
    return this.#requests.splice(0);
  }

  /** Makes a fault for every request that fits; returns how to end it. */
  always(fits, fault) {
    const entry = { fits, fault };
    this.#faults.push(entry);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== entry);
    };
  }

  /** Makes a fault for the next request that fits. */
  once(fits, fault) {
    this.#times(1, fits, fault);
  }

  /** As `once`, and again when the browser by itself repeats what broke on a connection that it had used before. */
  firmly(fits, fault) {
    this.#times(2, fits, fault);
  }

  #times(count, fits, fault) {
    let left = count;
    const end = this.always((asked) => {
      if (!fits(asked)) return false;
      left -= 1;
      if (left === 0) end();
      return true;
    }, fault);
  }

  /** Waits until a request that fits has been answered. */
  until(fits) {
    return new Promise((resolve) => {
      const look = () => {
        if (this.#requests.some((asked) => asked.status !== undefined && fits(asked))) resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  /** Waits until more uploads than these have come. */
  moreUploads(count) {
    return new Promise((resolve) => {
      const look = () => {
        if (this.uploads > count) resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  async #pass(incoming, outgoing) {
    const asked = { method: incoming.method, path: incoming.url, headers: incoming.headers };
    this.#requests.push(asked);
    const fault = this.#faults.findLast(({ fits }) => fits(asked))?.fault ?? {};
    await fault.hold;
    if (fault.cutAfter === undefined) {
      asked.body = await read(incoming);
      await this.#answer(asked, fault, outgoing);
    } else {
      await cut(this, asked, incoming, fault.cutAfter);
      outgoing.destroy();
    }
    if (asked.method === "POST" && /\/(?:reports|uploads)$/.test(asked.path)) this.uploads += 1;
    for (const look of this.#waiting) look();
  }

  async #answer(asked, fault, outgoing) {
    if (fault.status !== undefined) {
      asked.status = fault.status;
      outgoing.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? "");
      return;
    }
    // What is to be changed must come as it is, not compressed.
    const headers =
      fault.change === undefined ? asked.headers : { ...asked.headers, "accept-encoding": "identity" };
    const answer = await forward(this, { ...asked, headers });
    const body = await read(answer);
    asked.status = answer.statusCode;
    if (fault.cutAnswer) {
      outgoing.destroy();
      return;
    }
    const isHead = asked.method === "HEAD";
    const changed = fault.change === undefined ? body : fault.change(body);
    const told = { ...answer.headers };
    if ("content-length" in told && !isHead) told["content-length"] = String(changed.length);
    outgoing.writeHead(answer.statusCode, told).end(isHead ? undefined : changed);
  }
}

/** Gives the server the beginning of a request, then breaks the connection. */
async function cut(gate, asked, incoming, length) {
  const parts = [];
  let left = length;
  const sent = start(gate, asked);
  sent.on("error", () => undefined);
  for await (const part of incoming) {
    parts.push(part);
    const taken = part.subarray(0, left);
    left -= taken.length;
    await new Promise((resolve) => sent.write(taken, resolve));
    if (left === 0) break;
  }
  asked.body = Buffer.concat(parts);
  asked.status = 0;
  sent.destroy();
}

function start(gate, asked) {
  const { hostname, port } = gate.target;
  return request({ hostname, port, method: asked.method, path: asked.path, headers: asked.headers });
}

function forward(gate, asked) {
  return new Promise((resolve, reject) => {
    const sent = start(gate, asked);
    sent.on("response", resolve).on("error", reject);
    sent.end(asked.body);
  });
}

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
