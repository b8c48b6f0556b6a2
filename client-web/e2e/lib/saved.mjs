// The saved page: the file itself, what it needs beside it, and a browser that opens it.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Actor } from "./actor.mjs";
import { watch } from "./watch.mjs";
import { args } from "./world.mjs";

/** Saves the page under a name of its own; returns the path. */
export async function savePage() {
  const path = join(args.home, "halaman.html");
  writeFileSync(path, await download(`${args.url}/`));
  return path;
}

/** Downloads what the page of files links to, under names that tell nothing. */
export async function documents(name) {
  const list = (await download(`${args.url}/files`)).toString();
  // The page says everything twice, in both languages.
  const found = new Set([...list.matchAll(/href="([^"]+)"/g)].map(([, link]) => link));
  const links = [...found].map((link) => new URL(link, `${args.url}/files`).href);
  const wanted = links.filter((link) => /\/(?:card|headers|editions\/[^/]+\/[0-9]+)$/.test(link));
  assert.equal(wanted.length, 4, list);
  const paths = wanted.map((_, place) => join(folder(name), `unduhan (${place})`));
  for (const [place, link] of wanted.entries()) writeFileSync(paths[place], await download(link));
  return paths;
}

/** Opens the saved page. */
export async function open(trip, saved) {
  const downloadBehavior = { policy: "allow", downloadPath: folder("terkunci") };
  const context = await trip.browser.createBrowserContext({ downloadBehavior });
  const page = await context.newPage();
  await page.setViewport({ width: 360, height: 740 });
  const watched = watch(page, "file://");
  await page.goto(pathToFileURL(saved).href);
  const leave = async () => {
    watched.check();
    await context.close();
  };
  return { page, actor: new Actor(page), leave };
}

/** Returns a folder below that of the story. */
export function folder(name) {
  const path = join(args.home, name);
  mkdirSync(path, { recursive: true });
  return path;
}

async function download(address) {
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  return Buffer.from(await response.arrayBuffer());
}
