// Bad days before the first question: clocks, cards, editions, servers and browsers that are not what they should be.

import assert from "node:assert/strict";
import { clockBy, problem, refuses } from "./lib/refusal.mjs";
import * as report from "./lib/report.mjs";
import { setOut, visit } from "./lib/visit.mjs";
import { ask, desk, play } from "./lib/world.mjs";

const ends = (name) => (asked) => asked.path.endsWith(name);
const flip = (place) => (body) => {
  const other = Buffer.from(body);
  other[place < 0 ? other.length + place : place] ^= 1;
  return other;
};

const IN_APP = [
  "Mozilla/5.0 (Linux; Android 13; SM-A135F; wv) AppleWebKit/537.36 Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36 Instagram 309.0.0.40.113 Android",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21B74 [FBAN/FBIOS;FBAV/442.0]",
  "Mozilla/5.0 (Linux; Android 12; wv) AppleWebKit/537.36 Chrome/119.0.0.0 Mobile Safari/537.36 musical_ly_2023 BytedanceWebview",
  "Opera/9.80 (Android; Opera Mini/36.2/191.249; U; id) Presto/2.12.423 Version/12.16",
];

await play(async () => {
  const trip = await setOut();
  await clocks(trip);
  await signatures(trip);
  await servers(trip);
  await pages(trip);
  await browsers(trip);
  await rolledBack(trip);
  await trip.browser.close();
  trip.gate.close();
});

/** The page stops with this refusal; `faults` are made for one visit. */
async function stops(trip, code, { prepare, faults = [] }) {
  const endings = faults.map(([fits, fault]) => trip.gate.always(fits, fault));
  const { actor, leave } = await visit(trip, { prepare, wait: false });
  await actor.at("stopped");
  await refuses(actor, code);
  await leave();
  for (const end of endings) end();
}

async function clocks(trip) {
  await stops(trip, "card-not-yet", { prepare: clockBy(-5) });
  await stops(trip, "card-expired", { prepare: clockBy(500) });
  // Nobody reads the box any more: every desk is named, and nothing can be sent.
  const { actor, leave } = await visit(trip, { prepare: clockBy(40) });
  await report.begin(actor, "yes");
  await actor.at("desks");
  await refuses(actor, "edition-unread");
  await actor.press("continue");
  await report.answer(actor, report.LEAST);
  trip.gate.take();
  await actor.press("send");
  await actor.at("sending");
  await refuses(actor, "desk-refused");
  assert.deepEqual(trip.gate.take(), []);
  await actor.press("cancel");
  await actor.at("review");
  await leave();
}

async function signatures(trip) {
  await stops(trip, "card-invalid", { faults: [[ends("/card"), { change: flip(-20) }]] });
  await stops(trip, "card-invalid", { faults: [[ends("/card"), { change: () => Buffer.from("<html>") }]] });
  await stops(trip, "server-odd", {
    faults: [[ends("/headers"), { change: (body) => body.subarray(0, 50) }]],
  });
  // What concerns one desk is told where desks are chosen; it is never left out silently.
  const silent = (body) => body.subarray(0, 4 + body.readUInt32BE(0));
  const isBody = (asked) => asked.path.includes("/editions/dinas/");
  await refusesDesk(trip, "edition-missing", [ends("/headers"), { change: silent }]);
  await refusesDesk(trip, "edition-invalid", [ends("/headers"), { change: flip(-20) }]);
  await refusesDesk(trip, "edition-body", [isBody, { change: flip(30) }]);
}

async function refusesDesk(trip, code, [fits, fault]) {
  const end = trip.gate.always(fits, fault);
  const { actor, leave } = await visit(trip);
  await report.begin(actor, "yes");
  await actor.at("desks");
  await refuses(actor, code);
  await actor.reads("Meja dinas");
  await leave();
  end();
}

async function servers(trip) {
  const isCard = ends("/card");
  await stops(trip, "server-not-found", { faults: [[isCard, problem(404, "not-found")]] });
  await stops(trip, "server-no-card", { faults: [[isCard, problem(503, "no-card")]] });
  await stops(trip, "server-busy", { faults: [[isCard, problem(429, "busy")]] });
  await stops(trip, "server-odd", { faults: [[isCard, { change: () => Buffer.alloc(2_000_000) }]] });
  // A lost connection can be tried again, and then all is well.
  const end = trip.gate.always(isCard, { cutAnswer: true });
  const { actor, leave } = await visit(trip, { wait: false });
  await actor.at("stopped");
  await refuses(actor, "network-lost");
  end();
  await actor.press("retry");
  await actor.at("home");
  await leave();
}

async function pages(trip) {
  const isPage = ends(`${trip.path}/`);
  const withAgency = (id) => (body) =>
    Buffer.from(body.toString().replace(/id="agency" value="[^"]*"/, `id="agency" value="${id}"`));
  await stops(trip, "card-foreign", { faults: [[isPage, { change: withAgency("0".repeat(32)) }]] });
  await stops(trip, "unfilled", { faults: [[isPage, { change: withAgency("-".repeat(32)) }]] });
}

async function browsers(trip) {
  for (const agent of IN_APP) {
    trip.gate.take();
    const { actor, leave } = await visit(trip, { prepare: (page) => page.setUserAgent(agent), wait: false });
    await actor.at("device");
    // The address can be taken to another browser by hand.
    await actor.reads(trip.origin.replace("http://", ""));
    await leave();
    assert.deepEqual(
      trip.gate.take().map(({ path }) => path),
      [`${trip.path}/`],
    );
  }
}

/** The server shows a card that is older than one that an edition names. */
async function rolledBack(trip) {
  const old = Buffer.from(await (await fetch(`${trip.gate.target}/card`)).arrayBuffer());
  await ask("sign-card", { file: "card-2.bundle" });
  for (const name of ["inspektorat", "dinas"]) {
    await desk(name, ["card", "card-2.bundle"]);
    await desk(name, ["publish", "stick", "--with-card"]);
  }
  await ask("push");
  await stops(trip, "card-rolled-back", { faults: [[ends("/card"), { change: () => old }]] });
}
