// Bundles tests/*.test.ts and runs them under `node --test`, from the folder client-web.
//
//   node build/test.mjs [part of a name]...

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { common, root } from "./page.mjs";

const parts = process.argv.slice(2);
const names = (await readdir(join(root, "tests"))).filter((name) => /\.test\.tsx?$/.test(name)).sort();
const chosen = names.filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
if (chosen.length === 0) {
  throw new Error("no test has such a name");
}
// Inside of node_modules, so that packages which are not bundled are found.
const folder = await mkdtemp(join(root, "node_modules/.bisik-tests-"));
try {
  process.exitCode = run(await bundle(chosen));
} finally {
  await rm(folder, { recursive: true });
}

/** Returns the paths of the bundled tests. */
async function bundle(names) {
  const { outputFiles } = await esbuild.build({
    ...common,
    entryPoints: names.map((name) => `tests/${name}`),
    format: "esm",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    packages: "external",
    platform: "node",
    sourcemap: "inline",
    target: "node20",
  });
  await Promise.all(outputFiles.map((file) => writeFile(file.path, file.contents)));
  return outputFiles.map((file) => file.path);
}

function run(paths) {
  const args = ["--enable-source-maps", "--test-reporter=spec", "--test", ...paths];
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1;
}
