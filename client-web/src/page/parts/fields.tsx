/** The fields for every kind of question that a form can ask. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { lengthOf } from "../../formats/answers.ts";
import { type Field, type GroupKind, groupOf, type YesNo } from "../../formats/form.ts";
import {
  type DateDraft,
  type Drafts,
  type FieldDraft,
  maxOf,
  noDate,
  optionsOf,
  type WhenMode,
} from "../draft.ts";
import { months, number } from "../format.ts";
import { pick, t } from "../texts.ts";
import { Button, idOf, LinkButton, Pick, type Place, Select, TextField } from "./controls.tsx";
import type { ScreenProps } from "./frame.tsx";
import { type Wrong, WrongHere } from "./notices.tsx";

interface InputProps extends ScreenProps {
  field: Field;
  draft: FieldDraft;
  wrongs: Wrong[];
  onDraft: (draft: FieldDraft) => void;
}

interface PartProps extends InputProps {
  place: Place;
  /** Whether the heading of the screen names the field. */
  headed: boolean;
}

/** The field of one question; the heading above it is its label. */
export function FieldInput(props: InputProps) {
  const { field } = props;
  const group = groupOf(field.kind);
  if (group !== undefined) return <GroupInput {...props} group={group} />;
  return <PartInput {...props} place={{ field: field.id }} headed />;
}

function PartInput(props: PartProps) {
  const { app, field, draft, onDraft, place } = props;
  const { kind } = field;
  if (maxOf(kind) !== undefined) return <TextInput {...props} />;
  if (kind === "yes_no") {
    return (
      <Group {...props}>
        <YesNoPicks place={place} value={draft.yesNo} onPick={(yesNo) => onDraft({ yesNo })} />
      </Group>
    );
  }
  if (kind === "when") return <WhenInput {...props} />;
  const options = app.state.card === undefined ? [] : optionsOf(app.state.card.card.form, kind);
  const many = kind === "category" || (typeof kind === "object" && "choice" in kind && kind.choice.many);
  const picked = draft.picked ?? [];
  const toggle = (id: string, on: boolean) =>
    onDraft({ picked: many ? [...picked.filter((other) => other !== id), ...(on ? [id] : [])] : [id] });
  return (
    <Group {...props}>
      {many && (kind !== "category" || field.help === undefined) && <p class="help">{t("choose-many")}</p>}
      {options.map((option, index) => (
        <Pick
          key={option.id}
          place={place}
          {...(many ? {} : { group: idOf(place) })}
          value={option.id}
          on={picked.includes(option.id)}
          onPick={(on) => toggle(option.id, on)}
          first={index === 0}
        >
          {pick(option.label)}
        </Pick>
      ))}
    </Group>
  );
}

/** Yes, no, not known. */
export function YesNoPicks({
  place,
  value,
  onPick,
}: {
  place: Place;
  value: YesNo | undefined;
  onPick: (value: YesNo) => void;
}) {
  const words: [YesNo, string][] = [
    ["yes", t("yes")],
    ["no", t("no")],
    ["unknown", t("unknown")],
  ];
  return (
    <>
      {words.map(([id, word], index) => (
        <Pick
          key={id}
          place={place}
          group={idOf(place)}
          value={id}
          on={value === id}
          onPick={() => onPick(id)}
          first={index === 0}
        >
          {word}
        </Pick>
      ))}
    </>
  );
}

/** Several controls under one question. */
function Group(props: PartProps & { children: ComponentChildren }) {
  const { field, place, headed, wrongs, children } = props;
  return (
    <fieldset class="field" aria-describedby={headed ? "explanation" : undefined}>
      <legend class={headed ? "unseen" : ""}>{pick(field.label)}</legend>
      <WrongHere wrongs={wrongs} target={idOf(place)} />
      {children}
    </fieldset>
  );
}

function TextInput({ field, draft, wrongs, onDraft, place, headed }: PartProps) {
  const max = maxOf(field.kind) ?? 0;
  const long = typeof field.kind === "object" && "text" in field.kind && field.kind.text.long;
  const target = idOf(place);
  const left = max - lengthOf(draft.text ?? "");
  const wrong = wrongs.some((one) => one.target === target);
  return (
    <div class={`field ${wrong ? "invalid" : ""}`}>
      {!headed && (
        <label for={target}>
          {pick(field.label)} <span class="help">{t("optional")}</span>
        </label>
      )}
      {!headed && field.help !== undefined && <p class="help">{pick(field.help)}</p>}
      <WrongHere wrongs={wrongs} target={target} />
      <TextField
        place={place}
        value={draft.text ?? ""}
        onText={(text) => onDraft({ text })}
        wrong={wrong}
        described={`${headed ? "explanation " : ""}${target}-left ${target}-wrong`}
        {...(headed ? { label: pick(field.label) } : {})}
        long={long}
      />
      <p class="count" id={`${target}-left`}>
        {(long || left < 40) &&
          t(left < 0 ? "characters-over" : "characters-left", { count: number(Math.abs(left)) })}
      </p>
    </div>
  );
}

function WhenInput(props: PartProps) {
  const { draft, onDraft, place } = props;
  const modes: [WhenMode, string][] = [
    ["day", t("when-day")],
    ["month", t("when-month")],
    ["range", t("when-range")],
    ["ongoing", t("when-ongoing")],
  ];
  const date = (name: "from" | "to", changed: DateDraft) => onDraft({ ...draft, [name]: changed });
  return (
    <Group {...props}>
      {modes.map(([mode, words], index) => (
        <div key={mode}>
          <Pick
            place={place}
            group={idOf(place)}
            value={mode}
            on={draft.mode === mode}
            onPick={() => onDraft({ ...draft, unknown: false, mode })}
            first={index === 0}
          >
            {words}
          </Pick>
          {draft.mode === mode && mode !== "ongoing" && (
            <div class="inset">
              <DateInput
                place={place}
                name="from"
                label={mode === "range" ? t("when-from") : words}
                date={draft.from ?? noDate}
                isMonth={mode === "month"}
                onDate={(changed) => date("from", changed)}
              />
              {mode === "range" && (
                <DateInput
                  place={place}
                  name="to"
                  label={t("when-to")}
                  date={draft.to ?? noDate}
                  isMonth={false}
                  onDate={(changed) => date("to", changed)}
                />
              )}
            </div>
          )}
        </div>
      ))}
    </Group>
  );
}

interface DateProps {
  place: Place;
  name: "from" | "to";
  label: string;
  date: DateDraft;
  isMonth: boolean;
  onDate: (date: DateDraft) => void;
}

/** Day, month and year one by one: a calendar of the browser is hard to use for days long ago. */
function DateInput({ place, name, label, date, isMonth, onDate }: DateProps) {
  const at = (part: string) => ({ ...place, part: `${name}-${part}` });
  const options = [{ id: "", label: t("date-month") }].concat(
    months().map((month, index) => ({ id: String(index + 1), label: month })),
  );
  return (
    <fieldset>
      <legend>{label}</legend>
      <div class={`date ${isMonth ? "month" : ""}`}>
        {!isMonth && (
          <div>
            <label class="help" for={idOf(at("day"))}>
              {t("date-day")}
            </label>
            <TextField
              place={at("day")}
              numeric
              value={date.day}
              onText={(day) => onDate({ ...date, day })}
            />
          </div>
        )}
        <div>
          <label class="help" for={idOf(at("month"))}>
            {t("date-month")}
          </label>
          <Select
            place={at("month")}
            value={date.month}
            options={options}
            onPick={(month) => onDate({ ...date, month })}
          />
        </div>
        <div>
          <label class="help" for={idOf(at("year"))}>
            {t("date-year")}
          </label>
          <TextField
            place={at("year")}
            numeric
            value={date.year}
            onText={(year) => onDate({ ...date, year })}
          />
        </div>
      </div>
    </fieldset>
  );
}

/** A group of questions that can be answered several times: one card for each entry. */
function GroupInput(props: InputProps & { group: GroupKind }) {
  const { app, field, draft, wrongs, onDraft, group } = props;
  const entries = draft.entries === undefined || draft.entries.length === 0 ? [{}] : draft.entries;
  const added = useRef(entries.length);
  useLayoutEffect(() => {
    // A new entry gets the focus: whoever sees nothing must know where it is.
    if (entries.length > added.current) document.getElementById(`entry-${entries.length}`)?.focus();
    added.current = entries.length;
  }, [entries.length]);
  const set = (index: number, part: string, changed: FieldDraft) =>
    onDraft({
      entries: entries.map((entry, at): Drafts => (at === index ? { ...entry, [part]: changed } : entry)),
    });
  const remove = (index: number) => onDraft({ entries: entries.filter((_, at) => at !== index) });
  return (
    <>
      {entries.map((entry, index) => (
        <fieldset class="card" key={index} aria-labelledby={`entry-${index + 1}`}>
          <h2 id={`entry-${index + 1}`} tabIndex={-1}>
            {t("form-entry", { number: index + 1 })}
          </h2>
          {group.fields.map((part) => (
            <PartInput
              key={part.id}
              app={app}
              field={part}
              draft={entry[part.id] ?? {}}
              wrongs={wrongs}
              onDraft={(changed) => set(index, part.id, changed)}
              place={{ field: field.id, entry: index + 1, part: part.id }}
              headed={false}
            />
          ))}
          {entries.length > 1 && (
            <LinkButton name="remove-entry" data={{ "data-entry": index + 1 }} onClick={() => remove(index)}>
              {t("remove-entry", { number: index + 1 })}
            </LinkButton>
          )}
        </fieldset>
      ))}
      {entries.length < group.max && (
        <Button name="add-entry" class="quiet" onClick={() => onDraft({ entries: [...entries, {}] })}>
          {t("add-entry")}
        </Button>
      )}
    </>
  );
}
