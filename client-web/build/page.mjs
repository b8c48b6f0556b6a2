// Makes the one file of the reporter's page. Nothing of the machine enters it: no path, no time, no order of files.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { deflateSync } from "fflate";

/** The folder client-web. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The oldest browsers that the page must run in. */
const target = ["chrome93", "firefox133", "safari15.4"];

/** Leaves out the metrics of the 14 standard fonts: whoever only rewrites a PDF file never asks for them. */
const withoutFonts = {
  name: "without-fonts",
  setup({ onLoad }) {
    const filter = /@cantoo\/pdf-lib\/es\/packages\/standard-fonts\/[A-Z][^/]+\.compressed\.json$/;
    onLoad({ filter }, () => ({ contents: '""', loader: "json" }));
  },
};

/** What esbuild is told for the page and for its tests alike. */
export const common = {
  absWorkingDir: root,
  bundle: true,
  charset: "ascii",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  loader: { ".ftl": "text" },
  logLevel: "warning",
  metafile: true,
  plugins: [withoutFonts],
  sourcemap: false,
  write: false,
};

/** The place that the server fills with the agency's id; 32 dashes. */
const placeholder = `<data id="agency" value="${"-".repeat(32)}"></data>`;

/** How large the page may be, in bytes. */
export const budgets = { early: 180_000, whole: 450_000 };

/**
 * Builds the page.
 *
 * @returns {Promise<{ page: Buffer, packages: string[], sizes: { early: number, late: number, whole: number } }>}
 *   the file, the folders of the packages inside, and its sizes: everything but the late part gzipped, the late part
 *   as it stands in the file, and the file.
 */
export async function makePage() {
  const [script, late, style, template] = await Promise.all([
    bundle({ entryPoints: ["src/page/main.tsx"] }),
    bundle({ entryPoints: ["src/cleaner/heavy.ts"], globalName: "bisikLate" }),
    bundle({ entryPoints: ["src/page/look.css"] }),
    readFile(join(root, "src/page/template.html"), "utf8"),
  ]);
  const parts = { script: visible(script.text), style: style.text, late: late.text };
  const packages = [...new Set([...script.packages, ...late.packages])].sort();
  const page = Buffer.from(fill(template, { ...parts, packed: pack(late.text) }));
  const early = Buffer.from(fill(template, { ...parts, packed: "" }));
  const sizes = {
    early: gzipSync(early, { level: 9 }).length,
    late: page.length - early.length,
    whole: page.length,
  };
  return { page, packages, sizes };
}

/** Returns one bundle's text and the folders of the packages in it. */
async function bundle(options) {
  // A library speaks of odd numbers in a reporter's file there.
  const drop = ["console"];
  const result = await esbuild.build({ ...common, ...options, drop, format: "iife", minify: true, target });
  const inputs = Object.keys(result.metafile.inputs);
  const folders = inputs.map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return {
    text: result.outputFiles[0].text.trim(),
    packages: folders.filter((folder) => folder !== undefined),
  };
}

/** Deflates by a library of a pinned version: that of Node differs from machine to machine. */
function pack(text) {
  return Buffer.from(deflateSync(Buffer.from(text), { level: 9, mem: 12 })).toString("base64");
}

/** Puts the parts into the template. */
function fill(template, { script, style, late, packed }) {
  const places = [
    ["<!--csp-->", `<meta http-equiv="Content-Security-Policy" content="${policy(script, style, late)}">`],
    ["<!--style-->", `<style>${inline(style, "style")}</style>`],
    ["<!--script-->", `<script>${inline(script, "script")}</script>`],
    ["<!--late-->", `<script type="text/plain" id="late">${packed}</script>`],
  ];
  for (const [place] of places) {
    if (template.split(place).length !== 2) {
      throw new Error(`the template must hold ${place} once`);
    }
  }
  if (template.split(placeholder).length !== 2 || template.split('id="agency"').length !== 2) {
    throw new Error(`the template must hold ${placeholder} once`);
  }
  let page = ascii(template);
  for (const [place, text] of places) {
    page = page.replace(place, () => text);
  }
  return page;
}

/** The one policy; the server sends the same, read out of the file. */
function policy(script, style, late) {
  const rules = [
    "default-src 'none'",
    `script-src ${source(script)} ${source(late)}`,
    `style-src ${source(style)}`,
    "connect-src 'self'",
    // The icon is an empty data URL, which saves the request that browsers make for one.
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
  ];
  return rules.join("; ");
}

function source(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/**
 * Escapes control characters, which esbuild writes as they are. They can stand only inside of strings, templates and
 * regular expressions, where the escape means the same.
 */
function visible(script) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const controls = /[\x00-\x08\x0b-\x1f\x7f]/g;
  return script.replace(controls, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Refuses what an HTML parser would read otherwise than it stands here: the hash would no longer hold. */
function inline(text, element) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (new RegExp(`</${element}|<!--`, "i").test(text) || /[^\x09\x0a\x20-\x7e]/.test(text)) {
    throw new Error(`the ${element} holds what cannot stand inside of HTML`);
  }
  return text;
}

/** Writes what is not ASCII as character references. */
function ascii(html) {
  return html.replace(/[^\0-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);
}
