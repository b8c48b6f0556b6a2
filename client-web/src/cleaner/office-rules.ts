import { type Trace, Unclean } from "./words.ts";
import { local, type Rewriting, type Tag } from "./xml.ts";

/** What stays in the XML of office packages: words and their look; who, when and with what goes. */

/** Attributes that go, by local name, and what they tell. */
const ATTRIBUTES: ReadonlyMap<string, Trace> = new Map<string, Trace>([
  ["initials", "author"],
  ["userName", "author"],
  ["userId", "author"],
  ["refreshedBy", "author"],
  ["date", "time"],
  ["dateUtc", "time"],
  ["dt", "time"],
  ["refreshedDate", "time"],
  ["refreshedDateIso", "time"],
  ["paraId", "identifier"],
  ["textId", "identifier"],
  ["durableId", "identifier"],
  ["uid", "identifier"],
  ["documentId", "identifier"],
  ["descr", "caption"],
  ["alt", "caption"],
  ["title", "caption"],
  ["rsid", "history"],
  ["paragraph-rsid", "history"],
]);

/** Elements that go with all that is inside. */
const ELEMENTS: ReadonlyMap<string, Trace> = new Map<string, Trace>([
  ["rsids", "history"],
  ["docVars", "other"],
  ["attachedTemplate", "device"],
  ["mailMerge", "other"],
  ["docId", "identifier"],
  ["dataBinding", "other"],
  ["embedRegular", "other"],
  ["embedBold", "other"],
  ["embedItalic", "other"],
  ["embedBoldItalic", "other"],
  ["fileSharing", "author"],
  ["absPath", "device"],
  ["revisionPtr", "identifier"],
  ["fileVersion", "software"],
  ["fileRecoveryPr", "other"],
  ["webPublishing", "other"],
  ["customWorkbookViews", "author"],
  ["creationId", "identifier"],
  ["modId", "identifier"],
  ["rowId", "identifier"],
  ["colId", "identifier"],
  ["custDataLst", "other"],
  ["custData", "other"],
  ["presenceInfo", "author"],
]);

/** Elements whose words go while they themselves stay, since their place has a meaning. */
const EMPTIED: ReadonlyMap<string, Trace> = new Map<string, Trace>([
  ["author", "author"],
  ["dc:creator", "author"],
  ["dc:date", "time"],
  ["meta:creator-initials", "author"],
  ["meta:date-string", "time"],
  ["text:author-name", "author"],
  ["text:author-initials", "author"],
  ["text:initial-creator", "author"],
  ["text:creator", "author"],
  ["svg:title", "caption"],
  ["svg:desc", "caption"],
]);

const NO_TIME = "1970-01-01T00:00:00";
/** Shapes whose name is often that of a file. */
const NAMED =
  /^(docPr|cNvPr|draw:(frame|custom-shape|g|rect|ellipse|line|path|polygon|polyline|connector|control|caption))$/;
/** Paths on the reporter's disk or network. */
const PATH = /\bfile:|(^|[\s"';(])[A-Za-z]:[\\/]|\\\\\w|(^|["'\s])\/(home|Users|mnt|media|root)\//i;
/** Prefixes that rules name must mean what they say. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ["dc", "http://purl.org/dc/elements/1.1/"],
  ["meta", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"],
  ["text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"],
  ["svg", "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"],
  ["draw", "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"],
]);

/** Returns the rewriting of the body parts of a package. */
export function bodyRewriting(traces: Set<Trace>): Rewriting {
  return {
    tag(tag: Tag): boolean {
      const trace = ELEMENTS.get(local(tag.name));
      if (trace) traces.add(trace);
      // A program inside of the document.
      if (tag.name === "office:script" || local(tag.name) === "oleObject") throw new Unclean("unsupported");
      if (trace === undefined) clearAttributes(tag, traces);
      return trace === undefined;
    },
    words(words: string, parent: string): string {
      const trace =
        EMPTIED.get(parent) ?? (local(parent) === "instrText" && PATH.test(words) ? "device" : undefined);
      if (trace === undefined || words === "") return words;
      if (words !== NO_TIME) traces.add(trace);
      return parent === "dc:date" ? NO_TIME : "";
    },
  };
}

function clearAttributes(tag: Tag, traces: Set<Trace>): void {
  const short = local(tag.name);
  for (const [key, value] of tag.attributes) {
    if (key.startsWith("xmlns:")) checkPrefix(key.slice(6), value);
    if (key.startsWith("xmlns")) continue;
    const name = local(key);
    const trace = name.startsWith("rsid") ? "history" : ATTRIBUTES.get(name);
    if (trace !== undefined) {
      traces.add(trace);
      tag.attributes.delete(key);
    } else if (name === "author" || (short === "cmAuthor" && name === "name")) {
      if (value !== "-") traces.add("author");
      tag.attributes.set(key, "-");
    } else if (name === "name" && (NAMED.test(tag.name) || NAMED.test(short))) {
      if (value !== "") traces.add("caption");
      tag.attributes.set(key, "");
    } else if (PATH.test(value)) {
      traces.add("device");
      tag.attributes.set(key, "");
    }
  }
  // Settings of a printer go, and with them the only relationship a page's setup has.
  if (short === "pageSetup")
    for (const key of tag.attributes.keys()) if (local(key) === "id") tag.attributes.delete(key);
}

function checkPrefix(prefix: string, space: string): void {
  const meant = PREFIXES.get(prefix);
  const known = [...PREFIXES].find(([, uri]) => uri === space);
  if ((meant && meant !== space) || (known && known[0] !== prefix)) throw new Unclean("unsupported");
}

/** Tells if the words of a finished part still hold what the rewriting takes away; a second look, by other means. */
export function looksClean(text: string): boolean {
  const names = [...ATTRIBUTES.keys(), "rsid\\w*"].join("|");
  if (new RegExp(`\\s(?:[\\w.-]+:)?(?:${names})\\s*=\\s*["']`).test(tagsOf(text))) return false;
  if (new RegExp(`<(?:[\\w.-]+:)?(?:${[...ELEMENTS.keys()].join("|")})[\\s/>]`).test(text)) return false;
  if (/\s(?:[\w.-]+:)?author\s*=\s*["'](?!-["'])/.test(tagsOf(text))) return false;
  return !/<!|<\?(?!xml )/.test(text);
}

/** Words between tags may look like attributes; they are not. */
function tagsOf(text: string): string {
  return text.replace(/>[^<]*</g, "><");
}
