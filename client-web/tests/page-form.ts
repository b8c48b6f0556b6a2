/** A small form with every kind of question, and a card that carries it. */

import type { VerifiedCard } from "../src/formats/card.ts";
import type { Field, Form, Text } from "../src/formats/form.ts";

const both = (words: string): Text => ({ id: words, en: words });
const choice = (id: string) => ({ id, label: both(id) });

function field(id: string, need: Field["need"], kind: Field["kind"], more: Partial<Field> = {}): Field {
  return { id, label: both(id), need, kind, ...more };
}

const text = (min: number, max: number) => ({ text: { long: true, min, max } });

/** The form. */
export const form: Form = {
  id: "small_1",
  sections: [
    {
      id: "first",
      title: both("first"),
      fields: [
        field("kategori", "required", "category"),
        field("apa", "required", text(5, 10)),
        field("siapa", "required", {
          group: {
            max: 3,
            fields: [field("nama", "optional", text(0, 5)), field("peran", "optional", text(0, 9))],
            one_of: ["nama"],
          },
        }),
      ],
    },
    {
      id: "second",
      title: both("second"),
      fields: [
        field("hub", "optional", "yes_no", { role: "influence" }),
        field("kapan", "expected", "when"),
        field("di_mana", "optional", "place"),
        field("nilai", "optional", { choice: { many: false, options: [choice("kecil"), choice("besar")] } }),
        field("bukti", "optional", { evidence: { kinds: [choice("foto")] } }),
        field("jangan_ungkap", "optional", text(0, 20), { role: "never_reveal" }),
      ],
    },
  ],
  one_of: [],
  categories: [choice("suap"), choice("lain")],
  self_check: [{ id: "konflik", question: both("?"), advise_on: "yes", advice: both("!"), conflict: true }],
  guidance: [],
  statuses: [{ id: "diterima", label: both("diterima"), shown: true }],
  clocks: [],
};

/** Returns a card of these desks. What the page does not look at is empty. */
export function cardOf(desks: string[], hash = "aa"): VerifiedCard {
  return {
    hash,
    bundle: new Uint8Array(),
    card: {
      agency: "",
      names: both("Lembaga"),
      roots: [],
      serial: 1,
      issued: "2026-01-01",
      expires: "2026-12-31",
      desks: desks.map((id) => ({ id, names: both(id), keys: [] })),
      letters: 64,
      letter_size: 8192,
      interval: 3,
      form,
      limits: { report_bytes: 100, file_bytes: 60 },
      contacts: [],
    },
  };
}
