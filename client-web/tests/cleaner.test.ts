import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clean } from "../src/cleaner/cleaner.ts";
import { verifyGif } from "../src/cleaner/gif.ts";
import * as heavy from "../src/cleaner/heavy.ts";
import { verifyJpeg } from "../src/cleaner/jpeg.ts";
import { verifyMovie } from "../src/cleaner/movie.ts";
import { verifyMp3 } from "../src/cleaner/mp3.ts";
import { Source } from "../src/cleaner/pieces.ts";
import { verifyPng } from "../src/cleaner/png.ts";
import { verifyWebp } from "../src/cleaner/webp.ts";
import { inFolder, judge, sample, samples, save } from "./cleaner-corpus.ts";

// In the page the build puts the late part here.
globalThis.bisikLate = heavy;

test("every sample comes out as the manifest says and as the judge wants it", async () => {
  const complaints = await inFolder(async (folder) => {
    const results = [];
    for (const { file } of await samples()) {
      const cleaned = await clean(await sample(file));
      if (cleaned.outcome === "refused") {
        results.push({ file, ...cleaned });
      } else {
        await save(folder, file, cleaned.blob);
        results.push({ file, ...cleaned, blob: undefined, output: file });
      }
    }
    await writeFile(join(folder, "results.json"), JSON.stringify(results));
    return judge("results", folder);
  });
  assert.equal(complaints, "");
});

test("a cleaned file has nothing left to clean", async () => {
  for (const { file } of await samples()) {
    const once = await clean(await sample(file));
    if (once.outcome !== "cleaned") continue;
    const twice = await clean(once.blob);
    assert.notEqual(twice.outcome, "refused", file);
    assert.deepEqual([file, twice.traces], [file, []]);
  }
});

test("the second walk alone finds every file that the first should have cleaned", async () => {
  const walks: Record<string, (source: Source) => Promise<boolean>> = {
    jpg: verifyJpeg,
    png: verifyPng,
    webp: verifyWebp,
    gif: verifyGif,
    mp4: verifyMovie,
    mov: verifyMovie,
    m4a: verifyMovie,
    mp3: verifyMp3,
  };
  let found = 0;
  for (const { file, outcome, extension } of await samples()) {
    const verify = walks[extension ?? file.replace(/.*\./, "")];
    if (!verify || outcome === "refused") continue;
    const clean = await verify(new Source(await sample(file))).catch(() => false);
    assert.equal(clean, outcome === "untouched", file);
    found += 1;
  }
  assert.ok(found > 40);
});

test("messages of an encoder between pictures are overwritten", async () => {
  const old = await sample("video-h264.mp4");
  assert.match(await old.text(), /x264 - core/);
  const cleaned = await clean(old);
  assert.ok(cleaned.outcome === "cleaned" && cleaned.blob.size === old.size);
  assert.doesNotMatch(await cleaned.blob.text(), /x264/);
});
