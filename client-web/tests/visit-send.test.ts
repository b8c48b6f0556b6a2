// The one upload of a visit: a message or a decoy, never both, and never lost for a moment's trouble.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { headerLength, sealedLength, TEXT_SIZE } from "../src/formats/padding.ts";
import { Refusal, type RefusalCode } from "../src/formats/refusal.ts";
import type { Sealing } from "../src/sealing/report.ts";
import { Network } from "../src/visit/network.ts";
import type { Pause } from "../src/visit/patience.ts";
import { type Progress, Visit } from "../src/visit/send.ts";
import type { Box } from "../src/visit/visit.ts";
import { type Answering, type Asked, noPause, problem, withServer } from "./visit-server.ts";

const DESKS = 2;
const TEXT = sealedLength(TEXT_SIZE, DESKS);
const challenge = { challenge: "5a".repeat(16), bits: 0 };
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const forever = () => new AbortController().signal;
const refused = (code: RefusalCode) => (error: unknown) => error instanceof Refusal && error.code === code;
const stored: Answering = (_, response) => response.writeHead(201).end();

const box = (): Box =>
  ({ desks: [{}, {}], challenge: { ...challenge }, origin: "network" }) as unknown as Box;

/** A text that is sealed; every attempt gives other bytes. */
class FakeSealing implements Sealing {
  readonly length = TEXT;
  readonly desks = DESKS;
  attempts = 0;

  async *pieces(): AsyncGenerator<Uint8Array> {
    this.attempts += 1;
    yield random(headerLength(DESKS));
    yield random(TEXT - headerLength(DESKS));
  }

  messageId(): string {
    return "00000000";
  }
}

async function withVisit(
  answering: Answering,
  check: (visit: Visit, asked: Asked[]) => Promise<void>,
  pause: Pause = noPause,
): Promise<void> {
  await withServer(answering, (network, asked) => check(new Visit(box(), network, random, pause), asked));
}

/** Answers the first requests by these, the rest as `stored`. */
function first(...troubles: Answering[]): Answering {
  return (asked, response) => (troubles.shift() ?? stored)(asked, response);
}

test("a decoy leaves once, outlives the page, and looks like a message", async () => {
  const asked: [string, RequestInit][] = [];
  const network = new Network(new URL("http://kotak.test/kpk/"), async (address, init) => {
    asked.push([address, init]);
    return new Response(null, { status: 201 });
  });
  const visit = new Visit(box(), network, random, noPause);
  await visit.prepareDecoy();
  visit.leave();
  visit.leave();
  const message = new Visit(box(), network, random, noPause);
  await message.send(new FakeSealing(), () => undefined, forever());
  assert.equal(asked.length, 2);
  const [decoy, real] = asked.map(([address, init]) => ({
    address,
    keepalive: init.keepalive,
    length: (init.body as Uint8Array).length,
    headers: Object.entries(init.headers ?? {}).map(([name, value]) => [name, value.length]),
  }));
  assert.deepEqual([decoy?.keepalive, decoy?.length], [true, TEXT]);
  assert.deepEqual({ ...decoy, keepalive: undefined }, real);
});

test("a decoy carries the digest of its own header", async () => {
  await withVisit(stored, async (visit, asked) => {
    await visit.prepareDecoy();
    visit.leave();
    // The message of a second visit is answered after the decoy.
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const digest = createHash("sha256")
      .update(asked[0]?.body.subarray(0, headerLength(DESKS)) ?? "")
      .digest("hex");
    assert.equal(asked[0]?.headers["bisik-header-sha256"], digest);
    assert.match(String(asked[0]?.headers["bisik-pow"]), /^[0-9a-f]{16}$/);
  });
});

test("after a message no decoy leaves, also when the message was refused", async () => {
  for (const answering of [stored, first((_, response) => problem(response, 507, "full"))]) {
    await withVisit(answering, async (visit, asked) => {
      await visit.prepareDecoy();
      await visit.send(new FakeSealing(), () => undefined, forever()).catch(() => undefined);
      visit.leave();
      await visit.prepareDecoy();
      visit.leave();
      assert.equal(asked.length, 1);
    });
  }
});

test("a message that was never sealed leaves its place to the decoy", async () => {
  await withVisit(stored, async (visit, asked) => {
    await visit.prepareDecoy();
    const broken = new FakeSealing();
    broken.pieces = async function* () {
      yield random(headerLength(DESKS));
      throw new Refusal("file-changed");
    };
    await assert.rejects(
      visit.send(broken, () => undefined, forever()),
      refused("file-changed"),
    );
    assert.equal(asked.length, 0);
    visit.leave();
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asked[0]?.body.length, TEXT);
  });
});

test("a lost connection and a busy server are waited for, and the same bytes are sent again", async () => {
  const told: Progress[] = [];
  const troubles = first(
    (_, response) => response.destroy(),
    (_, response) => problem(response, 429, "busy", { "retry-after": "3" }),
  );
  await withVisit(troubles, async (visit, asked) => {
    const sealing = new FakeSealing();
    await visit.send(sealing, (progress) => told.push(progress), forever());
    assert.deepEqual([asked.length, sealing.attempts], [3, 1]);
    assert.ok(asked.every(({ body }) => body.equals(asked[0]?.body ?? Buffer.alloc(0))));
    const waits = told.flatMap(({ stage, retryIn }) => (stage === "waiting" ? [retryIn] : []));
    assert.deepEqual(waits, [2, 1, 4, 3, 2, 1]);
    assert.deepEqual([told.at(-1)?.stage, told.at(-1)?.sent], ["confirming", TEXT]);
  });
});

test("a person can end the waiting", async () => {
  await withVisit(
    first((_, response) => response.destroy()),
    async (visit, asked) => {
      const told: number[] = [];
      const impatient = (progress: Progress) => {
        if (progress.stage !== "waiting") return;
        told.push(progress.retryIn ?? 0);
        progress.retryNow?.();
      };
      await visit.send(new FakeSealing(), impatient, forever());
      assert.deepEqual([asked.length, told.length], [2, 1]);
    },
  );
});

test("after minutes of trouble a person decides, and goes on with the same bytes", async () => {
  let isDown = true;
  const answering: Answering = (asked, response) =>
    isDown ? void response.destroy() : void stored(asked, response);
  await withVisit(answering, async (visit, asked) => {
    const sealing = new FakeSealing();
    await assert.rejects(
      visit.send(sealing, () => undefined, forever()),
      refused("network-lost"),
    );
    const attempts = asked.length;
    assert.ok(attempts > 5);
    isDown = false;
    await visit.send(sealing, () => undefined, forever());
    assert.deepEqual([asked.length, sealing.attempts], [attempts + 1, 1]);
  });
});

test("a refusal is told at once", async () => {
  for (const [status, code, ours] of [
    [413, "report-too-large", "server-too-large"],
    [422, "report-shape", "server-shape"],
    [422, "report-desks", "server-desks"],
    [507, "full", "server-full"],
    [500, "internal", "server-failed"],
  ] as const) {
    await withVisit(
      (_, response) => problem(response, status, code),
      async (visit, asked) => {
        await assert.rejects(
          visit.send(new FakeSealing(), () => undefined, forever()),
          refused(ours),
        );
        assert.equal(asked.length, 1);
      },
    );
  }
});

test("a challenge that ended is fetched again, but not for ever", async () => {
  let old = 2;
  const answering: Answering = ({ method }, response) => {
    if (method === "GET") response.end(JSON.stringify({ challenge: "77".repeat(16), bits: 4 }));
    else if (old > 0) {
      old -= 1;
      problem(response, 422, "proof-of-work");
    } else response.writeHead(201).end();
  };
  await withVisit(answering, async (visit, asked) => {
    await visit.send(new FakeSealing(), () => undefined, forever());
    const methods = asked.map(({ method, path }) => `${method} ${path}`);
    const again = ["POST /kpk/reports", "GET /kpk/challenge"];
    assert.deepEqual(methods, [...again, ...again, "POST /kpk/reports"]);
    const last = asked.at(-1);
    const work = Buffer.concat([
      Buffer.from("bisik/pow/1\n"),
      Buffer.from("77".repeat(16), "hex"),
      Buffer.from(String(last?.headers["bisik-header-sha256"]), "hex"),
      Buffer.from(String(last?.headers["bisik-pow"]), "hex"),
    ]);
    assert.equal((createHash("sha256").update(work).digest()[0] ?? 255) >> 4, 0);
    old = Number.POSITIVE_INFINITY;
    await assert.rejects(
      visit.send(new FakeSealing(), () => undefined, forever()),
      refused("server-pow"),
    );
  });
});

test("a challenge that no honest server gives is refused before anything leaves", async () => {
  await withServer(stored, async (network, asked) => {
    const greedy = { ...box(), challenge: { ...challenge, bits: 19 } };
    const visit = new Visit(greedy, network, random, noPause);
    await assert.rejects(
      visit.send(new FakeSealing(), () => undefined, forever()),
      refused("pow-too-hard"),
    );
    assert.equal(asked.length, 0);
  });
});

test("whoever gives up while waiting hears the own reason", async () => {
  const giveUp = new AbortController();
  await withVisit(
    (_, response) => response.destroy(),
    async (visit) => {
      const progress = ({ stage }: Progress) => stage === "waiting" && giveUp.abort("enough");
      const sending = visit.send(new FakeSealing(), progress, giveUp.signal);
      await assert.rejects(sending, (reason) => reason === "enough");
    },
  );
});

test("a page without network hands in nothing", async () => {
  await withServer(stored, async (network, asked) => {
    const { challenge: _, ...saved } = box();
    const visit = new Visit({ ...saved, origin: "files" }, network, random, noPause);
    await visit.prepareDecoy();
    visit.leave();
    await assert.rejects(
      visit.send(new FakeSealing(), () => undefined, forever()),
      refused("network-lost"),
    );
    assert.equal(asked.length, 0);
  });
});
