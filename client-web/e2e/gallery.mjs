// A picture of every screen, on a phone and on a desk, in both languages, light and dark; into the folder --out.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { tour } from "./lib/tour.mjs";
import { setOut } from "./lib/visit.mjs";
import { args, play } from "./lib/world.mjs";

const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];

await play(async () => {
  mkdirSync(args.out, { recursive: true });
  const trip = await setOut();
  let count = 0;
  await tour(trip, async (page, name) => {
    count += 1;
    const number = String(count).padStart(2, "0");
    for (const language of ["id", "en"]) {
      await speak(page, language);
      await photograph(page, `${number}-${name}-${language}`);
    }
    await speak(page, "id");
  });
  await trip.browser.close();
  trip.gate.close();
});

async function speak(page, language) {
  const now = await page.evaluate(() => document.documentElement.lang);
  if (now === language) return;
  await page.$eval('[data-do="language"]', (button) => button.click());
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, language);
}

async function photograph(page, name) {
  for (const size of SIZES) {
    await page.setViewport(size);
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const path = join(args.out, `${name}-${size.width}-${scheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
  await page.setViewport(SIZES[0]);
}
