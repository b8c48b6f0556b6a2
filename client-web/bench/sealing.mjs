// Measures sealing in Node, from the folder client-web:
//
//   node bench/sealing.mjs            with a compiler
//   node bench/sealing.mjs --jitless  without one, as in a hardened browser

import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { common, root } from "../build/page.mjs";

const folder = await mkdtemp(join(root, "node_modules/.bisik-bench-"));
try {
  const built = await esbuild.build({
    ...common,
    entryPoints: ["bench/sealing.ts"],
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const path = join(folder, "sealing.mjs");
  await writeFile(path, built.outputFiles[0].contents);
  const { status } = spawnSync(process.execPath, [...process.argv.slice(2), path], { cwd: root, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true });
}
