// The whole way with nothing but a keyboard: report with a file, receipt, return, reply, close. What has the focus can be
// seen to have it.

import assert from "node:assert/strict";
import { KeyboardActor } from "./lib/actor.mjs";
import * as report from "./lib/report.mjs";
import { sample, setOut, visit } from "./lib/visit.mjs";
import { deliver, desk, play, publish } from "./lib/world.mjs";

await play(async () => {
  const trip = await setOut();
  const receipt = await writing(trip);
  assert.deepEqual((await deliver("inspektorat")).new_cases, [1]);
  const shown = await desk("inspektorat", ["show", "1"]);
  assert.deepEqual(shown.messages[0].answers, report.ANSWERS);
  await desk("inspektorat", ["reply", "1", "--text-file", "-"], "Terima kasih atas laporan Anda.\n");
  await publish("inspektorat");
  await returning(trip, receipt);
  await deliver("inspektorat");
  const [listed] = await desk("inspektorat", ["list", "--all"]);
  assert.equal(listed.reporter_closed, true);
  await trip.browser.close();
  trip.gate.close();
});

async function writing(trip) {
  const { actor, leave } = await visit(trip, { Person: KeyboardActor });
  await report.begin(actor, "yes");
  await actor.at("desks");
  await actor.press("continue");
  await report.answer(actor, report.ANSWERING, async () => {
    await report.addFiles(actor, sample("tests/evidence/samples/jpeg-phone.jpg"));
    await report.describe(actor, 1, { kind: "foto", holders: "many", note: "papan" });
  });
  await actor.press("send");
  const receipt = await report.confirmReceipt(actor);
  await leave();
  return receipt;
}

async function returning(trip, receipt) {
  const { actor, leave } = await visit(trip, { Person: KeyboardActor });
  await report.comeBack(actor, receipt);
  await actor.at("inbox");
  await actor.press("open-message");
  await actor.at("letter");
  await actor.press("back");
  await actor.at("inbox");
  await actor.press("close");
  await actor.at("close");
  await actor.press("close");
  await actor.press("confirm");
  await actor.at("closed");
  await leave();
}
