// Every screen, for everybody: no fault that axe-core knows, in light and dark; 320 pixels and text of double size without
// scrolling sideways; nothing moves for whoever asks for less motion.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tour } from "./lib/tour.mjs";
import { setOut } from "./lib/visit.mjs";
import { play } from "./lib/world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

await play(async () => {
  const trip = await setOut();
  const faults = [];
  const look = async (page, name) => {
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value: scheme },
        { name: "prefers-reduced-motion", value: "reduce" },
      ]);
      faults.push(...(await axeFaults(page)).map((fault) => `${name}, ${scheme}: ${fault}`));
    }
    faults.push(...(await sizeFaults(page)).map((fault) => `${name}: ${fault}`));
    faults.push(...(await motionFaults(page)).map((fault) => `${name}: ${fault}`));
  };
  // The script of the judge is not the page's: its policy would refuse it.
  await tour(trip, look, { prepare: (page) => page.setBypassCSP(true) });
  assert.deepEqual(faults, []);
  await trip.browser.close();
  trip.gate.close();
});

async function axeFaults(page) {
  const isThere = await page.evaluate(() => "axe" in globalThis);
  if (!isThere) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

async function sizeFaults(page) {
  const faults = [];
  for (const [width, size] of [
    [320, "100%"],
    [360, "200%"],
  ]) {
    await page.setViewport({ width, height: 740 });
    const fault = await page.evaluate((percent) => {
      const text = () => Number.parseFloat(getComputedStyle(document.querySelector("h1")).fontSize);
      const root = document.documentElement;
      const before = text();
      root.style.fontSize = percent;
      const growth = text() / before;
      const isWide = root.scrollWidth > root.clientWidth;
      const widest = [...document.querySelectorAll("body *")].find(
        (element) => element.getBoundingClientRect().right > root.clientWidth + 1,
      );
      root.style.fontSize = "";
      if (growth * 100 < Number.parseFloat(percent) * 0.95) return `the text does not grow to ${percent}`;
      return isWide ? `too wide at ${percent}: ${widest?.outerHTML.slice(0, 200)}` : undefined;
    }, size);
    if (fault !== undefined) faults.push(`${width} pixels: ${fault}`);
  }
  await page.setViewport({ width: 360, height: 740 });
  return faults;
}

function motionFaults(page) {
  return page.evaluate(() => {
    const moving = [...document.querySelectorAll("*")].filter((element) => {
      const { animationName, transitionDuration } = getComputedStyle(element);
      return (
        animationName !== "none" || transitionDuration.split(", ").some((time) => Number.parseFloat(time) > 0)
      );
    });
    return moving.map((element) => `moves: ${element.outerHTML.slice(0, 100)}`);
  });
}
