// The licences of the packages inside the page.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./page.mjs";

/**
 * Returns one text with name, version and licence of each package.
 *
 * @param {string[]} folders where the packages are
 */
export async function licences(folders) {
  const texts = await Promise.all(folders.map(licence));
  const head = "page.html contains these packages, under these licences:\n";
  return [head, ...texts].join(`\n${"-".repeat(80)}\n\n`);
}

async function licence(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const names = (await readdir(join(root, folder))).sort();
  const own = names.find((name) => /^licen[cs]e/i.test(name));
  // Some packages name this licence without bringing it; its text is the same everywhere.
  const common = license === "Apache-2.0" ? join(root, "..", "LICENSE-APACHE") : undefined;
  const file = own === undefined ? common : join(root, folder, own);
  const text = file === undefined ? "" : await readFile(file, "utf8");
  const body = text
    .replace(/\r/g, "")
    .replace(/[ \t]+$/gm, "")
    .trim();
  return `${name} ${version}: ${license}\n${body === "" ? "" : `\n${body}\n`}`;
}
