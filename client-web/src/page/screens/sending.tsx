/** Sending, the receipt, and what comes after. */

import { useEffect, useState } from "preact/hooks";
import { PIECE } from "../../visit/upload.ts";
import { left, number, size } from "../format.ts";
import { Button, idOf, LinkButton, QuietButton, TextField } from "../parts/controls.tsx";
import { Continue, Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Foreign, Notice, Refused, Summary, type Wrong, WrongHere } from "../parts/notices.tsx";
import { afterSending, cancel, pause, resume } from "../sending.ts";
import { leap, type Sending as Step } from "../state.ts";
import { pick, t } from "../texts.ts";

/** Three stages with honest progress; what went wrong, and how to go on. */
export function SendingScreen({ app }: ScreenProps) {
  const { sending, sent } = app.state;
  if (sent?.file !== undefined) return <SaveFile app={app} />;
  if (sending === undefined) return null;
  const desk = app.state.card?.card.desks.find(({ id }) => id === sending.stop?.desk);
  return (
    <Page
      app={app}
      title={sending.stage === "failed" ? t("sending-stopped") : t("sending-title")}
      place={sending.stage === "failed" ? "failed" : ""}
      bare
    >
      {sending.stage === "failed" && sending.stop !== undefined ? (
        <>
          <Notice tone="danger" word={t("word-problem")}>
            <Refused stop={sending.stop} desk={desk === undefined ? undefined : pick(desk.names)} />
          </Notice>
          <p>{t("sending-kept")}</p>
          <Row>
            <Button
              name="resume"
              onClick={() => {
                resume(app);
              }}
            >
              {t("sending-resume")}
            </Button>
            <QuietButton name="cancel" onClick={() => cancel(app)}>
              {t("sending-back")}
            </QuietButton>
          </Row>
        </>
      ) : (
        <Running app={app} step={sending} />
      )}
    </Page>
  );
}

function Running({ app, step }: ScreenProps & { step: Step }) {
  const percent = step.total === 0 ? 0 : Math.floor((100 * step.sent) / step.total);
  const all: Step["stage"][] = ["opening", "locking", "sending", "confirming"];
  const order = app.state.saved ? all.slice(0, 2) : all;
  const stage = step.stage === "waiting" || step.stage === "paused" ? "sending" : step.stage;
  const now = order.indexOf(stage);
  return (
    <>
      <ol class="stages">
        {order.map((one, place) => (
          <li
            key={one}
            class={place < now ? "past" : place === now ? "now" : "later"}
            aria-current={place === now ? "step" : undefined}
          >
            {t(`stage-${one}`)}
          </li>
        ))}
      </ol>
      <p>
        <progress max={100} value={percent} aria-label={t("sending-title")} />
      </p>
      <div class="unseen" aria-live="polite">
        {spoken(step, stage, percent)}
      </div>
      <div>
        {step.stage === "waiting" && (
          <Notice tone="warning" word={t("word-lost")}>
            <p>{t("sending-again", { seconds: Math.ceil(step.retryIn ?? 0) })}</p>
          </Notice>
        )}
        {step.stage === "paused" && (
          <Notice tone="info" word={t("word-paused")}>
            <p>{t("sending-paused")}</p>
          </Notice>
        )}
        <p data-percent>{far(step, percent)}</p>
      </div>
      <p>{t("sending-stay")}</p>
      <Row>
        {isLong(step) && <PauseButton app={app} step={step} />}
        {step.retryNow !== undefined && (
          <Button name="retry" onClick={step.retryNow}>
            {t("sending-now")}
          </Button>
        )}
        <QuietButton name="cancel" onClick={() => cancel(app)}>
          {t("sending-cancel")}
        </QuietButton>
      </Row>
    </>
  );
}

/** Stops for a while, or goes on: one button, so that whoever uses a keyboard stays on it. */
function PauseButton({ app, step }: ScreenProps & { step: Step }) {
  const isPaused = step.stage === "paused";
  return (
    <QuietButton name={isPaused ? "go-on" : "pause"} onClick={() => (isPaused ? resume(app) : pause(app))}>
      {isPaused ? t("sending-go-on") : t("sending-pause")}
    </QuietButton>
  );
}

/** Whether it is evidence that is sent: a text is gone in a moment. */
function isLong({ total }: Step): boolean {
  return total > PIECE;
}

/** What is read aloud: rarely enough to be heard to its end. */
function spoken(step: Step, stage: string, percent: number): string {
  if (step.stage === "waiting") return t("word-lost");
  if (step.stage === "paused") return t("word-paused");
  return `${t(`stage-${stage}`)} ${t("sending-percent", { percent: number(percent - (percent % 10)) })}`;
}

/** How far it is, and about how long the rest takes. */
function far(step: Step, percent: number): string {
  const parts = [t("sending-percent", { percent: number(percent) })];
  if (isLong(step)) parts.push(t("sending-bytes", { sent: size(step.sent), total: size(step.total) }));
  if (step.left !== undefined) parts.push(left(step.left));
  return parts.join(" \u00b7 ");
}

/** For a page without network: the locked file is saved by hand. */
function SaveFile({ app }: ScreenProps) {
  const { sent } = app.state;
  const [address, setAddress] = useState("");
  useEffect(() => {
    if (sent?.file === undefined) return;
    const made = URL.createObjectURL(sent.file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [sent]);
  return (
    <Page app={app} title={t("save-title")} place="save" bare>
      <p>{t("save-help")}</p>
      <Row>
        <a class="button" href={address} download={t("save-name")} data-do="save-sealed">
          {t("save-file")}
        </a>
        <QuietButton
          name="continue"
          onClick={() => app.change((state) => leap(state, afterSending(sent?.kind ?? "report")))}
        >
          {t("continue")}
        </QuietButton>
      </Row>
      <p>{t("save-how")}</p>
    </Page>
  );
}

/** The receipt: shown once, written on paper. */
export function ReceiptScreen({ app }: ScreenProps) {
  const [visible, setVisible] = useState(true);
  const groups = app.state.groups ?? [];
  return (
    <Page app={app} title={t("receipt-title")} bare>
      <Notice tone="success" word={app.state.saved ? t("receipt-sealed") : t("receipt-stored")}>
        <p>{t("receipt-why")}</p>
      </Notice>
      <ol class="groups code" data-receipt aria-label={t("receipt-groups")}>
        {groups.map((group, place) => (
          <li key={place} data-group={place + 1}>
            <small>{t("receipt-place", { place: place + 1 })}</small>
            {visible ? group : "••••"}
          </li>
        ))}
      </ol>
      <Row>
        <QuietButton name="toggle" onClick={() => setVisible(!visible)}>
          {visible ? t("receipt-hide") : t("receipt-show")}
        </QuietButton>
        <QuietButton name="print" onClick={() => print()}>
          {t("receipt-print")}
        </QuietButton>
      </Row>
      <ul>
        <li>{t("receipt-paper")}</li>
        <li>{t("receipt-photo")}</li>
        <li>{t("receipt-printer")}</li>
        <li>{t("receipt-lost")}</li>
      </ul>
      <Row>
        <Continue label={t("receipt-noted")} onClick={() => app.go("retype")} />
      </Row>
    </Page>
  );
}

/** What is printed, and nothing else ever is: the groups and the address. */
export function Slip({ app }: ScreenProps) {
  if (app.state.screen !== "receipt" || app.state.groups === undefined) return null;
  return (
    <section class="slip" aria-hidden="true">
      <p>{app.state.saved ? "" : location.host + location.pathname}</p>
      {app.state.groups.join("  ")}
    </section>
  );
}

/** Two groups are typed again: whoever wrote the receipt down wrongly finds out now. */
export function Retype({ app }: ScreenProps) {
  const { asked, groups = [] } = app.state;
  const [typed, setTyped] = useState(["", ""]);
  const [round, setRound] = useState(0);
  const [missed, setMissed] = useState<number[]>([]);
  const names = ["group-a", "group-b"];
  // Written at each drawing, so that they follow the language.
  const wrongs = asked.flatMap((place, index): Wrong[] =>
    missed.includes(place)
      ? [{ target: idOf({ field: names[index] ?? "" }), text: t("error-group", { place }) }]
      : [],
  );
  const done = () => {
    app.forgetKeys();
    app.change((state) => ({ ...leap(state, "done"), groups: undefined }));
  };
  const check = () => {
    const found = asked.filter((place, index) => plain(typed[index] ?? "") !== groups[place - 1]);
    setMissed(found);
    setRound(round + 1);
    if (found.length === 0) done();
  };
  return (
    <Page app={app} title={t("retype-title")} wrong={wrongs.length > 0} bare>
      <Summary wrongs={wrongs} round={round} />
      <p>{t("retype-help")}</p>
      {asked.map((place, index) => {
        const target = idOf({ field: names[index] ?? "" });
        return (
          <div
            class={`field ${wrongs.some((wrong) => wrong.target === target) ? "invalid" : ""}`}
            key={place}
          >
            <label for={target} data-group={place}>
              {t("retype-group", { place })}
            </label>
            <WrongHere wrongs={wrongs} target={target} />
            <TextField
              place={{ field: names[index] ?? "" }}
              code
              value={typed[index] ?? ""}
              onText={(text) => setTyped(typed.map((old, at) => (at === index ? text : old)))}
              described={`${target}-wrong`}
            />
          </div>
        );
      })}
      <Row>
        <Button name="check" onClick={check}>
          {t("retype-check")}
        </Button>
        <QuietButton name="show-again" onClick={() => app.change((state) => leap(state, "receipt"))}>
          {t("retype-show")}
        </QuietButton>
      </Row>
      <LinkButton name="noted" onClick={done}>
        {t("retype-noted")}
      </LinkButton>
    </Page>
  );
}

/** As receipts are read: any case, no spaces or dashes, O for 0, I and L for 1. */
function plain(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/[\s\u2010-\u2015-]/gu, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
}

/** What happens next, when to look, and how to leave no trace. */
export function Done({ app }: ScreenProps) {
  const { sent, card, saved } = app.state;
  return (
    <Page app={app} title={saved ? t("done-saved-title") : t("done-title")}>
      {sent !== undefined && (
        <p>
          {t("done-message")}{" "}
          <strong class="code" data-message-id>
            <Foreign text={sent.messageId} />
          </strong>
        </p>
      )}
      <h2>{t("done-next")}</h2>
      <ul>
        <li>{t("done-offline", { days: card?.card.interval ?? 3 })}</li>
        <li>{t("done-when")}</li>
        <li>{t("done-hours")}</li>
      </ul>
      <h2>{t("done-traces")}</h2>
      <ul>
        <li>{t("done-history")}</li>
        <li>{t("done-tor")}</li>
        <li>{t("done-silence")}</li>
      </ul>
      <Row>
        <QuietButton
          name="home"
          onClick={() => app.change((state) => ({ ...leap(state, "home"), sent: undefined }))}
        >
          {t("done-home")}
        </QuietButton>
      </Row>
    </Page>
  );
}
