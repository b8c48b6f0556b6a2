// The world around a story: its arguments, and what officers and couriers do when the story asks for it.

import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    browser: { type: "string", default: "chromium" },
    url: { type: "string" },
    fingerprint: { type: "string" },
    home: { type: "string" },
    out: { type: "string" },
    // Address of a SOCKS proxy, through which alone the browser goes.
    socks: { type: "string" },
  },
});

/** How the story was called. */
export const args = values;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks the other side of the pipe to do something, and returns what came of it. */
export async function ask(what, more = {}) {
  process.stdout.write(`${JSON.stringify({ do: what, ...more })}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error("nobody answers");
  const answer = JSON.parse(value);
  if ("failed" in answer) throw new Error(`refused: ${answer.failed}`);
  return answer.ok;
}

/** Runs a command of a desk. */
export const desk = (name, command, input = "") => ask("desk", { desk: name, args: command, input });

/** Carries what waits at the server to a desk, which imports it. */
export const deliver = (name) => ask("deliver", { desk: name });

/** Lets a desk publish and carries it to the server. */
export const publish = (name) => ask("answer", { desk: name });

/** Runs a command of the courier. */
export const courier = (command) => ask("courier", { args: command });

/** Runs the reporter's program against a server. */
export const reporter = (command, input, server) => ask("reporter", { args: command, input, server });

/** Plays a story, then says that it is done; whatever it throws ends the process. */
export async function play(story) {
  const limit = setTimeout(() => {
    process.stderr.write("the story takes too long\n");
    process.exit(1);
  }, 240_000);
  await story();
  clearTimeout(limit);
  process.stdout.write(`${JSON.stringify({ do: "done" })}\n`, () => process.exit(0));
}
