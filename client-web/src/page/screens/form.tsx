/** The form, one question at a time, as the agency signed it in its card. */

import { useState } from "preact/hooks";
import type { Field } from "../../formats/form.ts";
import type { App } from "../app.ts";
import { type FieldDraft, isEmpty, type Problem, problemsOf } from "../draft.ts";
import { hints } from "../hints.ts";
import { Button, idOf, QuietButton } from "../parts/controls.tsx";
import { FieldInput } from "../parts/fields.tsx";
import { Continue, Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Notice, Summary, type Wrong } from "../parts/notices.tsx";
import { fieldAt, nextStep, sectionOf, type } from "../state.ts";
import { pick, t } from "../texts.ts";
import { EvidenceStep } from "./evidence.tsx";
import { Waiting } from "./start.tsx";

/** The question at hand. */
export function FormScreen({ app }: ScreenProps) {
  const field = fieldAt(app.state);
  if (field === undefined) return <Waiting app={app} />;
  if (typeof field.kind === "object" && "evidence" in field.kind)
    return <EvidenceStep app={app} field={field} />;
  return <Question app={app} field={field} key={field.id} />;
}

/** Returns what stands above a question: its section. */
export function stepOf(app: App, field: Field): string | undefined {
  const form = app.state.card?.card.form;
  if (form === undefined) return undefined;
  const { number, count, title } = sectionOf(form, field);
  return t("form-section", { number, count, title: title === undefined ? "" : pick(title) });
}

/** Returns an error in words, with the control that it belongs to. */
export function wrongOf(field: string, problem: Problem): Wrong {
  const { code, part, entry, min = 0, max = 0, count = 0 } = problem;
  return {
    target: idOf({ field, part, entry }),
    text: t(`error-${code}`, { min, max, count, over: count - max }),
  };
}

function Question({ app, field }: ScreenProps & { field: Field }) {
  const [problems, setProblems] = useState<Problem[]>([]);
  const [round, setRound] = useState(0);
  const draft = app.state.writing.drafts[field.id] ?? {};
  const wrongs = problems.map((problem) => wrongOf(field.id, problem));
  const set = (changed: FieldDraft) => app.change((state) => type(state, field.id, changed));
  const leave = () => app.change(nextStep);
  const goOn = () => {
    const found = problemsOf(field, draft);
    setProblems(found);
    setRound(round + 1);
    if (found.length === 0) leave();
  };
  const answer = (changed: FieldDraft) => {
    set(changed);
    leave();
  };
  const isSkippable = field.need !== "required" && isEmpty(draft);
  return (
    <Page
      app={app}
      title={pick(field.label)}
      step={stepOf(app, field)}
      place={field.id}
      wrong={wrongs.length > 0}
    >
      <Summary wrongs={wrongs} round={round} />
      <Explanation field={field} />
      {draft.unknown === true && (
        <Notice>
          <p>{t("form-answered-unknown")}</p>
        </Notice>
      )}
      <FieldInput app={app} field={field} draft={draft} wrongs={wrongs} onDraft={set} />
      <Hints text={textOf(draft)} />
      <Row>
        <Continue onClick={goOn} />
        {field.kind !== "yes_no" && (
          <QuietButton name="unknown" onClick={() => answer({ unknown: true })}>
            {t("unknown")}
          </QuietButton>
        )}
        {isSkippable && (
          <QuietButton name="skip" onClick={() => answer({})}>
            {t("skip")}
          </QuietButton>
        )}
      </Row>
      <GiveUp app={app} />
    </Page>
  );
}

/** Where people tell what happened, they tell about themselves. */
function isStory({ need, kind }: Field): boolean {
  return need === "required" && typeof kind === "object" && "text" in kind && kind.text.long;
}

function Explanation({ field }: { field: Field }) {
  return (
    <div id="explanation">
      {field.help !== undefined && <p class="help">{pick(field.help)}</p>}
      {field.role === "never_reveal" && <p class="help">{t("secret-few")}</p>}
      {field.role === "identity" && <p class="help">{t("identity-needless")}</p>}
      {isStory(field) && <p class="help">{t("form-yourself")}</p>}
      {field.need === "required" && <p class="help">{t("form-required")}</p>}
      {field.need !== "required" && <p class="help">{t("form-optional")}</p>}
    </div>
  );
}

/** What a text seems to tell about its writer. It can be sent all the same. */
export function Hints({ text }: { text: string }) {
  const found = hints(text);
  return (
    <div aria-live="polite">
      {found.length > 0 && (
        <Notice tone="warning" word={t("word-careful")}>
          {found.map((hint) => (
            <p key={hint} data-hint={hint}>
              {t(`hint-${hint}`)}
            </p>
          ))}
          <p>{t("hint-allowed")}</p>
        </Notice>
      )}
    </div>
  );
}

function GiveUp({ app }: ScreenProps) {
  return (
    <p>
      <Button name="give-up" class="link" onClick={() => app.go("exit-warning")}>
        {t("give-up")}
      </Button>
    </p>
  );
}

/** Returns all words of an answer. */
export function textOf(draft: FieldDraft): string {
  const parts = (draft.entries ?? []).flatMap((entry) => Object.values(entry).map(textOf));
  return [draft.text ?? "", ...parts].join("\n");
}
