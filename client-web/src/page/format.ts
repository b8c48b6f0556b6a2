/** Numbers and days as people write them. */

import type { Day } from "../formats/day.ts";
import { last } from "./last.ts";
import { language, t } from "./texts.ts";

/** Returns the names of the months in the chosen language. */
export function months(): string[] {
  return t("months").split(" ");
}

/** Returns a day as in "12 Mei 2025"; what is no day comes back as it is. */
export function day(value: Day): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  const month = months()[Number(parts?.[2]) - 1];
  return parts === null || month === undefined ? value : `${Number(parts[3])} ${month} ${parts[1]}`;
}

/** Returns a month as in "Mei 2025". */
export function month(value: string): string {
  return day(`${value}-01`).replace(/^1 /, "");
}

/** Returns a number with the marks of the chosen language, at most one digit behind the comma. */
export function number(value: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(value);
}

/** Returns a length in bytes as people say it. */
export function size(bytes: number): string {
  if (bytes < 1000) return t("size-bytes", { count: number(bytes) });
  if (bytes < 1_000_000) return t("size-kilo", { count: number(Math.ceil(bytes / 1000)) });
  return t("size-mega", { count: number(Math.ceil(bytes / 100_000) / 10) });
}

/** Returns how long something will take, as people say it. */
export function left(seconds: number): string {
  if (seconds < 60) return t("left-moment");
  if (seconds < 5400) return t("left-minutes", { count: Math.ceil(seconds / 60) });
  return t("left-hours", { count: Math.ceil(seconds / 3600) });
}

/** Returns names joined as a sentence does. */
export function list(names: string[]): string {
  const final = last(names) ?? "";
  if (names.length < 2) return final;
  return t("list-and", { first: names.slice(0, -1).join(", "), last: final });
}
