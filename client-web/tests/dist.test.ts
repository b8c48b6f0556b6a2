// The one file as it is committed: what stands in it, and what must not.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { inflateRawSync } from "node:zlib";

const bytes = readFileSync("dist/page.html");
const page = bytes.toString("latin1");

/** Returns what stands once between two texts. */
function between(begin: string, end: string): string {
  const parts = page.split(begin);
  assert.equal(parts.length, 2, begin);
  const [inside, ...rest] = (parts[1] ?? "").split(end);
  assert.ok(inside !== undefined && rest.length > 0, end);
  return inside;
}

const script = between("<script>", "</script>");
const style = between("<style>", "</style>");
const late = inflateRawSync(
  Buffer.from(between('<script type="text/plain" id="late">', "</script>"), "base64"),
).toString("utf8");
const policy = between('<meta http-equiv="Content-Security-Policy" content="', '">');

test("the policy of the page allows exactly its own two scripts and its own style", () => {
  const source = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0], rule]));
  assert.equal(rules.get("default-src"), "default-src 'none'");
  assert.equal(rules.get("script-src"), `script-src ${source(script)} ${source(late)}`);
  assert.equal(rules.get("style-src"), `style-src ${source(style)}`);
  assert.equal(rules.get("connect-src"), "connect-src 'self'");
  assert.equal(rules.get("form-action"), "form-action 'self'");
  assert.equal(rules.get("base-uri"), "base-uri 'none'");
  assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
});

test("the policy stands before anything that it governs", () => {
  const meta = page.indexOf("Content-Security-Policy");
  for (const governed of ["<script", "<style", "<link", "<form"]) {
    assert.ok(meta < page.indexOf(governed), governed);
  }
});

test("the page has one place for the agency, and its hash is the one beside it", () => {
  assert.equal(page.split(`<data id="agency" value="${"-".repeat(32)}"></data>`).length, 2);
  assert.equal(page.split('id="agency"').length, 2);
  const digest = createHash("sha256").update(bytes).digest("hex");
  assert.equal(readFileSync("dist/page.sha256", "utf8"), `${digest}  page.html\n`);
});

test("the page is plain ASCII, so that no server can mistake its encoding", () => {
  assert.ok(bytes.every((byte) => byte < 0x7f && (byte >= 0x20 || byte === 0x0a || byte === 0x09)));
});

test("the page loads nothing and writes nothing into attributes that the policy forbids", () => {
  const html = page.replace(script, "").replace(style, "");
  assert.ok(!/\ssrc=|\son[a-z]+=|\sstyle=/i.test(html));
  const links = [...html.matchAll(/\shref="([^"]*)"/g)].map((match) => match[1]);
  for (const link of links) assert.ok(link === "data:," || /^[a-z]+$/.test(link ?? ""), link);
  assert.ok(!/@import|url\(/.test(style));
});

test("no script of the page knows a store, a worker, WebAssembly or code from text", () => {
  const banned = [
    "localStorage",
    "sessionStorage",
    "indexedDB",
    "document.cookie",
    "serviceWorker",
    "SharedWorker",
    "new Worker",
    "WebAssembly",
    "eval(",
    "new Function",
    "navigator.clipboard",
    "sendBeacon",
    "XMLHttpRequest",
    "WebSocket",
    "document.write",
  ];
  for (const [name, text] of Object.entries({ script, late })) {
    const found = banned.filter((word) => text.includes(word));
    assert.deepEqual(found, [], name);
  }
});
