/** Answers in the words of the form, for the reporter to look over. */

import type { Answer, Value } from "../formats/answers.ts";
import { type Field, type Form, groupOf } from "../formats/form.ts";
import { optionsOf } from "./draft.ts";
import { day, list, month } from "./format.ts";
import { pick, t } from "./texts.ts";

/** Returns the answers to one question; empty if there are none. */
export function shown(form: Form, field: Field, answers: Answer[]): string {
  const own = answers.filter((answer) => answer.field === field.id);
  const parts = groupOf(field.kind)?.fields ?? [];
  const lines: string[] = [];
  for (const { entry = 0, part, value } of own) {
    const asked = parts.find((one) => one.id === part);
    const answer = words(form, asked ?? field, value);
    if (asked === undefined) return answer;
    const before = lines[entry - 1] === undefined ? `${entry}. ` : `${lines[entry - 1]}; `;
    lines[entry - 1] = `${before}${pick(asked.label)}: ${answer}`;
  }
  return lines.join("\n");
}

function words(form: Form, { kind }: Field, value: Value): string {
  if (value === "unknown") return t("unknown");
  if ("text" in value) return value.text;
  if ("yes_no" in value) return { yes: t("yes"), no: t("no"), unknown: t("unknown") }[value.yes_no];
  if ("choice" in value) {
    const picked = optionsOf(form, kind).filter(({ id }) => value.choice.includes(id));
    return list(picked.map(({ label }) => pick(label)));
  }
  const { when } = value;
  if (when === "ongoing") return t("when-ongoing");
  if ("day" in when) return day(when.day);
  if ("month" in when) return month(when.month);
  return t("when-span", { from: day(when.range.from), to: day(when.range.to) });
}
