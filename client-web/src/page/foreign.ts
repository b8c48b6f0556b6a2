/**
 * Text that others wrote: officers, agencies, file names. It is shown as text and nothing else, and cannot reorder,
 * hide or overprint what stands beside it.
 */

/** Controls, invisible formatting, bidi marks, lone surrogates; not line feed, tab, the joiners and the emoji selector. */
const unsafe = /(?!\n|\t|\u200c|\u200d|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{DI}\u2028\u2029]/gu;

/** More marks on one letter than any language needs: they would cover the lines above and below. */
const stacked = /(\p{M}{3})\p{M}+/gu;

/** Returns the text with what cannot be seen made visible, as U+FFFD. */
export function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(unsafe, "\ufffd").replace(stacked, "$1");
}

/** Returns the text on one line. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/gu, " ").trim();
}
