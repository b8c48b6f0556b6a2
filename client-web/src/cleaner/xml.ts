import { demand, Unclean } from "./words.ts";

/** Rewrites XML tag by tag. Comments and instructions go; document types, and with them entities, are refused. */

/** A start tag: its name with prefix, and its attributes with values as they stand in the file. */
export interface Tag {
  readonly name: string;
  readonly attributes: Map<string, string>;
}

/** What a rewriting does with the parts of a document. */
export interface Rewriting {
  /** Changes the attributes of a tag in place; returns false if the element goes with all that is inside. */
  tag(tag: Tag, parent: string): boolean;
  /** Returns what becomes of words inside an element. */
  words(words: string, parent: string): string;
}

const DEEPEST = 256;
const NAME = "[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?";
const START = new RegExp(`^<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>$`);
const CLOSE = new RegExp(`^</(${NAME})\\s*>$`);
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "g");
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Returns a document rewritten; one that is not well-formed is damaged. */
export function rewriteXml(text: string, rewriting: Rewriting): string {
  const out: string[] = [DECLARATION];
  const open: string[] = [];
  // How many elements were open when one began that goes.
  let gone = Number.POSITIVE_INFINITY;
  let roots = 0;
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; ) {
    const mark = text.indexOf("<", at);
    const words = text.slice(at, mark < 0 ? text.length : mark);
    const parent = open[open.length - 1];
    demand(parent !== undefined || words.trim() === "");
    if (parent !== undefined && open.length < gone) out.push(rewriting.words(checked(words), parent));
    if (mark < 0) break;
    const end = tokenEnd(text, mark);
    const token = text.slice(mark, end);
    at = end;
    if (token.startsWith("<![CDATA[")) {
      demand(parent !== undefined);
      if (open.length < gone) out.push(rewriting.words(escaped(token.slice(9, -3)), parent ?? ""));
    } else if (token.startsWith("</")) {
      demand(CLOSE.exec(token)?.[1] === open.pop());
      if (open.length < gone) out.push(token);
      if (open.length === gone) gone = Number.POSITIVE_INFINITY;
    } else if (!token.startsWith("<!--") && !token.startsWith("<?")) {
      const [tag, closed] = startTag(token);
      demand(open.length < DEEPEST);
      if (parent === undefined) roots += 1;
      if (open.length < gone) {
        if (rewriting.tag(tag, parent ?? "")) out.push(written(tag, closed));
        else if (!closed) gone = open.length;
      }
      if (!closed) open.push(tag.name);
    }
  }
  demand(open.length === 0 && roots === 1);
  return out.join("");
}

/** Returns a name without its prefix. */
export function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function tokenEnd(text: string, from: number): number {
  let end: number;
  if (text.startsWith("<!--", from)) end = text.indexOf("-->", from + 4) + 2;
  else if (text.startsWith("<![CDATA[", from)) end = text.indexOf("]]>", from) + 2;
  else if (text.startsWith("<?", from)) end = text.indexOf("?>", from) + 1;
  else if (text.startsWith("<!", from)) throw new Unclean("unsupported");
  else end = tagEnd(text, from);
  demand(end > from + 1);
  return end + 1;
}

/** A ">" inside quotes does not end a tag. */
function tagEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === ">") return at;
    if (letter === '"' || letter === "'") {
      at = text.indexOf(letter, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
}

function startTag(token: string): [Tag, boolean] {
  const match = START.exec(token);
  demand(match !== null);
  const [, name = "", list = "", slash] = match;
  const attributes = new Map<string, string>();
  for (const [, key = "", double, single] of list.matchAll(ATTRIBUTE)) {
    demand(!attributes.has(key));
    attributes.set(key, checked(double ?? single ?? "").replaceAll('"', "&quot;"));
  }
  return [{ name, attributes }, slash === "/"];
}

function written(tag: Tag, closed: boolean): string {
  const list = [...tag.attributes].map(([key, value]) => ` ${key}="${value}"`).join("");
  return `<${tag.name}${list}${closed ? "/" : ""}>`;
}

/** Refuses entities that only a document type could explain. */
function checked(words: string): string {
  demand(!/&(?!(?:lt|gt|amp|apos|quot|#\d{1,7}|#x[\da-fA-F]{1,6});)/.test(words));
  return words;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
