import { unzlibSync } from "fflate";
import PDFArray from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFArray.js";
import PDFBool from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFBool.js";
import PDFDict from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFDict.js";
import PDFHexString from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFHexString.js";
import PDFName from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFName.js";
import PDFNull from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFNull.js";
import PDFNumber from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFNumber.js";
import type PDFObject from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFObject.js";
import PDFRawStream from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFRawStream.js";
import PDFRef from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFRef.js";
import PDFString from "../../node_modules/@cantoo/pdf-lib/es/core/objects/PDFString.js";
import type PDFContext from "../../node_modules/@cantoo/pdf-lib/es/core/PDFContext.js";
import PDFParser from "../../node_modules/@cantoo/pdf-lib/es/core/parser/PDFParser.js";
import { xmpTraces } from "./exif.ts";
import { FORBIDDEN, RULES, type Rule, SEEN } from "./pdf-rules.ts";
import { PdfWriter } from "./pdf-writer.ts";
import { cleanPicture, isCleanJpeg } from "./picture.ts";
import { count } from "./pieces.ts";
import { damaged, demand, type Trace, Unclean } from "./words.ts";

/** PDF: what a reader sees is written anew, object by object, by the rules; nothing of the old file's structure is left. */

const DEEPEST = 40;
// The page answers between two turns.
const OBJECTS_A_TURN = 500;
const MOST_PAGES = 20_000;
const INHERITED = ["Resources", "MediaBox", "CropBox", "Rotate"];
const INFO: ReadonlyMap<string, Trace> = new Map<string, Trace>([
  ["Author", "author"],
  ["Creator", "software"],
  ["Producer", "software"],
  ["CreationDate", "time"],
  ["ModDate", "time"],
  ["Title", "caption"],
  ["Subject", "caption"],
  ["Keywords", "caption"],
]);

/** Returns a PDF with the same pages and without traces. */
export async function cleanPdf(bytes: Uint8Array, traces: Set<Trace>): Promise<Uint8Array<ArrayBuffer>> {
  const context = await parse(bytes);
  note(context, bytes, traces);
  const catalog = catalogOf(context);
  const pages = leaves(context, catalog);
  const copy = new Copy(context, traces);
  const out = await copy.document(catalog, pages);
  if (!(await verifyPdf(out, pages.length))) damaged();
  return out;
}

/** The second walk: parses the new file and tells if anything forbidden is in any of its objects. */
async function verifyPdf(bytes: Uint8Array, pages: number): Promise<boolean> {
  const context = await parse(bytes);
  const { Info, ID, Encrypt } = context.trailerInfo;
  if (Info || ID || Encrypt || leaves(context, catalogOf(context)).length !== pages) return false;
  for (const [, object] of context.enumerateIndirectObjects()) {
    if (!(await isCleanObject(object, 0))) return false;
  }
  return true;
}

async function isCleanObject(object: PDFObject, depth: number): Promise<boolean> {
  if (depth > DEEPEST) return false;
  const dict = object instanceof PDFRawStream ? object.dict : object;
  const inner = dict instanceof PDFDict ? dict.values() : dict instanceof PDFArray ? dict.asArray() : [];
  if (dict instanceof PDFDict && dict.keys().some((key) => FORBIDDEN.has(key.decodeText()))) return false;
  if (object instanceof PDFRawStream && object.contents[0] === 0xff && object.contents[1] === 0xd8) {
    if (!(await isCleanJpeg(object.contents))) return false;
  }
  for (const value of inner) if (!(await isCleanObject(value, depth + 1))) return false;
  return true;
}

async function parse(bytes: Uint8Array): Promise<PDFContext> {
  const from = Math.max(0, bytes.length - 2048);
  const end = latin(bytes.subarray(from));
  const last = end.lastIndexOf("%%EOF");
  demand(end.includes("startxref") && last >= 0);
  const context = await PDFParser.forBytesWithOptions(
    bytes.subarray(0, from + last + 5),
    OBJECTS_A_TURN,
  ).parseDocument();
  if (context.trailerInfo.Encrypt) throw new Unclean("encrypted");
  return context;
}

function catalogOf(context: PDFContext): PDFDict {
  const catalog = context.lookup(context.trailerInfo.Root);
  if (!(catalog instanceof PDFDict)) damaged();
  const form = catalog.lookup(PDFName.of("AcroForm"));
  // A portfolio's pages are files, and the pages of an XFA form are a program.
  const strange =
    catalog.has(PDFName.of("Collection")) || (form instanceof PDFDict && form.has(PDFName.of("XFA")));
  if (strange) throw new Unclean("unsupported");
  return catalog;
}

/** A page and what it inherits. */
interface Leaf {
  readonly ref: PDFRef | undefined;
  readonly dict: PDFDict;
  readonly inherited: ReadonlyMap<string, PDFObject>;
}

/** Returns the pages of the tree, in order. */
function leaves(context: PDFContext, catalog: PDFDict): Leaf[] {
  const found: Leaf[] = [];
  const seen = new Set<PDFDict>();
  const walk = (node: PDFObject | undefined, above: ReadonlyMap<string, PDFObject>, depth: number): void => {
    const dict = context.lookup(node);
    demand(dict instanceof PDFDict && !seen.has(dict) && depth < DEEPEST && found.length < MOST_PAGES);
    seen.add(dict);
    const inherited = new Map(above);
    for (const key of INHERITED) {
      const value = dict.get(PDFName.of(key));
      if (value) inherited.set(key, value);
    }
    const kids = dict.lookup(PDFName.of("Kids"));
    if (kids instanceof PDFArray) for (const kid of kids.asArray()) walk(kid, inherited, depth + 1);
    else found.push({ ref: node instanceof PDFRef ? node : undefined, dict, inherited });
  };
  walk(catalog.get(PDFName.of("Pages")), new Map(), 0);
  demand(found.length > 0);
  return found;
}

/** Notes what goes with the old structure. */
function note(context: PDFContext, bytes: Uint8Array, traces: Set<Trace>): void {
  const info = context.lookup(context.trailerInfo.Info);
  if (info instanceof PDFDict)
    for (const key of info.keys()) traces.add(INFO.get(key.decodeText()) ?? "other");
  if (context.trailerInfo.ID) traces.add("identifier");
  for (const [, object] of context.enumerateIndirectObjects()) {
    const dict = object instanceof PDFRawStream ? object.dict : object;
    if (!(dict instanceof PDFDict)) continue;
    if (object instanceof PDFRawStream && nameOf(dict, "Type") === "Metadata") {
      for (const trace of xmpTraces(object.contents)) traces.add(trace);
    }
    if (["EF", "JS", "PieceInfo"].some((key) => dict.has(PDFName.of(key)))) traces.add("other");
    if (dict.has(PDFName.of("Thumb"))) traces.add("thumbnail");
  }
  // A linearized file has one end more than it has versions.
  const usual = 1 + count(bytes.subarray(0, 1024), "/Linearized");
  if (count(bytes, "startxref") > usual) traces.add("history");
}

/** Copies objects by the rules of their kind. */
class Copy {
  private readonly context: PDFContext;
  private readonly traces: Set<Trace>;
  private readonly writer = new PdfWriter();
  private readonly numbers = new Map<string, number>();
  private readonly waiting: { number: number; object: PDFObject; kind: string }[] = [];

  constructor(context: PDFContext, traces: Set<Trace>) {
    this.context = context;
    this.traces = traces;
  }

  async document(catalog: PDFDict, pages: Leaf[]): Promise<Uint8Array<ArrayBuffer>> {
    const root = this.writer.reserve();
    const tree = this.writer.reserve();
    const numbers = pages.map(() => this.writer.reserve());
    this.writer.object(root, `<< ${this.entries(catalog, "Catalog", 0)} /Pages ${tree} 0 R >>`);
    this.writer.object(
      tree,
      `<< /Type /Pages /Count ${pages.length} /Kids [${numbers.map((number) => `${number} 0 R`).join(" ")}] >>`,
    );
    for (const [place, { dict, inherited }] of pages.entries()) {
      for (const [key, value] of inherited) if (!dict.has(PDFName.of(key))) dict.set(PDFName.of(key), value);
      this.writer.object(numbers[place] ?? 0, `<< ${this.entries(dict, "Page", 0)} /Parent ${tree} 0 R >>`);
    }
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      await this.write(next.number, next.object, next.kind);
    }
    return this.writer.finish(root);
  }

  private async write(number: number, object: PDFObject, kind: string): Promise<void> {
    if (!(object instanceof PDFRawStream)) {
      this.writer.object(number, this.value(object, kind, 0));
      return;
    }
    const actual = streamKind(object.dict, kind);
    // Metadata and files that something shown refers to: a damaged or a cunning file.
    if (HIDDEN.has(nameOf(object.dict, "Type") ?? "") || !RULES.get(actual)?.has("Filter")) damaged();
    // A stream whose end is lost has swallowed the objects behind it.
    if (count(object.contents, "endobj") > 0) damaged();
    let { contents } = object;
    let skip = new Set<string>();
    const chain = filters(object.dict);
    if (chain.includes("DCTDecode")) {
      contents = await this.photo(object);
      skip = new Set(["Filter", "DecodeParms"]);
    } else {
      // A photo under another name would keep its metadata.
      const photo = contents[0] === 0xff && contents[1] === 0xd8;
      const known = chain.every((filter) => PLAIN_FILTERS.has(filter));
      if (photo || !known || object.dict.has(PDFName.of("F"))) throw new Unclean("unsupported");
    }
    const photo = skip.size > 0 ? " /Filter /DCTDecode" : "";
    this.writer.stream(number, this.entries(object.dict, actual, 0, skip) + photo, contents);
  }

  /** Returns the JPEG file inside of an image, cleaned. */
  private async photo(object: PDFRawStream): Promise<Uint8Array> {
    let jpeg = object.contents;
    const chain = filters(object.dict);
    for (const filter of chain.slice(0, -1)) {
      if (filter !== "FlateDecode") throw new Unclean("unsupported");
      jpeg = unzlibSync(jpeg);
    }
    if (chain[chain.length - 1] !== "DCTDecode") throw new Unclean("unsupported");
    return (await cleanPicture(jpeg, this.traces)).bytes;
  }

  private entries(dict: PDFDict, kind: string, depth: number, skip: ReadonlySet<string> = new Set()): string {
    const rules = RULES.get(kind) ?? damaged();
    if (depth > DEEPEST) damaged();
    if (kind === "Annot") this.noteAnnotation(dict);
    const words: string[] = [];
    for (const [name, value] of dict.entries()) {
      const key = name.decodeText();
      const rule = rules.get(key);
      if (!rule || skip.has(key) || !mayStay(dict, kind, key)) continue;
      const written = this.byRule(value, rule, depth + 1);
      if (written !== undefined) words.push(`${name} ${written}`);
    }
    return words.join(" ");
  }

  private noteAnnotation(dict: PDFDict): void {
    if (dict.has(PDFName.of("T")) && !isField(dict)) this.traces.add("author");
    if (dict.has(PDFName.of("M"))) this.traces.add("time");
    if (nameOf(dict, "FT") === "Sig" && dict.has(PDFName.of("V"))) throw new Unclean("unsupported");
  }

  private byRule(value: PDFObject, rule: Rule, depth: number): string | undefined {
    const object = this.context.lookup(value);
    if (rule.shape === "list" && object instanceof PDFArray) {
      const members = object.asArray().map((member) => this.member(member, rule.kind, depth));
      return `[${members.filter((member) => member !== undefined).join(" ")}]`;
    }
    if (rule.shape === "names" && object instanceof PDFDict) {
      const members = object
        .entries()
        .map(([name, member]) => `${name} ${this.member(member, rule.kind, depth) ?? "null"}`);
      return `<< ${members.join(" ")} >>`;
    }
    return this.member(value, rule.kind, depth);
  }

  /** Returns an object of a kind: a reference if it was one, except for plain values, which are written out. */
  private member(value: PDFObject, kind: string, depth: number): string | undefined {
    const object = this.context.lookup(value);
    if (object === undefined || object === PDFNull) return kind === "plain" ? "null" : undefined;
    if (kind === "Annot" && object instanceof PDFDict && !this.isSeen(object)) return undefined;
    if (kind === "Action" && !this.isLink(object)) return undefined;
    const composed = object instanceof PDFDict || object instanceof PDFRawStream;
    if (!(value instanceof PDFRef) || !composed || kind === "plain") return this.value(object, kind, depth);
    const place = `${value.tag} ${kind}`;
    let number = this.numbers.get(place);
    if (number === undefined) {
      number = this.writer.reserve();
      this.numbers.set(place, number);
      this.waiting.push({ number, object, kind });
    }
    return `${number} 0 R`;
  }

  /** Links to pages of the web stay; those to files name folders and their owners. */
  private isLink(action: PDFObject): boolean {
    if (!(action instanceof PDFDict) || nameOf(action, "S") !== "URI") return false;
    const uri = action.lookup(PDFName.of("URI"));
    const address = uri instanceof PDFString || uri instanceof PDFHexString ? uri.decodeText() : "";
    const open = /^(https?:\/\/|mailto:|tel:)/i.test(address);
    if (!open) this.traces.add("device");
    return open;
  }

  private isSeen(dict: PDFDict): boolean {
    const subtype = nameOf(dict, "Subtype");
    if (isField(dict) || subtype === undefined || SEEN.has(subtype)) return true;
    if (subtype !== "Popup") this.traces.add("other");
    return false;
  }

  private value(object: PDFObject, kind: string, depth: number): string {
    if (depth > DEEPEST) damaged();
    if (kind === "Colour") return this.colour(object, depth);
    if (kind === "Appearance" && object instanceof PDFDict) {
      return this.byRule(object, { kind: "Drawing", shape: "names" }, depth) ?? "null";
    }
    if (object instanceof PDFNumber || object instanceof PDFName || object instanceof PDFBool)
      return object.toString();
    if (object === PDFNull) return "null";
    if (object instanceof PDFString || object instanceof PDFHexString) {
      return kind === "text" || kind === "any" ? object.toString() : "()";
    }
    if (object instanceof PDFArray) {
      const members = object.asArray().map((member) => this.member(member, kind, depth + 1) ?? "null");
      return `[${members.join(" ")}]`;
    }
    if (object instanceof PDFDict && RULES.has(kind)) {
      const actual = kind === "XObject" ? damaged() : kind;
      return `<< ${this.entries(object, actual, depth)} >>`;
    }
    throw new Unclean("unsupported");
  }

  /** Profiles name devices and their owners: the colour space with as many components takes their place. */
  private colour(object: PDFObject, depth: number): string {
    if (object instanceof PDFName) return object.toString();
    if (!(object instanceof PDFArray)) damaged();
    const [family, ...rest] = object.asArray();
    const name = this.context.lookup(family);
    const inner = (place: number, kind: string): string =>
      this.member(rest[place] ?? PDFNull, kind, depth + 1) ?? "null";
    switch (name instanceof PDFName ? name.decodeText() : "") {
      case "ICCBased": {
        const profile = this.context.lookup(rest[0]);
        const count = profile instanceof PDFRawStream ? profile.dict.lookup(PDFName.of("N")) : undefined;
        const components = count instanceof PDFNumber ? count.asNumber() : 0;
        return ["", "/DeviceGray", "", "/DeviceRGB", "/DeviceCMYK"][components] || damaged();
      }
      case "CalRGB":
      case "CalGray":
      case "Lab":
        return `[${name} ${inner(0, "Calibrated")}]`;
      case "Indexed":
        return `[${name} ${inner(0, "Colour")} ${inner(1, "plain")} ${this.palette(rest[2])}]`;
      case "Separation":
      case "DeviceN":
        return `[${name} ${inner(0, "plain")} ${inner(1, "Colour")} ${inner(2, "Function")}]`;
      case "Pattern":
        return rest.length === 0 ? "/Pattern" : `[${name} ${inner(0, "Colour")}]`;
      case "DeviceGray":
      case "DeviceRGB":
      case "DeviceCMYK":
        return `${name}`;
      default:
        throw new Unclean("unsupported");
    }
  }

  private palette(value: PDFObject | undefined): string {
    if (this.context.lookup(value) instanceof PDFRawStream)
      return this.member(value ?? PDFNull, "Raw", 0) ?? "null";
    return this.value(this.context.lookup(value) ?? PDFNull, "text", 0);
  }
}

/** Tells a picture from a drawing; what runs a program is refused. */
function streamKind(dict: PDFDict, kind: string): string {
  if (kind === "Appearance") return "Drawing";
  if (kind !== "XObject") return kind;
  const subtype = nameOf(dict, "Subtype");
  if (subtype === "Image") return "Image";
  if (subtype === "Form") return "Drawing";
  throw new Unclean("unsupported");
}

/** The title of a note is its author; that of a field is its name. */
function mayStay(dict: PDFDict, kind: string, key: string): boolean {
  return !(kind === "Annot" && key === "T") || isField(dict);
}

function isField(dict: PDFDict): boolean {
  return nameOf(dict, "Subtype") === "Widget" || ["FT", "Kids"].some((key) => dict.has(PDFName.of(key)));
}

function nameOf(dict: PDFDict, key: string): string | undefined {
  const value = dict.lookup(PDFName.of(key));
  return value instanceof PDFName ? value.decodeText() : undefined;
}

const HIDDEN = new Set(["Metadata", "EmbeddedFile", "ObjStm", "XRef"]);
/** Filters whose data holds nothing but what is shown. */
const PLAIN_FILTERS = new Set(
  "FlateDecode LZWDecode ASCII85Decode ASCIIHexDecode RunLengthDecode CCITTFaxDecode JBIG2Decode".split(" "),
);
const SHORT: Readonly<Record<string, string>> = { DCT: "DCTDecode", Fl: "FlateDecode" };

function filters(dict: PDFDict): string[] {
  const filter = dict.lookup(PDFName.of("Filter"));
  if (filter === undefined) return [];
  const all =
    filter instanceof PDFArray ? filter.asArray().map((_, place) => filter.lookup(place)) : [filter];
  const names = all.map((one) => (one instanceof PDFName ? one.decodeText() : ""));
  return names.map((name) => SHORT[name] ?? name);
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
