// Visits for whoever counts bytes on the line: no gate stands before the server, and each visit is told when it is over.

import * as report from "./lib/report.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { args, ask, courier, deliver, desk, play, publish } from "./lib/world.mjs";

await play(async () => {
  const trip = await setOut(await noGate());

  /** Makes a visit, and tells when its upload is stored. */
  const passing = async (name, errand) => {
    const { actor, leave } = await visit(trip);
    await actor.at("home");
    const result = await errand(actor);
    await leave();
    await ask("passed", { visit: name });
    return result;
  };

  await passing("looking", () => undefined);
  const receipt = await passing("writing", async (actor) => {
    await report.begin(actor);
    await report.answer(actor, report.LEAST);
    await actor.press("send");
    return report.confirmReceipt(actor);
  });
  await passing("reading nothing", (actor) => read(actor, receipt, "[data-empty]"));
  await deliver("inspektorat");
  await desk("inspektorat", ["reply", "1", "--text-file", "-"], "Terima kasih atas laporan Anda.\n");
  await publish("inspektorat");
  // What the desk has taken is gone from the server.
  await trip.gate.moreUploads(-1);
  await passing("reading a letter", (actor) => read(actor, receipt, "[data-desk]"));
  await passing("following up", async (actor) => {
    await read(actor, receipt, "[data-desk]");
    await actor.press("reply");
    await actor.at("reply");
    await actor.type('[data-field="message"]', "Map biru itu ada di lemari kedua.");
    await actor.press("send");
    await actor.at("done");
  });
  await trip.browser.close();
});

async function read(actor, receipt, found) {
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await actor.find(found);
}

/** Stands for a gate: browsers go to the server itself, and uploads are counted by what it has stored. */
async function noGate() {
  const count = async () => (await courier(["status"])).reports;
  return {
    port: new URL(args.url).port,
    uploads: await count(),
    async moreUploads(before) {
      do this.uploads = await count();
      while (this.uploads <= before);
    },
  };
}
