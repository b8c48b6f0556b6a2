import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clean } from "../src/cleaner/cleaner.ts";
import * as heavy from "../src/cleaner/heavy.ts";
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
