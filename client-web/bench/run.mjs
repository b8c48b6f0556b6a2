// Bundles one TypeScript file and runs it in Node, from the folder client-web:
//
//   node bench/run.mjs [--jitless] FILE [argument]...
//
// With --jitless Node has no compiler, like a hardened browser.

import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { common, root } from "../build/page.mjs";

const given = process.argv.slice(2);
const flags = given.filter((one) => one === "--jitless");
const [file, ...rest] = given.filter((one) => one !== "--jitless");
if (file === undefined) {
  throw new Error("which file?");
}
// Inside of node_modules, so that what is not bundled is found.
const folder = await mkdtemp(join(root, "node_modules/.bisik-run-"));
try {
  const built = await esbuild.build({
    ...common,
    entryPoints: [file],
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const path = join(folder, "run.mjs");
  await writeFile(path, built.outputFiles[0].contents);
  const { status } = spawnSync(process.execPath, [...flags, path, ...rest], { cwd: root, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true });
}
