// Uploads by tus-js-client. Takes a task as JSON on standard input and prints what became of it as JSON.
//
// task: { do: "upload" | "wrong" | "begin" | "resume" | "twice" | "end", server, file, header, url, stop }

import { createHash } from "node:crypto";
import { createReadStream, openSync, readSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Upload } from "tus-js-client";

const PIECE = 1 << 20;

const task = JSON.parse(await text(process.stdin));
const statuses = [];

/** Solves the challenge as docs/protocol.md says. */
async function proof() {
  const header = Buffer.alloc(task.header);
  readSync(openSync(task.file), header, 0, task.header, 0);
  const digest = createHash("sha256").update(header).digest();
  const { challenge, bits } = await (await fetch(`${task.server}/challenge`)).json();
  const nonce = Buffer.alloc(8);
  for (let tried = 0; ; tried++) {
    nonce.writeUInt32BE(tried, 4);
    const hash = createHash("sha256").update("bisik/pow/1\n").update(Buffer.from(challenge, "hex"));
    const zeros = Math.clz32(hash.update(digest).update(nonce).digest().readUInt32BE(0));
    if (zeros >= bits) {
      return { "Bisik-Pow": nonce.toString("hex"), "Bisik-Header-Sha256": digest.toString("hex") };
    }
  }
}

/** Keeps what the server answered. */
function note(request, response) {
  statuses.push([request.getMethod(), response.getStatus()]);
}

/** Uploads; resolves with the address at the end, or once `stop` bytes are there. */
function upload(headers, url, stop) {
  return new Promise((resolve, reject) => {
    let pieces = 0;
    const upload = new Upload(createReadStream(task.file), {
      endpoint: `${task.server}/uploads`,
      uploadUrl: url,
      chunkSize: PIECE,
      headers,
      retryDelays: Array(100).fill(200),
      onBeforeRequest: (request) => {
        if (task.do === "wrong" && request.getMethod() === "PATCH" && ++pieces === 2) {
          request.setHeader("Upload-Offset", "12345");
        }
      },
      onAfterResponse: note,
      onChunkComplete: (_, accepted) => {
        if (stop !== undefined && accepted >= stop) {
          upload.abort();
          resolve(upload.url);
        }
      },
      onSuccess: () => resolve(upload.url),
      onError: reject,
    });
    upload.start();
  });
}

const works = {
  upload: async () => upload(await proof(), null),
  wrong: async () => upload(await proof(), null),
  begin: async () => upload(await proof(), null, task.stop),
  resume: async () => upload(await proof(), task.url),
  twice: async () => {
    const urls = await Promise.all([upload({}, task.url), upload({}, task.url)]);
    return urls[0];
  },
  end: async () => {
    await Upload.terminate(task.url, { onAfterResponse: note });
    const head = await fetch(task.url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
    statuses.push(["HEAD", head.status]);
    return task.url;
  },
};

const url = await works[task.do]();
console.log(JSON.stringify({ url, statuses }));
