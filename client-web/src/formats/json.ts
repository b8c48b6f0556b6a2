/**
 * Strict JSON, for everything that is sealed or signed.
 *
 * A document has exactly one spelling: members in schema order, no white space, integers from 0 to 2^53 - 1, at most
 * sixteen levels deep. The reader parses, writes again and compares, so that no two readers can understand one
 * document differently: whatever is unknown, repeated, out of order or spelled otherwise shows as a difference.
 */

import { utf8, utf8Text } from "./bytes.ts";
import { FormatError } from "./refusal.ts";

/** The deepest nesting of objects and arrays: an option in a group of a form on a card lies fourteen deep. */
const MAX_DEPTH = 16;

/** How one type stands in JSON. */
export interface Codec<T> {
  /** Returns the value that parsed JSON stands for, or refuses it. */
  read(json: unknown): T;
  /** Returns the one spelling of a value. */
  write(value: T): string;
}

/** Reads a value from its canonical bytes, at most `max` of them. */
export function fromJson<T>(bytes: Uint8Array, max: number, codec: Codec<T>): T {
  if (bytes.length > max) throw new FormatError("too long");
  checkDepth(bytes);
  const text = utf8Text(bytes);
  const value = codec.read(parse(text));
  if (codec.write(value) !== text) throw new FormatError("not canonical");
  return value;
}

/** Returns the canonical bytes of a value. */
export function toJson<T>(value: T, codec: Codec<T>): Uint8Array {
  const bytes = utf8(codec.write(value));
  checkDepth(bytes);
  return bytes;
}

/** Text that satisfies a rule. */
export function textOf(rule: (text: string) => boolean): Codec<string> {
  const check = (text: string) => {
    if (!isWellFormed(text) || !rule(text)) throw new FormatError("text breaks a rule");
    return text;
  };
  return {
    read: (json) => (typeof json === "string" ? check(json) : wrongType()),
    write: (text) => JSON.stringify(check(text)),
  };
}

/** Any text without unpaired surrogates. */
export const text: Codec<string> = textOf(() => true);

/** An integer from 0 to 2^53 - 1, the range that every JSON reader holds exactly. */
export const count: Codec<number> = {
  read: (json) => (typeof json === "number" ? checkCount(json) : wrongType()),
  write: (value) => String(checkCount(value)),
};

/** True or false. */
export const bool: Codec<boolean> = {
  read: (json) => (typeof json === "boolean" ? json : wrongType()),
  write: (value) => String(value),
};

/** One of some texts. */
export function oneOf<T extends string>(...values: readonly T[]): Codec<T> {
  const known = (value: unknown): T => values.find((one) => one === value) ?? wrongType();
  return { read: known, write: (value) => JSON.stringify(known(value)) };
}

/** The one value `true`, for members that are left out when they are false. */
export const yes: Codec<true> = {
  read: (json) => (json === true ? true : wrongType()),
  write: (value) => (value === true ? "true" : wrongType()),
};

/** An array. */
export function list<T>(item: Codec<T>): Codec<T[]> {
  return {
    read: (json) => (Array.isArray(json) ? json.map((one) => item.read(one)) : wrongType()),
    write: (values) => `[${values.map((value) => item.write(value)).join(",")}]`,
  };
}

/** An array of exactly two. */
export function pair<A, B>(first: Codec<A>, second: Codec<B>): Codec<[A, B]> {
  return {
    read: (json) =>
      Array.isArray(json) && json.length === 2 ? [first.read(json[0]), second.read(json[1])] : wrongType(),
    write: ([one, other]) => `[${first.write(one)},${second.write(other)}]`,
  };
}

/** An object whose members are named by data: sorted by name. Names are ASCII, so text order is byte order. */
export function mapOf<T>(name: Codec<string>, value: Codec<T>): Codec<Record<string, T>> {
  return {
    read: (json) => {
      const members = Object.entries(object(json)).map(([key, one]) => [name.read(key), value.read(one)]);
      return Object.fromEntries(members);
    },
    write: (map) => {
      const members = Object.keys(map).sort();
      return `{${members.map((key) => `${name.write(key)}:${value.write(map[key] as T)}`).join(",")}}`;
    },
  };
}

/** The codec of each member; their order is the order of the document. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<Exclude<T[K], undefined>> };

/** An object of these members. Those that `optional` names are left out when they have no value. */
export function record<T extends object>(fields: Fields<T>, optional: readonly (keyof T)[] = []): Codec<T> {
  const members = Object.entries(fields) as [keyof T & string, Codec<unknown>][];
  return {
    read: (json) => {
      const found = object(json);
      const value: Record<string, unknown> = {};
      for (const [name, codec] of members) {
        if (Object.hasOwn(found, name)) value[name] = codec.read(found[name]);
        else if (!optional.includes(name)) throw new FormatError("a member is missing");
      }
      return value as T;
    },
    write: (value) => {
      const present = members.filter(([name]) => value[name] !== undefined || !optional.includes(name));
      return `{${present.map(([name, codec]) => `"${name}":${codec.write(value[name])}`).join(",")}}`;
    },
  };
}

/** The names of the one member that each object of a union has. */
type MemberOf<T> = T extends string ? never : keyof T & string;
/** What stands in the member of that name. */
type ContentOf<T, K extends string> = T extends Readonly<Record<K, infer V>> ? V : never;

/** A text out of `units`, or an object with exactly one member out of `members`. */
export function variants<T>(
  units: readonly (T & string)[],
  members: { readonly [K in MemberOf<T>]: Codec<ContentOf<T, K>> },
): Codec<T> {
  const codecs = new Map(Object.entries<Codec<unknown>>(members));
  const single = (value: unknown): [string, unknown, Codec<unknown>] => {
    const [member, ...more] = Object.entries(object(value));
    const codec = member === undefined || more.length > 0 ? undefined : codecs.get(member[0]);
    return member === undefined || codec === undefined ? wrongType() : [...member, codec];
  };
  const unit = (value: string): T & string => units.find((one) => one === value) ?? wrongType();
  return {
    read: (json) => {
      if (typeof json === "string") return unit(json);
      const [name, content, codec] = single(json);
      return { [name]: codec.read(content) } as T;
    },
    write: (value) => {
      if (typeof value === "string") return JSON.stringify(unit(value));
      const [name, content, codec] = single(value);
      return `{"${name}":${codec.write(content)}}`;
    },
  };
}

/** A codec that is made when it is first needed: for types that contain themselves. */
export function lazy<T>(make: () => Codec<T>): Codec<T> {
  return { read: (json) => make().read(json), write: (value) => make().write(value) };
}

/** Tells whether a text has no unpaired surrogates. */
function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

/** Counts brackets outside strings. Malformed text is left to the parser. */
function checkDepth(bytes: Uint8Array): void {
  let depth = 0;
  let inString = false;
  let escaped = false;
  for (const byte of bytes) {
    if (inString && escaped) escaped = false;
    else if (inString && byte === 0x5c) escaped = true;
    else if (byte === 0x22) inString = !inString;
    else if (!inString && (byte === 0x7b || byte === 0x5b)) depth += 1;
    else if (!inString && (byte === 0x7d || byte === 0x5d)) depth = Math.max(depth - 1, 0);
    if (depth > MAX_DEPTH) throw new FormatError("nested too deeply");
  }
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw new FormatError("not JSON");
  }
}

function object(json: unknown): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return wrongType();
  return json as Record<string, unknown>;
}

function checkCount(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new FormatError("not an integer in range");
  return value;
}

function wrongType(): never {
  throw new FormatError("a value of another type or kind");
}
