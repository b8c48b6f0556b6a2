/** The words of the page, in both languages. */

import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import enForm from "../../messages/en/form.ftl";
import enInbox from "../../messages/en/inbox.ftl";
import enPage from "../../messages/en/page.ftl";
import enRefusals from "../../messages/en/refusals.ftl";
import enSending from "../../messages/en/sending.ftl";
import idForm from "../../messages/id/form.ftl";
import idInbox from "../../messages/id/inbox.ftl";
import idPage from "../../messages/id/page.ftl";
import idRefusals from "../../messages/id/refusals.ftl";
import idSending from "../../messages/id/sending.ftl";
import type { Text } from "../formats/form.ts";

/** Indonesian or English. */
export type Language = "id" | "en";

/** What stands in place of a message's variables. Text of others is cleaned before: see `foreign.ts`. */
export type Variables = Record<string, FluentVariable>;

const bundles: Record<Language, FluentBundle> = {
  id: bundle("id", [idPage, idForm, idSending, idInbox, idRefusals]),
  en: bundle("en", [enPage, enForm, enSending, enInbox, enRefusals]),
};

let chosen: Language = "id";

/** Chooses the language of every later text. */
export function setLanguage(language: Language): void {
  chosen = language;
}

/** Returns the chosen language. */
export function language(): Language {
  return chosen;
}

/** Returns a message in the chosen language; the id itself if there is none, which a test of all ids rules out. */
export function t(id: string, variables: Variables = {}): string {
  const pattern = bundles[chosen].getMessage(id)?.value;
  return pattern == null ? id : bundles[chosen].formatPattern(pattern, variables, []);
}

/** Returns the advice that belongs to a message. */
export function advice(id: string, variables: Variables = {}): string {
  const pattern = bundles[chosen].getMessage(id)?.attributes.advice;
  return pattern == null ? "" : bundles[chosen].formatPattern(pattern, variables, []);
}

/** Returns the chosen language of a text that the agency signed. */
export function pick(text: Text): string {
  return text[chosen];
}

function bundle(locale: Language, files: string[]): FluentBundle {
  const made = new FluentBundle(locale, { useIsolating: false });
  for (const file of files) {
    made.addResource(new FluentResource(file));
  }
  return made;
}
