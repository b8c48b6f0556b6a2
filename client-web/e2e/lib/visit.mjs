// A visit of a person: a browser, the gate before the server, the page.

import { readFileSync } from "node:fs";
import { Actor } from "./actor.mjs";
import { HOST, launch } from "./browser.mjs";
import { openGate } from "./gate.mjs";
import { watch } from "./watch.mjs";
import { args } from "./world.mjs";

/** Opens a gate before the world's server, if there is not one already, and a browser. */
export async function setOut(open) {
  const gate = open ?? (await openGate(args.url));
  const browser = await launch(args.browser);
  return { gate, browser, origin: `http://${HOST}:${gate.port}`, path: new URL(args.url).pathname };
}

/**
 * Opens the page in a window of its own, that knows nothing of others; `prepare` gets the window before. Unless it is told
 * not to, it waits until all documents are there and the decoy is sealed.
 */
export async function visit(trip, { Person = Actor, prepare, wait = true, address, ...size } = {}) {
  const before = trip.gate.uploads;
  // A profile that is looked at afterwards is the browser's own.
  const context = trip.profile
    ? trip.browser.defaultBrowserContext()
    : await trip.browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 360, height: 740, ...size });
  const watched = watch(page, address === undefined ? trip.origin : "file://");
  await prepare?.(page);
  await page.goto(address ?? `${trip.origin}${trip.path}/`);
  const actor = new Person(page);
  if (wait) await actor.find('[data-visit="ready"]');
  /**
   * Leaves for another page, upon which this one hands in its decoy if nothing else was sent. Closing the window at once
   * would race with it: Firefox drops what it has begun when the driver ends the tab's process.
   */
  const leave = async () => {
    watched.check();
    await page.goto("about:blank");
    if (wait) await trip.gate.moreUploads(before);
    await (trip.profile ? page : context).close();
  };
  return { page, actor, leave, watched };
}

/** Reads a file of the repository. */
export const sample = (name) => new URL(`../../../${name}`, import.meta.url).pathname;

/** Returns the content of a file of the repository. */
export const read = (name) => readFileSync(sample(name));
