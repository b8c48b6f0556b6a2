import { bodyRewriting, looksClean } from "./office-rules.ts";
import { cleanPicture } from "./picture.ts";
import { same } from "./pieces.ts";
import { damaged, demand, type Trace, Unclean } from "./words.ts";
import { local, rewriteXml, type Tag } from "./xml.ts";
import { decode, type Parts, pack, unpack } from "./zip.ts";

/** DOCX, XLSX, PPTX and ODF: parts of an allow-list, their XML rewritten, their pictures cleaned. */

const XML_LIMIT = 64 << 20;
const TYPES = "[Content_Types].xml";
const MANIFEST = "META-INF/manifest.xml";
const MAIN: readonly (readonly [string, string])[] = [
  ["wordprocessingml.document.main+xml", "docx"],
  ["spreadsheetml.sheet.main+xml", "xlsx"],
  ["presentationml.presentation.main+xml", "pptx"],
  ["presentationml.slideshow.main+xml", "pptx"],
];
const OPEN: Readonly<Record<string, string>> = {
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.presentation": "odp",
};
/** Parts whose XML is rewritten. */
const BODY = new RegExp(
  [
    "^word/(glossary/)?(document|styles|stylesWithEffects|numbering|fontTable|settings|footnotes|endnotes|comments|(header|footer)\\d*)\\.xml$",
    "^xl/(workbook|styles|sharedStrings|calcChain|metadata|comments\\d+)\\.xml$",
    "^xl/(worksheets|chartsheets|tables|comments)/[a-z]+\\d*\\.xml$",
    "^xl/pivot(Tables|Cache)/pivot\\w+\\d+\\.xml$",
    "^(xl|ppt|word)/drawings/[A-Za-z]+\\d*\\.vml$",
    "^ppt/(presentation|presProps|tableStyles|commentAuthors)\\.xml$",
    "^ppt/(slides|slideLayouts|slideMasters|notesSlides|notesMasters|handoutMasters|comments)/[A-Za-z]+\\d+\\.xml$",
    "^(word|xl|ppt)/theme/(theme|themeOverride)\\d*\\.xml$",
    "^(word|xl|ppt)/(charts|diagrams|drawings)/[A-Za-z]+\\d*\\.xml$",
    "^(Object \\d+/)?(content|styles)\\.xml$",
  ].join("|"),
);
/** Parts that go; no program needs them to show the document. */
const GONE =
  /^docProps\/|^customXml\/|\/printerSettings\/|^word\/(people|webSettings|comments(Extended|Ids|Extensible))\.xml$|^word\/fonts\/|^xl\/(persons|threadedComments)\/|^ppt\/(viewProps|revisionInfo)\.xml$|^ppt\/(tags|changesInfos)\/|^(Object \d+\/)?(meta|settings)\.xml$|^Thumbnails\/|^Configurations2\/|^ObjectReplacements\/|^layout-cache$|^manifest\.rdf$|^META-INF\/documentsignatures\.xml$|\.rels$/;
const PICTURE = /^((word|xl|ppt)\/media|Pictures)\/(image\d+|[0-9A-Fa-f]{16,40})\.(jpe?g|png|gif)$/i;
const PACKAGE = /^(word|xl|ppt)\/embeddings\/Microsoft_[A-Za-z_]+\d*\.(docx|xlsx|pptx)$/;

/** Returns a package with the same words and without traces; `known` learns its extension. */
export async function cleanOffice(
  bytes: Uint8Array,
  traces: Set<Trace>,
  known: { extension: string },
  depth = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  const old = unpack(bytes);
  const form = formOf(old, known);
  const fresh: Parts = new Map();
  for (const [name, part] of old) {
    const kept = await cleanPart(name, part, traces, depth);
    if (kept) fresh.set(name, kept);
    else noteGone(name, part, traces);
  }
  if (form === "open") fresh.set(MANIFEST, manifest(old.get(MANIFEST) ?? damaged(), fresh));
  else links(old, fresh, traces);
  const ordered = new Map([...fresh].sort(([left], [right]) => rank(left) - rank(right)));
  const packed = pack(ordered);
  if (!(await verify(packed, ordered))) damaged();
  return packed;
}

/** Tells OOXML from ODF by what the package says of itself; anything else is just an archive. */
function formOf(parts: Parts, known: { extension: string }): "open" | "microsoft" {
  const media = parts.get("mimetype");
  const extension = media && OPEN[decode(media)];
  if (extension) {
    known.extension = extension;
    if (decode(parts.get(MANIFEST) ?? damaged()).includes("encryption-data")) throw new Unclean("encrypted");
    return "open";
  }
  const types = parts.get(TYPES);
  const main = types && MAIN.find(([type]) => decode(types).includes(type));
  if (!main) throw new Unclean("unsupported");
  known.extension = main[1];
  return "microsoft";
}

/** Returns a part as it stays, or nothing if it goes or is written anew later. */
async function cleanPart(
  name: string,
  part: Uint8Array,
  traces: Set<Trace>,
  depth: number,
): Promise<Uint8Array | undefined> {
  if (name === "mimetype") return part;
  if (name === TYPES || name === MANIFEST || GONE.test(name)) return undefined;
  if (BODY.test(name)) return xmlPart(part, traces);
  if (PICTURE.test(name)) return (await cleanPicture(part, traces)).bytes;
  if (PACKAGE.test(name) && depth === 0) return cleanOffice(part, traces, { extension: "" }, 1);
  throw new Unclean("unsupported");
}

function xmlPart(part: Uint8Array, traces: Set<Trace>): Uint8Array {
  if (part.length > XML_LIMIT) throw new Unclean("too-large");
  return new TextEncoder().encode(rewriteXml(decode(part), bodyRewriting(traces)));
}

/** Notes what a part that goes was for. */
function noteGone(name: string, part: Uint8Array, traces: Set<Trace>): void {
  if (name.endsWith(".rels")) return;
  if (/^docProps\/(core|app)\.xml$|^meta\.xml$/.test(name)) {
    const text = decode(part);
    if (/reator|lastModifiedBy|Manager|Company/.test(text)) traces.add("author");
    if (/created|modified|date/.test(text)) traces.add("time");
    if (/Application|Template|generator/.test(text)) traces.add("software");
    if (/title|subject|description|keyword/.test(text)) traces.add("caption");
  } else if (/thumbnail/i.test(name)) traces.add("thumbnail");
  else if (/people|persons/.test(name)) traces.add("author");
  else if (/printerSettings|settings\.xml/.test(name)) traces.add("device");
  else if (/custom|tags|signatures/i.test(name)) traces.add("identifier");
}

/** Writes relationships and content types anew, for the parts that are left. */
function links(old: Parts, fresh: Parts, traces: Set<Trace>): void {
  for (const [name, part] of old) {
    const match = /^(.*\/)?_rels\/([^/]*)\.rels$/.exec(name);
    if (!match || (match[2] && !fresh.has(`${match[1] ?? ""}${match[2]}`))) continue;
    const text = rewriteXml(decode(part), {
      tag: (tag) => local(tag.name) !== "Relationship" || keepLink(tag, match[1] ?? "", fresh, traces),
      words: (words) => words,
    });
    fresh.set(name, new TextEncoder().encode(text));
  }
  const types = rewriteXml(decode(old.get(TYPES) ?? damaged()), {
    tag: (tag) => {
      const listed = tag.attributes.get("PartName");
      return listed === undefined || fresh.has(listed.replace(/^\//, ""));
    },
    words: (words) => words,
  });
  fresh.set(TYPES, new TextEncoder().encode(types));
}

/** Keeps a link to a part that is left; of links to the outside only those a reader follows. */
function keepLink(tag: Tag, folder: string, fresh: Parts, traces: Set<Trace>): boolean {
  const target = tag.attributes.get("Target") ?? "";
  const kind = (tag.attributes.get("Type") ?? "").replace(/.*\//, "");
  if (tag.attributes.get("TargetMode") !== "External") return fresh.has(resolved(folder, target));
  if (/^(https?:\/\/|mailto:|about:blank$)/i.test(target) && (kind === "hyperlink" || kind === "image"))
    return true;
  traces.add("device");
  // The text refers to the link by its id, so it stays and leads nowhere.
  if (kind === "hyperlink" || kind === "image") tag.attributes.set("Target", "about:blank");
  return kind === "hyperlink" || kind === "image";
}

function resolved(folder: string, target: string): string {
  const steps = target.startsWith("/") ? [] : folder.split("/").filter((step) => step !== "");
  // A package's own links stand in the folder above their "_rels".
  for (const step of target.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  return steps.join("/");
}

function manifest(part: Uint8Array, fresh: Parts): Uint8Array {
  const text = rewriteXml(decode(part), {
    tag: (tag) => {
      if (local(tag.name) !== "file-entry") return true;
      const path = [...tag.attributes].find(([key]) => local(key) === "full-path")?.[1] ?? "";
      return (
        path === "/" ||
        fresh.has(path) ||
        [...fresh.keys()].some((name) => path.endsWith("/") && name.startsWith(path))
      );
    },
    words: (words) => words,
  });
  return new TextEncoder().encode(text);
}

/** Programs tell the type by the first part. */
function rank(name: string): number {
  if (name === "mimetype" || name === TYPES) return 0;
  return name.startsWith("_rels/") ? 1 : 2;
}

/** The second walk: unpacks the new file and looks at every part anew. */
async function verify(packed: Uint8Array, expected: Parts): Promise<boolean> {
  const parts = unpack(packed);
  if (parts.size !== expected.size) return false;
  for (const [name, part] of parts) {
    if (!same(part, expected.get(name) ?? damaged())) return false;
    if (PICTURE.test(name)) {
      const traces = new Set<Trace>();
      demand(same((await cleanPicture(part, traces)).bytes, part) && traces.size === 0);
    } else if (name.endsWith(".rels") || name === TYPES || name === MANIFEST || BODY.test(name)) {
      if (!looksClean(decode(part))) return false;
    } else if (name !== "mimetype" && !PACKAGE.test(name)) {
      return false;
    }
  }
  return true;
}
