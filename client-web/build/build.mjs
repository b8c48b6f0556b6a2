// Writes dist/page.html, its SHA-256 and the licences of what is inside.
//
//   node build/build.mjs           writes them
//   node build/build.mjs --check   fails unless those on the disk are what a rebuild gives

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { licences } from "./licences.mjs";
import { budgets, makePage, root } from "./page.mjs";

const dist = join(root, "dist");
const { page, packages, sizes } = await makePage();
const files = {
  "page.html": page,
  "page.sha256": Buffer.from(`${createHash("sha256").update(page).digest("hex")}  page.html\n`),
  "licences.txt": Buffer.from(await licences(packages)),
};

if (process.argv[2] === "--check") {
  await check();
} else {
  await write();
}
report();

/** Replaces each file in one step: whoever reads meanwhile gets the old or the new one. */
async function write() {
  await mkdir(dist, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    const fresh = join(dist, `.${name}.${process.pid}`);
    await writeFile(fresh, bytes);
    await rename(fresh, join(dist, name));
  }
}

async function check() {
  for (const [name, bytes] of Object.entries(files)) {
    const found = await readFile(join(dist, name)).catch(() => Buffer.alloc(0));
    if (!found.equals(bytes)) {
      fail(`dist/${name} is not what a rebuild gives: run \`cargo xtask web\` and commit it`);
    }
  }
}

function report() {
  line("shell and crypto, gzipped", sizes.early, budgets.early);
  line("late part, packed", sizes.late);
  line("whole file", sizes.whole, budgets.whole);
}

function line(name, size, budget) {
  const limit = budget === undefined ? "" : ` of ${budget}`;
  process.stdout.write(`${name.padEnd(26)} ${String(size).padStart(7)}${limit} bytes\n`);
  if (budget !== undefined && size > budget) {
    fail(`${name}: ${size - budget} bytes above the budget`);
  }
}

function fail(reason) {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
