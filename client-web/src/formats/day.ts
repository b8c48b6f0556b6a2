/** UTC days and edition numbers. Nothing in Bisik is dated more finely than a day. */

const MS_A_DAY = 86_400_000;
const FIRST = "2000-01-01";
const LAST = "9999-12-31";

/** A UTC day from 2000-01-01 to 9999-12-31, written `YYYY-MM-DD`; days compare like their texts. */
export type Day = string;

/** Tells whether a text is an existing day within range. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= FIRST && written(midnight(text)) === text;
}

/** Tells whether a text is an existing month within range, written `YYYY-MM`. */
export function isMonth(text: string): boolean {
  return isDay(`${text}-01`);
}

/** Tells whether a text is an edition number: `YYYYMMDDn`. */
export function isEditionNumber(text: string): boolean {
  return /^\d{9}$/.test(text) && isDay(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`);
}

/** Returns the UTC day of a time in milliseconds since 1970, kept within range. */
export function dayOf(ms: number): Day {
  return written(Math.floor(ms / MS_A_DAY) * MS_A_DAY);
}

/** Returns the day this many days later (earlier if negative), kept within range. */
export function addDays(day: Day, days: number): Day {
  return written(midnight(day) + days * MS_A_DAY);
}

/** Returns how many days `to` is after `from`; negative if it is before. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((midnight(to) - midnight(from)) / MS_A_DAY);
}

function midnight(day: Day): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10)));
}

function written(ms: number): Day {
  if (!(ms >= midnight(FIRST))) return FIRST;
  if (ms > midnight(LAST)) return LAST;
  return new Date(ms).toISOString().slice(0, 10);
}
