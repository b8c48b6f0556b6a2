/** Who may read the report, and the last look before it is locked. */

import { useState } from "preact/hooks";
import { checkAnswers, type Missing } from "../../formats/answers.ts";
import type { VerifiedCard } from "../../formats/card.ts";
import { type Field, type Form, fieldsOf } from "../../formats/form.ts";
import { bytesLeft } from "../../sealing/report.ts";
import type { App } from "../app.ts";
import { answersOf, unfit } from "../draft.ts";
import { evidenceOf, fileProblems, totalSize } from "../files.ts";
import { list, number, size } from "../format.ts";
import { hints } from "../hints.ts";
import { Button, LinkButton, Pick } from "../parts/controls.tsx";
import { Continue, Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Fingerprint, Foreign, Notice, Summary, type Wrong, WrongHere } from "../parts/notices.tsx";
import { messageOf, send } from "../sending.ts";
import { shown } from "../shown.ts";
import { back, change, go, nextStep, readers, write } from "../state.ts";
import { pick, t } from "../texts.ts";
import { wrongOf as wrongFile } from "./evidence.tsx";
import { textOf, wrongOf } from "./form.tsx";
import { RefusedDesks, Waiting } from "./start.tsx";

/** The choice of desks: a desk that is close to the accused is left out and does not notice. */
export function Desks({ app }: ScreenProps) {
  const [round, setRound] = useState(0);
  const { card, writing } = app.state;
  if (card === undefined) return <Waiting app={app} />;
  const wrongs: Wrong[] =
    round > 0 && readers(app.state).length === 0 ? [{ target: "desks", text: t("error-no-desk") }] : [];
  const leave = () => {
    setRound(round + 1);
    if (readers(app.state).length === 0) return;
    app.change((state) => afterDesks(write(state, { desksChosen: true })));
  };
  const toggle = (id: string, on: boolean) =>
    app.change((state) => {
      const others = state.writing.leftOut.filter((other) => other !== id);
      return write(state, { leftOut: on ? others : [...others, id] });
    });
  return (
    <Page app={app} title={t("desks-title")} wrong={wrongs.length > 0}>
      <Summary wrongs={wrongs} round={round} />
      <p>{t("desks-help")}</p>
      <fieldset class="field" id="desks" tabIndex={-1}>
        <legend>{t("desks-legend")}</legend>
        <WrongHere wrongs={wrongs} target="desks" />
        {card.card.desks.map(({ id, names }) => (
          <Pick
            key={id}
            place={{ field: `desk-${id}` }}
            value={id}
            on={!writing.leftOut.includes(id)}
            onPick={(on) => toggle(id, on)}
            first
          >
            <Foreign text={pick(names)} />
          </Pick>
        ))}
      </fieldset>
      <RefusedDesks app={app} />
      <p class="help">{t("desks-unseen")}</p>
      <Row>
        <Continue onClick={leave} />
      </Row>
    </Page>
  );

  function afterDesks(state: typeof app.state): typeof app.state {
    if (state.writing.kind !== "report") return back(state);
    return state.writing.reviewed ? nextStep(state) : go(state, "form");
  }
}

/** Everything on one page, with links to change it. */
export function Review({ app }: ScreenProps) {
  const [round, setRound] = useState(0);
  const { card, writing } = app.state;
  if (card === undefined) return <Waiting app={app} />;
  const { form } = card.card;
  const gaps = checkAnswers(form, answersOf(form, writing.drafts), evidenceOf(writing.files).length > 0);
  const wrongs = wrongsOf(app, card, gaps);
  const lock = () => {
    setRound(round + 1);
    if (wrongs.length === 0) send(app);
  };
  return (
    <Page app={app} title={t("review-title")} wrong={round > 0 && wrongs.length > 0}>
      {round > 0 && <Summary wrongs={wrongs} round={round} />}
      {app.state.changed && (
        <Notice tone="warning" word={t("word-careful")}>
          <p>{t("review-changed")}</p>
        </Notice>
      )}
      <Completeness form={form} gaps={gaps} />
      <dl class="answers" id="answers" tabIndex={-1}>
        {fieldsOf(form).map((field, step) => (
          <Line app={app} field={field} step={step} key={field.id} />
        ))}
      </dl>
      <ReadersBox app={app} />
      <BeforeSending app={app} />
      <Row>
        <Button name="send" onClick={lock}>
          {app.state.saved ? t("review-seal") : t("review-send")}
        </Button>
      </Row>
      <LinkButton name="give-up" onClick={() => app.go("exit-warning")}>
        {t("give-up")}
      </LinkButton>
    </Page>
  );
}

/** Returns everything that keeps the report from being sent, with the link to change it. */
function wrongsOf(app: App, card: VerifiedCard, gaps: Missing[]): Wrong[] {
  const { form, limits } = card.card;
  const { drafts, files } = app.state.writing;
  const wrongs = fieldsOf(form).flatMap((field): Wrong[] => {
    const target = `change-${field.id}`;
    const label = labelOf(form, field.id);
    const [problem] = unfit(field, drafts[field.id]);
    if (problem !== undefined) return [{ target, text: `${label}: ${wrongOf(field.id, problem).text}` }];
    const isEvidence = typeof field.kind === "object" && "evidence" in field.kind;
    const [file] = isEvidence ? fileProblems(files, limits) : [];
    if (file !== undefined) return [{ target, text: wrongFile(files, file).text }];
    const missing = gaps.some((gap) => gap.need === "required" && gap.field === field.id);
    return missing ? [{ target, text: t("error-gap", { label }) }] : [];
  });
  const over = -bytesLeft(messageOf(app.state, app.state.box), card, app.newKeys());
  return over > 0
    ? [...wrongs, { target: "answers", text: t("error-over", { over: number(over) }) }]
    : wrongs;
}

function Line({ app, field, step }: ScreenProps & { field: Field; step: number }) {
  const form = app.state.card?.card.form;
  const { drafts, files } = app.state.writing;
  if (form === undefined) return null;
  const isEvidence = typeof field.kind === "object" && "evidence" in field.kind;
  const words = isEvidence
    ? files.length > 0 && t("review-files", { count: files.length, size: size(totalSize(files)) })
    : shown(form, field, answersOf(form, drafts));
  const found = hints(textOf(drafts[field.id] ?? {}));
  const [problem] = unfit(field, drafts[field.id]);
  return (
    <div>
      <dt>{pick(field.label)}</dt>
      <dd class={words ? "" : "none"}>
        {problem === undefined ? words || t("review-empty") : wrongOf(field.id, problem).text}
        {found.map((hint) => (
          <p class="help" key={hint}>
            {t(`hint-${hint}`)}
          </p>
        ))}
      </dd>
      <dd class="act">
        <button
          type="button"
          class="link"
          id={`change-${field.id}`}
          data-do="change"
          data-field={field.id}
          aria-label={t("review-change-what", { label: pick(field.label) })}
          onClick={() => app.change((state) => change(state, step))}
        >
          {t("review-change")}
        </button>
      </dd>
    </div>
  );
}

function Completeness({ form, gaps }: { form: Form; gaps: Missing[] }) {
  const asked = fieldsOf(form).filter(({ need }) => need !== "optional").length + form.one_of.length;
  const expected = gaps.filter(({ need }) => need === "expected");
  const required = gaps.filter(({ need }) => need === "required");
  return (
    <>
      <p data-complete>{t("review-complete", { answered: asked - gaps.length, asked })}</p>
      {required.length > 0 && (
        <Notice tone="danger" word={t("review-must")}>
          <p>{list(required.map(({ field }) => labelOf(form, field)))}</p>
        </Notice>
      )}
      {expected.length > 0 && (
        <Notice word={t("review-may")}>
          <p>{list(expected.map(({ field }) => labelOf(form, field)))}</p>
        </Notice>
      )}
    </>
  );
}

function labelOf(form: Form, id: string): string {
  const field = fieldsOf(form).find((one) => one.id === id);
  return field === undefined ? "" : pick(field.label).replace(/\?$/, "");
}

/** Who can read this, and whose key it is locked with. */
export function ReadersBox({ app, isBrief = false }: ScreenProps & { isBrief?: boolean }) {
  const { card, writing } = app.state;
  const desks = (card?.card.desks ?? []).filter(({ id }) => !writing.leftOut.includes(id));
  return (
    <>
      <h2>{t("review-readers")}</h2>
      <ul>
        {desks.map(({ id, names }) => (
          <li key={id} data-reader={id}>
            <Foreign text={pick(names)} />
          </li>
        ))}
      </ul>
      {desks.length === 0 && <p>{t("error-no-desk")}</p>}
      {(card?.card.desks.length ?? 0) > 1 && (
        <LinkButton name="change-desks" onClick={() => app.go("desks")}>
          {t("review-desks")}
        </LinkButton>
      )}
      <RefusedDesks app={app} />
      {!isBrief && (
        <>
          <p class="help">{t("review-key")}</p>
          <Fingerprint agency={app.state.agency} />
        </>
      )}
    </>
  );
}

/** What others can see of the sending, told before it. */
export function BeforeSending({ app }: ScreenProps) {
  const { files, kind } = app.state.writing;
  if (app.state.saved) return <p>{t("review-saved")}</p>;
  return (
    <Notice>
      <p>{t("review-seen")}</p>
      {files.length > 0 && <p>{t("review-larger", { count: files.length, size: size(totalSize(files)) })}</p>}
      <p>{kind === "report" ? t("review-stay") : t("reply-stay")}</p>
    </Notice>
  );
}
