// A gate between browser and server: keeps every request with its body, and makes the faults that a story asks for.

import { createServer, request } from "node:http";

/**
 * Opens a gate before a server.
 *
 * A fault is a function that gets a request and returns nothing, or one of
 * `{ status, headers, body }`: the gate answers instead of the server;
 * `{ change(body) }`: the server's answer is changed on its way;
 * `{ cutAfter }`: the connection breaks after that many bytes of the request's body;
 * `{ cutAnswer: true }`: the server gets the request, and the connection breaks before its answer;
 * `{ hold }`: a promise that is waited for first.
 */
export async function openGate(upstream) {
  const gate = { requests: [], faults: [], target: new URL(upstream), port: 0, close: () => server.close() };
  const server = createServer((incoming, outgoing) => {
    pass(gate, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  gate.port = server.address().port;
  /** Forgets what passed and returns it. */
  gate.take = () => gate.requests.splice(0);
  /** Makes a fault for the next request that fits. */
  gate.once = (fits, fault) => {
    gate.faults.push((asked) => {
      if (!fits(asked)) return undefined;
      gate.faults.shift();
      return fault;
    });
  };
  return gate;
}

async function pass(gate, incoming, outgoing) {
  const asked = { method: incoming.method, path: incoming.url, headers: incoming.headers, body: undefined };
  gate.requests.push(asked);
  const fault = gate.faults.map((find) => find(asked)).find((found) => found !== undefined) ?? {};
  await fault.hold;
  if (fault.cutAfter !== undefined) return cut(gate, asked, incoming, outgoing, fault.cutAfter);
  asked.body = await read(incoming);
  if (fault.status !== undefined) {
    outgoing.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? "");
    return;
  }
  const answer = await forward(gate, asked, asked.body);
  const body = await read(answer);
  if (fault.cutAnswer) return outgoing.destroy();
  const changed = fault.change === undefined ? body : fault.change(body);
  const headers = { ...answer.headers };
  if ("content-length" in headers && asked.method !== "HEAD")
    headers["content-length"] = String(changed.length);
  outgoing.writeHead(answer.statusCode, headers).end(asked.method === "HEAD" ? undefined : changed);
}

/** Gives the server the beginning of a request, then breaks both connections. */
async function cut(gate, asked, incoming, outgoing, length) {
  const parts = [];
  let left = length;
  const sent = start(gate, asked);
  sent.on("error", () => undefined);
  for await (const part of incoming) {
    parts.push(part);
    const taken = part.subarray(0, left);
    left -= taken.length;
    if (taken.length > 0 && !sent.write(taken)) await new Promise((resolve) => sent.once("drain", resolve));
    if (left === 0) break;
  }
  asked.body = Buffer.concat(parts);
  // What was written has to leave this process before the connection breaks.
  await new Promise((resolve) => sent.write("", resolve));
  sent.destroy();
  outgoing.destroy();
}

function start(gate, asked) {
  const { hostname, port } = gate.target;
  return request({ hostname, port, method: asked.method, path: asked.path, headers: asked.headers });
}

function forward(gate, asked, body) {
  return new Promise((resolve, reject) => {
    const sent = start(gate, asked);
    sent.on("response", resolve).on("error", reject);
    sent.end(body);
  });
}

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
