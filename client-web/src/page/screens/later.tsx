/** Later messages of a thread: replies, more evidence, closing for ever. */

import { useState } from "preact/hooks";
import { bytesLeft } from "../../sealing/report.ts";
import type { App } from "../app.ts";
import { visible } from "../foreign.ts";
import { number } from "../format.ts";
import { laterText } from "../later.ts";
import { Button, idOf, TextField } from "../parts/controls.tsx";
import { Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Notice, Summary, type Wrong, WrongHere } from "../parts/notices.tsx";
import { messageOf, send } from "../sending.ts";
import { readers, write } from "../state.ts";
import { t } from "../texts.ts";
import { Files, useFiles } from "./evidence.tsx";
import { Hints } from "./form.tsx";
import { BeforeSending, ReadersBox } from "./review.tsx";

/** A reply; what the desk still asks stands first, as a short form. */
export function Reply({ app }: ScreenProps) {
  const { replies } = app.state.writing;
  const title = replies.length > 0 ? t("reply-questions-title") : t("reply-title");
  return (
    <LaterPage app={app} title={title}>
      {() => (
        <>
          {replies.map(({ question, answer }, index) => (
            <div class="field" key={index}>
              <label class="foreign" for={idOf({ field: `question-${index + 1}` })} dir="auto">
                {visible(question)}
              </label>
              <TextField
                place={{ field: `question-${index + 1}` }}
                long
                short
                value={answer}
                onText={(text) =>
                  app.change((state) =>
                    write(state, {
                      replies: state.writing.replies.map((old, at) =>
                        at === index ? { ...old, answer: text } : old,
                      ),
                    }),
                  )
                }
              />
            </div>
          ))}
          <MessageField app={app} label={replies.length > 0 ? t("reply-else") : t("reply-label")} />
        </>
      )}
    </LaterPage>
  );
}

/** More evidence for a report that was sent before. */
export function EvidenceMore({ app }: ScreenProps) {
  return (
    <LaterPage app={app} title={t("more-title")}>
      {(wrongs) => (
        <>
          <Files app={app} wrongs={wrongs} />
          <MessageField app={app} label={t("more-note")} />
        </>
      )}
    </LaterPage>
  );
}

interface LaterProps extends ScreenProps {
  title: string;
  children: (wrongs: Wrong[]) => preact.ComponentChildren;
}

function LaterPage({ app, title, children }: LaterProps) {
  const files = useFiles(app);
  const [own, setOwn] = useState<Finding[]>([]);
  const [round, setRound] = useState(0);
  const wrongs = [...files.wrongs, ...own.map((inWords) => inWords())];
  const lock = () =>
    files.check(() => {
      const found = wrongsOf(app);
      setOwn(found);
      setRound(round + 1);
      if (found.length === 0) send(app);
    });
  return (
    <Page app={app} title={title} wrong={wrongs.length > 0}>
      <Summary wrongs={wrongs} round={round + files.round} />
      {children(wrongs)}
      <Hints text={laterText(app.state.writing)} />
      <WrongHere wrongs={wrongs} target="readers" />
      <div id="readers" tabIndex={-1}>
        {!app.state.writing.desksChosen && <p>{t("reply-desks")}</p>}
        <ReadersBox app={app} isBrief />
      </div>
      <BeforeSending app={app} />
      <Row>
        <Button name="send" onClick={lock}>
          {app.state.saved ? t("review-seal") : t("review-send")}
        </Button>
      </Row>
    </Page>
  );
}

/** An error that is put in words at each drawing, so that they follow the language. */
type Finding = () => Wrong;

const noDesk: Finding = () => ({ target: "readers", text: t("error-no-desk") });

/** Returns what keeps a later message from being sent. */
function wrongsOf(app: App): Finding[] {
  const { writing, card, box } = app.state;
  const wrongs: Finding[] = [];
  const target = idOf({ field: "message" });
  if (laterText(writing) === "" && writing.files.length === 0)
    wrongs.push(() => ({ target, text: t("error-message") }));
  if (readers(app.state).length === 0) wrongs.push(noDesk);
  const left =
    card === undefined || app.keys === undefined ? 0 : bytesLeft(messageOf(app.state, box), card, app.keys);
  if (left < 0) wrongs.push(() => ({ target, text: t("error-over", { over: number(-left) }) }));
  return wrongs;
}

function MessageField({ app, label }: ScreenProps & { label: string }) {
  const place = { field: "message" };
  return (
    <div class="field">
      <label for={idOf(place)}>{label}</label>
      <p class="help">{t("reply-help")}</p>
      <TextField
        place={place}
        long
        short={app.state.writing.replies.length > 0}
        value={app.state.writing.message}
        onText={(message) => app.change((state) => write(state, { message }))}
      />
    </div>
  );
}

/** Closing for ever, in two steps. */
export function Close({ app }: ScreenProps) {
  const [asked, setAsked] = useState(false);
  const [findings, setFindings] = useState<Finding[]>([]);
  const [round, setRound] = useState(0);
  const wrongs = findings.map((inWords) => inWords());
  const close = () => {
    const found = readers(app.state).length === 0 ? [noDesk] : [];
    setFindings(found);
    setRound(round + 1);
    if (found.length === 0) send(app);
  };
  return (
    <Page app={app} title={t("close-title")} wrong={wrongs.length > 0}>
      <Summary wrongs={wrongs} round={round} />
      <p>{t("close-what")}</p>
      <p>{t("close-keeps")}</p>
      <div id="readers" tabIndex={-1}>
        <WrongHere wrongs={wrongs} target="readers" />
        <ReadersBox app={app} isBrief />
      </div>
      {asked ? (
        <Notice tone="danger" word={t("close-sure")}>
          <p>{t("close-final")}</p>
          <button type="button" class="danger" data-do="confirm" onClick={close}>
            {t("close-confirm")}
          </button>
        </Notice>
      ) : (
        <Row>
          <button type="button" class="danger" data-do="close" onClick={() => setAsked(true)}>
            {t("close-ask")}
          </button>
        </Row>
      )}
    </Page>
  );
}

/** The last page of a thread. */
export function Closed({ app }: ScreenProps) {
  return (
    <Page app={app} title={t("closed-title")}>
      <p>{app.state.saved ? t("closed-saved") : t("closed-when")}</p>
      <p>{t("closed-paper")}</p>
      <p>{t("done-history")}</p>
    </Page>
  );
}
