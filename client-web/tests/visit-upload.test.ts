// Evidence in pieces, against a server that speaks tus and breaks down where a test says so.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { test } from "node:test";

import { headerLength } from "../src/formats/padding.ts";
import { Refusal, type RefusalCode } from "../src/formats/refusal.ts";
import type { Sealing } from "../src/sealing/report.ts";
import type { Network } from "../src/visit/network.ts";
import type { Progress } from "../src/visit/patience.ts";
import { PIECE, Upload } from "../src/visit/upload.ts";
import { type Asked, problem, withServer } from "./visit-server.ts";

const DESKS = 2;
const LENGTH = 2 * PIECE + 12_345;
const forever = new AbortController().signal;
const refused = (code: RefusalCode) => (error: unknown) => error instanceof Refusal && error.code === code;

/** Seals: every attempt gives other bytes, in parts that do not fit the pieces. */
class FakeSealing implements Sealing {
  readonly length = LENGTH;
  readonly desks = DESKS;
  attempts = 0;

  async *pieces(): AsyncGenerator<Uint8Array> {
    this.attempts += 1;
    const bytes = contentOf(this.attempts);
    const header = headerLength(DESKS);
    yield bytes.subarray(0, header);
    for (let at = header; at < LENGTH; at += 200_000)
      yield bytes.subarray(at, Math.min(at + 200_000, LENGTH));
  }

  messageId(): string {
    return "00000000";
  }
}

function contentOf(attempt: number): Uint8Array {
  return Uint8Array.from({ length: LENGTH }, (_, index) => (index * 31 + (index >> 8) + attempt) & 0xff);
}

/** Speaks tus as the real server does; `trouble` may answer first. */
class TusServer {
  readonly uploads = new Map<string, Buffer>();
  trouble: (asked: Asked, response: ServerResponse) => boolean = () => false;

  answer(asked: Asked, response: ServerResponse): void {
    if (this.trouble(asked, response)) return;
    assert.equal(asked.headers["tus-resumable"], "1.0.0");
    if (asked.method === "POST") {
      const name = createHash("md5").update(String(this.uploads.size)).digest("hex");
      this.uploads.set(name, Buffer.alloc(0));
      response.writeHead(201, { location: `/kpk/uploads/${name}` }).end();
      return;
    }
    const name = asked.path.split("/").at(-1) ?? "";
    const stored = this.uploads.get(name);
    if (stored === undefined) {
      problem(response, 404, "not-found");
      return;
    }
    if (asked.method === "DELETE") {
      this.uploads.delete(name);
      response.writeHead(204).end();
      return;
    }
    if (asked.method === "HEAD") {
      const headers = { "upload-offset": String(stored.length), "upload-length": String(LENGTH) };
      response.writeHead(200, headers).end();
      return;
    }
    this.store(name, asked, asked.body);
    const after = this.uploads.get(name)?.length;
    if (after === stored.length) problem(response, 409, "upload-offset");
    else response.writeHead(204, { "upload-offset": String(after) }).end();
  }

  store(name: string, asked: Asked, body: Buffer): void {
    const stored = this.uploads.get(name) ?? Buffer.alloc(0);
    assert.ok(body.length <= PIECE);
    assert.equal(asked.headers["content-type"], "application/offset+octet-stream");
    if (asked.headers["upload-offset"] !== String(stored.length)) return;
    this.uploads.set(name, Buffer.concat([stored, body]));
  }

  last(): Buffer | undefined {
    return [...this.uploads.values()].at(-1);
  }
}

async function withTus(
  test: (server: TusServer, upload: Upload, sealing: FakeSealing, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const server = new TusServer();
  await withServer(
    (asked, response) => server.answer(asked, response),
    async (network: Network, asked) => {
      const sealing = new FakeSealing();
      await test(server, new Upload(network, sealing, async () => "0123456789abcdef"), sealing, asked);
    },
  );
}

const run = (upload: Upload, progress: (p: Progress) => void = () => undefined) =>
  upload.run(() => undefined, progress, forever);

/** Answers the `n`th request of a kind by `trouble`. */
function nth(kind: string, n: number, trouble: (asked: Asked, response: ServerResponse) => void) {
  let seen = 0;
  return (asked: Asked, response: ServerResponse) => {
    if (asked.method !== kind) return false;
    seen += 1;
    if (seen !== n) return false;
    trouble(asked, response);
    return true;
  };
}

test("a report arrives in pieces of 1 MiB, with what the server has as progress", async () => {
  await withTus(async (server, upload, sealing, asked) => {
    const told: Progress[] = [];
    let begun = 0;
    await upload.run(
      () => {
        begun += 1;
      },
      (progress) => told.push(progress),
      forever,
    );
    assert.ok(server.last()?.equals(contentOf(1)));
    assert.deepEqual([begun, sealing.attempts], [1, 1]);
    assert.deepEqual(
      asked.map(({ method, body }) => [method, body.length]),
      [
        ["POST", 0],
        ["PATCH", PIECE],
        ["PATCH", PIECE],
        ["PATCH", 12_345],
      ],
    );
    const digest = createHash("sha256")
      .update(contentOf(1).subarray(0, headerLength(DESKS)))
      .digest("hex");
    assert.equal(asked[0]?.headers["bisik-header-sha256"], digest);
    assert.equal(asked[0]?.headers["bisik-pow"], "0123456789abcdef");
    assert.equal(asked[0]?.headers["upload-length"], String(LENGTH));
    assert.deepEqual(
      told.map(({ stage, sent }) => [stage, sent]),
      [
        ["locking", 0],
        ["sending", 0],
        ["sending", 0],
        ["sending", PIECE],
        ["sending", 2 * PIECE],
        ["confirming", 2 * PIECE],
      ],
    );
  });
});

test("after a lost connection it goes on inside of the kept piece", async () => {
  await withTus(async (server, upload, sealing, asked) => {
    server.trouble = nth("PATCH", 2, (cut, response) => {
      server.store(cut.path.split("/").at(-1) ?? "", cut, cut.body.subarray(0, 77_777));
      response.destroy();
    });
    await assert.rejects(run(upload), refused("network-lost"));
    assert.equal(upload.sent, PIECE);
    await run(upload);
    assert.ok(server.last()?.equals(contentOf(1)));
    assert.equal(sealing.attempts, 1);
    const after = asked.slice(3).map(({ method, body }) => [method, body.length]);
    assert.deepEqual(after, [
      ["HEAD", 0],
      ["PATCH", PIECE - 77_777],
      ["PATCH", 12_345],
    ]);
  });
});

test("an answer that is lost after the last piece needs no second report", async () => {
  await withTus(async (server, upload, _, asked) => {
    server.trouble = nth("PATCH", 3, (last, response) => {
      server.store(last.path.split("/").at(-1) ?? "", last, last.body);
      response.destroy();
    });
    await assert.rejects(run(upload), refused("network-lost"));
    await run(upload);
    assert.deepEqual([asked.at(-1)?.method, server.uploads.size], ["HEAD", 1]);
    assert.ok(server.last()?.equals(contentOf(1)));
  });
});

test("another offset at the server is asked for and believed", async () => {
  await withTus(async (server, upload, sealing) => {
    // The server took the piece, but says that it stands elsewhere.
    server.trouble = nth("PATCH", 1, (asked, response) => {
      server.store(asked.path.split("/").at(-1) ?? "", asked, asked.body);
      problem(response, 409, "upload-offset");
    });
    await run(upload);
    assert.ok(server.last()?.equals(contentOf(1)));
    assert.equal(sealing.attempts, 1);
  });
});

test("a vanished upload is sealed anew and sent from its beginning", async () => {
  await withTus(async (server, upload, sealing) => {
    server.trouble = nth("PATCH", 2, (asked, response) => {
      server.uploads.set(asked.path.split("/").at(-1) ?? "", Buffer.from("gone"));
      problem(response, 404, "not-found");
    });
    await run(upload);
    assert.ok(server.last()?.equals(contentOf(2)));
    assert.deepEqual([sealing.attempts, server.uploads.size], [2, 2]);
  });
});

test("a server that lost an earlier piece is given everything again", async () => {
  await withTus(async (server, upload, sealing) => {
    server.trouble = nth("PATCH", 2, (asked, response) => {
      server.uploads.set(asked.path.split("/").at(-1) ?? "", Buffer.alloc(5));
      response.destroy();
    });
    await assert.rejects(run(upload), refused("network-lost"));
    await run(upload);
    assert.ok(server.last()?.equals(contentOf(2)));
    assert.equal(sealing.attempts, 2);
  });
});

test("an upload that always vanishes is given up", async () => {
  await withTus(async (server, upload, sealing) => {
    server.trouble = (asked, response) => {
      if (asked.method !== "PATCH") return false;
      problem(response, 404, "not-found");
      return true;
    };
    await assert.rejects(run(upload), refused("upload-gone"));
    assert.equal(sealing.attempts, 4);
  });
});

test("a refused report is sealed anew when it is sent again", async () => {
  await withTus(async (server, upload, sealing) => {
    server.trouble = nth("PATCH", 1, (_, response) => problem(response, 422, "report-desks"));
    await assert.rejects(run(upload), refused("server-desks"));
    await run(upload);
    assert.equal(sealing.attempts, 2);
    assert.ok(server.last()?.equals(contentOf(2)));
  });
});

test("answers that no honest server gives are refused", async () => {
  const odd: [string, (response: ServerResponse) => void][] = [
    ["POST", (response) => response.writeHead(201).end()],
    ["POST", (response) => response.writeHead(201, { location: "/kpk/uploads/../reports" }).end()],
    ["POST", (response) => response.writeHead(200, { location: `/kpk/uploads/${"0".repeat(32)}` }).end()],
    ["PATCH", (response) => response.writeHead(204, { "upload-offset": "7" }).end()],
    ["PATCH", (response) => response.writeHead(204).end()],
    ["PATCH", (response) => response.writeHead(200, { "upload-offset": String(PIECE) }).end()],
  ];
  for (const [method, answer] of odd) {
    await withTus(async (server, upload) => {
      server.trouble = nth(method, 1, (_, response) => answer(response));
      await assert.rejects(run(upload), refused("server-odd"));
    });
  }
});

test("whoever gives up can go on later", async () => {
  await withTus(async (server, upload, sealing) => {
    const giveUp = new AbortController();
    server.trouble = nth("PATCH", 2, () => giveUp.abort("enough"));
    const given = upload.run(
      () => undefined,
      () => undefined,
      giveUp.signal,
    );
    await assert.rejects(given, (reason) => reason === "enough");
    await run(upload);
    assert.ok(server.last()?.equals(contentOf(1)));
    assert.equal(sealing.attempts, 1);
  });
});

test("what is given up is dropped at the server, and begins anew when it is sent again", async () => {
  await withTus(async (server, upload, sealing, asked) => {
    const giveUp = new AbortController();
    server.trouble = nth("PATCH", 2, () => giveUp.abort("enough"));
    const given = upload.run(
      () => undefined,
      () => undefined,
      giveUp.signal,
    );
    await assert.rejects(given, (reason) => reason === "enough");
    upload.giveUp();
    while (server.uploads.size > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([asked.at(-1)?.method, asked.at(-1)?.path], ["DELETE", asked.at(-2)?.path]);
    assert.equal(upload.sent, 0);
    // There is nothing left to give up.
    upload.giveUp();
    await run(upload);
    assert.ok(server.last()?.equals(contentOf(2)));
    assert.deepEqual([sealing.attempts, asked.filter(({ method }) => method === "DELETE").length], [2, 1]);
  });
});
