import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clean } from "../src/cleaner/cleaner.ts";
import { inFolder, sample } from "./cleaner-corpus.ts";

const MIB = 1 << 20;
const LENGTH = 100 * MIB;

/** Writes the recording of the corpus whose index is last, its last sample 100 MiB longer. */
async function writeLong(path: string): Promise<void> {
  const bytes = Buffer.from(await (await sample("video-moov-last.mp4")).arrayBuffer());
  const media = bytes.indexOf("mdat") - 4;
  const end = media + bytes.readUInt32BE(media);
  const sizes = bytes.lastIndexOf("stsz") + 4;
  const last = sizes + 12 + 4 * (bytes.readUInt32BE(sizes + 8) - 1);
  bytes.writeUInt32BE(bytes.readUInt32BE(media) + LENGTH, media);
  bytes.writeUInt32BE(bytes.readUInt32BE(last) + LENGTH, last);
  const file = await open(path, "w");
  // What nobody writes in between is zeros that take no room on the disk.
  await file.write(bytes, 0, end, 0);
  await file.write(bytes, end, bytes.length - end, end + LENGTH);
  await file.close();
}

/** Counts what is read of any Blob at once and in all while `work` runs. */
async function counted<T>(work: () => Promise<T>): Promise<{ result: T; largest: number; total: number }> {
  const original = Blob.prototype.arrayBuffer;
  let largest = 0;
  let total = 0;
  Blob.prototype.arrayBuffer = function (this: Blob) {
    largest = Math.max(largest, this.size);
    total += this.size;
    return original.call(this);
  };
  try {
    const result = await work();
    return { result, largest, total };
  } finally {
    Blob.prototype.arrayBuffer = original;
  }
}

test("a recording of 100 MB is cleaned and read without ever being in memory", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "long.mp4");
    await writeLong(path);
    const file = await openAsBlob(path);
    const before = process.memoryUsage().arrayBuffers;
    const { result, largest, total } = await counted(() => clean(file));
    assert.ok(result.outcome === "cleaned" && result.blob.size > LENGTH && result.blob.size <= file.size);
    assert.ok(largest <= MIB && total <= 4 * MIB, `${largest} at once, ${total} in all`);
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * MIB);
    // The sealer reads by pieces; so must what the pieces are slices of.
    let most = 0;
    for (let at = 0; at < result.blob.size; at += MIB) {
      await result.blob.slice(at, at + MIB).arrayBuffer();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    assert.ok(most < LENGTH / 2, `${most} bytes held`);
  });
});
