/** Coming back with a receipt: the inbox and its letters. */

import { useState } from "preact/hooks";
import { daysBetween } from "../../formats/day.ts";
import { Refusal } from "../../formats/refusal.ts";
import { parseReceipt } from "../../sealing/receipt.ts";
import type { DeskInbox } from "../../visit/inbox.ts";
import type { App } from "../app.ts";
import { visible } from "../foreign.ts";
import { day } from "../format.ts";
import { beginLater, openInbox } from "../later.ts";
import { today } from "../opening.ts";
import { Button, idOf, LinkButton, QuietButton, TextField } from "../parts/controls.tsx";
import { Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Foreign, Notice, Refused, Summary, type Wrong, WrongHere } from "../parts/notices.tsx";
import { forget, go, type Stop } from "../state.ts";
import { advice, pick, t } from "../texts.ts";

/** Symbols of a receipt. */
const SYMBOLS = 28;

/** One field for the code, in any spelling. */
export function Return({ app }: ScreenProps) {
  const [typed, setTyped] = useState("");
  const [stop, setStop] = useState<Stop>();
  const [round, setRound] = useState(0);
  const [busy, setBusy] = useState(false);
  const target = idOf({ field: "receipt" });
  const isTyping = stop?.reason.startsWith("receipt-") ?? false;
  const wrongs: Wrong[] =
    stop !== undefined && isTyping ? [{ target, text: t(`refusal-${stop.reason}`) }] : [];
  const open = async () => {
    setBusy(true);
    const found = await openInbox(app, typed);
    setBusy(false);
    setStop(found);
    setRound(round + 1);
  };
  return (
    <Page app={app} title={t("return-title")} wrong={wrongs.length > 0}>
      <Summary wrongs={wrongs} round={round} />
      <p>{t("return-help")}</p>
      <div class={`field ${wrongs.length > 0 ? "invalid" : ""}`}>
        <label for={target}>{t("return-label")}</label>
        <WrongHere wrongs={wrongs} target={target} />
        {wrongs.length > 0 && stop !== undefined && (
          <p class="help" data-refusal={stop.reason}>
            {advice(`refusal-${stop.reason}`)}
          </p>
        )}
        <TextField
          place={{ field: "receipt" }}
          code
          value={typed}
          onText={setTyped}
          wrong={wrongs.length > 0}
          described={`${target}-wrong ${target}-state`}
        />
        <p class="count" id={`${target}-state`}>
          {stateOf(app, typed)}
        </p>
      </div>
      {stop !== undefined && !isTyping && (
        <Notice tone="danger" word={t("word-problem")}>
          <Refused stop={stop} />
        </Notice>
      )}
      <div aria-live="polite">{busy && <p>{t("return-busy")}</p>}</div>
      <Row>
        <Button
          name="open"
          onClick={() => {
            if (!busy) open();
          }}
        >
          {t("return-open")}
        </Button>
      </Row>
      <p class="help">{t("return-lost")}</p>
    </Page>
  );
}

/** Tells how much of the code is there; whether it is right only once it is whole. */
function stateOf(app: App, typed: string): string {
  const count = typed.replace(/[^\p{L}\p{N}]/gu, "").length;
  if (count < SYMBOLS) return t("return-count", { count });
  try {
    parseReceipt(typed, app.state.agency).wipe();
    return t("return-whole");
  } catch (error) {
    return error instanceof Refusal ? t(`refusal-${error.code}`) : "";
  }
}

/** What the desks say in their latest editions. */
export function Inbox({ app }: ScreenProps) {
  const { inboxes = [], card } = app.state;
  const letters = inboxes.filter((inbox) => inbox.letter !== undefined);
  const refused = inboxes.filter((inbox) => inbox.letter === undefined && inbox.refusal !== undefined);
  return (
    <Page app={app} title={t("inbox-title")}>
      {letters.length === 0 && <p data-empty>{t("inbox-empty", { days: card?.card.interval ?? 3 })}</p>}
      {letters.map((inbox) => (
        <FromDesk app={app} inbox={inbox} key={inbox.desk.id} />
      ))}
      {refused.map(({ desk, refusal }) => (
        <div data-desk={desk.id} data-found="refused" key={desk.id}>
          <Notice tone="danger" word={t("word-problem")}>
            <p>
              <Foreign text={pick(desk.names)} />
            </p>
            {refusal !== undefined && <Refused stop={{ reason: refusal.code, retry: false }} />}
          </Notice>
        </div>
      ))}
      <h2>{t("inbox-write")}</h2>
      <Row>
        <Button name="reply" onClick={() => beginLater(app, "reply")}>
          {t("inbox-reply")}
        </Button>
        <QuietButton name="add-evidence" onClick={() => beginLater(app, "evidence-more")}>
          {t("inbox-evidence")}
        </QuietButton>
      </Row>
      <p class="help">{t("inbox-when")}</p>
      <Contacts app={app} />
      <LinkButton name="close" onClick={() => beginLater(app, "close")}>
        {t("inbox-close")}
      </LinkButton>
    </Page>
  );
}

function FromDesk({ app, inbox: { desk, letter, refusal } }: ScreenProps & { inbox: DeskInbox }) {
  if (letter === undefined) return null;
  const status = app.state.card?.card.form.statuses.find(({ id, shown }) => shown && id === letter.status);
  return (
    <section class="card" data-desk={desk.id} data-found="letter">
      <h2>
        <Foreign text={pick(desk.names)} />
      </h2>
      {status !== undefined && (
        <p>
          {t("inbox-status")} <strong data-status={status.id}>{pick(status.label)}</strong>
        </p>
      )}
      {refusal !== undefined && (
        <Notice tone="warning" word={t("word-careful")}>
          <Refused stop={{ reason: refusal.code, retry: false }} />
        </Notice>
      )}
      {letter.questions.length > 0 && (
        <Notice tone="warning" word={t("inbox-questions")}>
          <ul>
            {letter.questions.map((question) => (
              <li key={question}>
                <Foreign text={question} />
              </li>
            ))}
          </ul>
          <Button name="questions" onClick={() => beginLater(app, "reply")}>
            {t("inbox-answer")}
          </Button>
        </Notice>
      )}
      <Messages app={app} desk={desk.id} messages={letter.messages} />
      {letter.earlier > 0 && <p class="help">{t("inbox-earlier", { count: letter.earlier })}</p>}
      <h3>{t("inbox-received")}</h3>
      <ul class="small">
        {letter.received.map(({ date, id }) => (
          <li key={id}>
            <span class="code">{id}</span>, {day(date)}
          </li>
        ))}
      </ul>
      {letter.earlier_received > 0 && (
        <p class="help">{t("inbox-received-earlier", { count: letter.earlier_received })}</p>
      )}
      {letter.closes !== undefined && <p>{t("inbox-closes", { date: day(letter.closes) })}</p>}
    </section>
  );
}

function Messages({
  app,
  desk,
  messages,
}: ScreenProps & { desk: string; messages: { date: string; text: string }[] }) {
  if (messages.length === 0) return <p>{t("inbox-no-message")}</p>;
  return (
    <ul class="plain">
      {messages.map(({ date }, index) => (
        <li key={index}>
          <QuietButton
            name="open-message"
            data={{ "data-desk": desk, "data-message": index + 1 }}
            onClick={() => app.change((state) => ({ ...go(state, "letter"), open: { desk, index } }))}
          >
            {t("inbox-message", { date: day(date), days: Math.max(0, daysBetween(date, today())) })}
          </QuietButton>
        </li>
      ))}
    </ul>
  );
}

/** One message of an officer, as text and nothing else. */
export function LetterScreen({ app }: ScreenProps) {
  const { open, inboxes = [] } = app.state;
  const inbox = inboxes.find(({ desk }) => desk.id === open?.desk);
  const message = open === undefined ? undefined : inbox?.letter?.messages[open.index];
  if (open === undefined || inbox === undefined || message === undefined) return null;
  const remove = () =>
    app.change((state) => ({ ...forget(state, open.desk, open.index), screen: "inbox", behind: ["home"] }));
  return (
    <Page app={app} title={t("letter-title", { date: day(message.date) })}>
      <p class="help">
        {t("letter-from")} <Foreign text={pick(inbox.desk.names)} />
      </p>
      <div class="letter foreign" dir="auto" translate={false} data-letter>
        {visible(message.text)}
      </div>
      <p class="help">{t("letter-careful")}</p>
      <Row>
        <Button name="reply" onClick={() => beginLater(app, "reply")}>
          {t("inbox-reply")}
        </Button>
        <QuietButton name="delete-message" onClick={remove}>
          {t("letter-delete")}
        </QuietButton>
      </Row>
      <p class="help">{t("letter-delete-help")}</p>
    </Page>
  );
}

/** Help outside the box, as the agency signed it. Addresses are no links. */
export function Contacts({ app }: ScreenProps) {
  const contacts = app.state.card?.card.contacts ?? [];
  if (contacts.length === 0) return null;
  return (
    <>
      <h2>{t("contacts-title")}</h2>
      <ul>
        {contacts.map(({ names, address }) => (
          <li key={address}>
            <Foreign text={pick(names)} />: <Foreign text={address} />
          </li>
        ))}
      </ul>
    </>
  );
}
