// Requests: what they carry, and what becomes of answers that no honest server gives.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal, type RefusalCode } from "../src/formats/refusal.ts";
import { Network } from "../src/visit/network.ts";
import { problem, withServer } from "./visit-server.ts";

const refused = (code: RefusalCode) => (error: unknown) => error instanceof Refusal && error.code === code;

test("a request carries nothing that tells people apart", async () => {
  const asked: RequestInit[] = [];
  const network = new Network(new URL("http://kotak.test/kpk/"), async (_, init) => {
    asked.push(init);
    return new Response("kartu");
  });
  await network.get("card", 16);
  const { credentials, referrerPolicy, cache, redirect, mode, headers } = asked[0] ?? {};
  assert.deepEqual(
    { credentials, referrerPolicy, cache, redirect, mode, headers },
    {
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      redirect: "error",
      mode: "same-origin",
      headers: {},
    },
  );
});

test("everything is asked below the address of the page", async () => {
  await withServer(
    (_, response) => response.end("kartu"),
    async (network, asked) => {
      assert.equal(new TextDecoder().decode(await network.get("card", 5)), "kartu");
      assert.equal(asked[0]?.path, "/kpk/card");
    },
  );
});

test("a document that says it is too long is not read", async () => {
  let isClosed: (() => void) | undefined;
  const closed = new Promise<void>((resolve) => {
    isClosed = resolve;
  });
  await withServer(
    (_, response) => {
      response.on("close", () => isClosed?.());
      response.writeHead(200, { "content-length": "1000000000000" }).write("x");
    },
    async (network) => {
      await assert.rejects(network.get("card", 1000), refused("server-odd"));
      await closed;
    },
  );
});

test("a document without a length is read to its limit and no further", async () => {
  await withServer(
    (asked, response) => {
      response.write("12345");
      response.end(asked.path.endsWith("long") ? "6" : "");
    },
    async (network) => {
      assert.equal((await network.get("short", 5)).length, 5);
      await assert.rejects(network.get("long", 5), refused("server-odd"));
    },
  );
});

test("half a document is none", async () => {
  await withServer(
    (_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    },
    async (network) => {
      await assert.rejects(network.get("card", 1000), refused("network-lost"));
    },
  );
});

test("a server that leads elsewhere is not followed", async () => {
  await withServer(
    (_, response) => response.writeHead(302, { location: "/kpk/other" }).end(),
    async (network, asked) => {
      await assert.rejects(network.get("card", 10), refused("network-lost"));
      assert.equal(asked.length, 1);
    },
  );
});

test("problem codes become our own words", async () => {
  const codes: [number, string, RefusalCode][] = [
    [404, "not-found", "server-not-found"],
    [408, "timeout", "network-lost"],
    [400, "truncated", "network-lost"],
    [422, "report-shape", "server-shape"],
    [422, "report-length", "server-shape"],
    [422, "report-desks", "server-desks"],
    [413, "report-too-large", "server-too-large"],
    [422, "proof-of-work", "server-pow"],
    [429, "busy", "server-busy"],
    [507, "full", "server-full"],
    [503, "no-card", "server-no-card"],
    [500, "internal", "server-failed"],
    [423, "upload-locked", "server-busy"],
    [418, "hasOwnProperty", "server-odd"],
    [429, "never-heard-of", "server-busy"],
  ];
  for (const [status, code, ours] of codes) {
    await withServer(
      (_, response) => problem(response, status, code),
      async (network) => {
        await assert.rejects(network.get("card", 10), refused(ours));
      },
    );
  }
});

test("a refusal that is no problem document counts by its status", async () => {
  for (const [status, body, ours] of [
    [413, "<h1>Too large</h1>", "server-too-large"],
    [507, "", "server-full"],
    [502, "bad gateway", "network-lost"],
    [418, "teapot", "server-odd"],
  ] as const) {
    await withServer(
      (_, response) => response.writeHead(status, { "content-type": "text/html" }).end(body),
      async (network) => {
        await assert.rejects(network.get("card", 10), refused(ours));
      },
    );
  }
});

test("problem documents are bounded and may be broken", async () => {
  const documents: [string, RefusalCode][] = [
    [`{"type":"urn:bisik:problem:busy","title":"${"x".repeat(20_000)}"}`, "server-odd"],
    ["{", "server-failed"],
    ["null", "server-failed"],
    [`{"type":7}`, "server-failed"],
  ];
  for (const [text, ours] of documents) {
    await withServer(
      (_, response) => response.writeHead(500, { "content-type": "application/problem+json" }).end(text),
      async (network) => {
        await assert.rejects(network.get("card", 10), refused(ours));
      },
    );
  }
});

test("a server can ask for patience, but not for an hour", async () => {
  for (const [told, understood] of [
    ["30", 30],
    ["99999", 600],
    ["-5", undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
  ] as const) {
    await withServer(
      (_, response) => problem(response, 429, "busy", { "retry-after": told }),
      async (network) => {
        const { refusal } = await network.ask("card", { method: "GET" });
        assert.deepEqual([refusal?.code, refusal?.retryAfter], ["server-busy", understood]);
      },
    );
  }
});

test("whoever gives up gets the own reason back", async () => {
  await withServer(
    () => undefined,
    async (network) => {
      const giveUp = new AbortController();
      const asked = network.get("card", 10, giveUp.signal);
      giveUp.abort("enough");
      await assert.rejects(asked, (reason) => reason === "enough");
      await assert.rejects(network.get("card", 10, giveUp.signal), (reason) => reason === "enough");
    },
  );
});

test("silence ends a request", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const network = new Network(
    new URL("http://kotak.test/"),
    (_, init) =>
      new Promise((_, reject) => {
        init.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  );
  const asked = network.get("card", 10);
  context.mock.timers.tick(180_000);
  await assert.rejects(asked, refused("network-lost"));
});
