import { isFrame } from "./mp3.ts";
import { name, type Source, u32 } from "./pieces.ts";
import type { Reason } from "./words.ts";

/** How a file is handled, and the extension its content calls for. */
export interface Format {
  readonly how: "jpeg" | "png" | "webp" | "gif" | "movie" | "mp3" | "late" | "text" | Reason;
  readonly extension: string;
}

/** Brands of ISO media files with moving pictures or sound; others are pictures or unknown. */
const MOVIES = /^(isom|iso[2-9]|mp4[12]|avc1|hvc1|M4[VAB] |qt {2}|3g[p2].|MSNV|dash|mmp4|ndsc|XAVC)$/;
/** How a saved message begins. */
const MAIL =
  /^(From|To|Cc|Date|Subject|Received|Return-Path|Delivered-To|Reply-To|Sender|Message-ID|MIME-Version|Content-[a-z]+|X-[a-z-]+): /i;
const TEXT_LIMIT = 1 << 20;
const DIRECTORY_LIMIT = 1 << 20;

/** Tells the type of a file by its content. */
export async function recognise(source: Source): Promise<Format> {
  const head = await source.read(0, Math.min(64, source.size));
  const start = name(head, 0, head.length);
  if (start.startsWith("\xff\xd8\xff")) return { how: "jpeg", extension: "jpg" };
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return { how: "png", extension: "png" };
  if (/^GIF8[79]a/.test(start)) return { how: "gif", extension: "gif" };
  if (start.startsWith("RIFF")) return riff(start.slice(8, 12));
  if (start.startsWith("ID3")) return { how: "mp3", extension: "mp3" };
  if (start.startsWith("%PDF-")) return { how: "late", extension: "pdf" };
  if (start.startsWith("PK\x03\x04")) return { how: "late", extension: "zip" };
  if (start.startsWith("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) return compound(source);
  if (/^(II\*\0|MM\0\*)/.test(start)) return { how: "unsupported", extension: "tif" };
  if (start.startsWith("BM") && head.length >= 26 && u32(head, 2, true) === source.size) {
    return { how: "unsupported", extension: "bmp" };
  }
  if (start.startsWith("OggS")) return { how: "unsupported", extension: "ogg" };
  if (start.startsWith("#!AMR")) return { how: "unsupported", extension: "amr" };
  if (start.startsWith("fLaC")) return { how: "unsupported", extension: "flac" };
  if (start.startsWith("Rar!")) return { how: "unsupported", extension: "rar" };
  if (start.startsWith("7z\xbc\xaf\x27\x1c")) return { how: "unsupported", extension: "7z" };
  if (start.startsWith("\x1aE\xdf\xa3")) return { how: "unsupported", extension: "mkv" };
  return (await media(source, head)) ?? (await text(source)) ?? { how: "unknown-format", extension: "bin" };
}

function riff(kind: string): Format {
  if (kind === "WEBP") return { how: "webp", extension: "webp" };
  if (kind === "WAVE") return { how: "unsupported", extension: "wav" };
  return { how: "unsupported", extension: kind === "AVI " ? "avi" : "bin" };
}

/** Office files of before 2007, and the shell around newer ones that are locked by a password. */
async function compound(source: Source): Promise<Format> {
  const bytes = await source.read(0, Math.min(source.size, DIRECTORY_LIMIT));
  const words = new TextDecoder("latin1").decode(bytes.filter((byte) => byte !== 0));
  return { how: words.includes("EncryptedPackage") ? "encrypted" : "unsupported", extension: "doc" };
}

async function media(source: Source, head: Uint8Array): Promise<Format | undefined> {
  if (head.length < 16) return undefined;
  const kind = name(head, 4);
  if (kind === "ftyp") {
    const brand = name(head, 8);
    if (MOVIES.test(brand)) return { how: "movie", extension: movieExtension(brand) };
    if (/^avi[fs]$/.test(brand)) return { how: "unsupported", extension: "avif" };
    return { how: "unsupported", extension: /^(hei[cxms]|hev[cx]|mif1|msf1)$/.test(brand) ? "heic" : "bin" };
  }
  if (/^(moov|mdat|wide|free|skip|pnot)$/.test(kind) && u32(head, 0) <= source.size) {
    return { how: "movie", extension: "mov" };
  }
  const next = isFrame(head) ? await source.read(0, Math.min(source.size, 8192)) : undefined;
  return next && hasSecondFrame(next) ? { how: "mp3", extension: "mp3" } : undefined;
}

function movieExtension(brand: string): string {
  if (brand === "qt  ") return "mov";
  if (brand.startsWith("3g")) return "3gp";
  return brand === "M4A " || brand === "M4B " ? "m4a" : "mp4";
}

function hasSecondFrame(bytes: Uint8Array): boolean {
  for (
    let at = bytes.indexOf(0xff, 24);
    at >= 0 && at + 4 <= bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    if (isFrame(bytes.subarray(at, at + 4))) return true;
  }
  return false;
}

/** Plain words have no metadata; mark-up, mail, cards and programs do or may. */
async function text(source: Source): Promise<Format | undefined> {
  if (source.size === 0 || source.size > TEXT_LIMIT) return undefined;
  let words: string;
  try {
    words = new TextDecoder("utf-8", { fatal: true }).decode(await source.read(0, source.size));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const foreign = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(words);
  const markup = /^\s*[<{%]|BEGIN:V/.test(words) || MAIL.test(words);
  return foreign || markup ? undefined : { how: "text", extension: "txt" };
}
