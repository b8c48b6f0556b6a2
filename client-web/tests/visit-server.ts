// A server for faults that the real one cannot be made to show: it answers what a test tells it to.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Network } from "../src/visit/network.ts";
import type { Pause } from "../src/visit/patience.ts";

/** One request as it came. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** Answers a request, or breaks the connection by `response.destroy()`. */
export type Answering = (asked: Asked, response: ServerResponse) => void;

/** Runs a test with a server and keeps what was asked. */
export async function withServer(
  answering: Answering,
  test: (network: Network, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const all: Asked[] = [];
  const server = createServer((request, response) => {
    readAll(request).then((body) => {
      const asked = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      all.push(asked);
      answering(asked, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await test(new Network(baseOf(server)), all);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Writes a problem document. */
export function problem(response: ServerResponse, status: number, code: string, headers: object = {}): void {
  response.writeHead(status, { "content-type": "application/problem+json", ...headers });
  response.end(JSON.stringify({ type: `urn:bisik:problem:${code}`, title: "", status, detail: "" }));
}

/** Waits that are over at once. */
export const noPause: Pause = () => Promise.resolve();

function baseOf(server: Server): URL {
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/kpk/?ignored#ignored`);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
