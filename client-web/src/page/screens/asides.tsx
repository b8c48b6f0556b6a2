/** Screens beside the way: key, help, saved page, warnings, and why the page stopped. */

import { useState } from "preact/hooks";
import { day } from "../format.ts";
import { beginFromFiles, today } from "../opening.ts";
import { Button, FilePick, QuietButton } from "../parts/controls.tsx";
import { Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Fingerprint, Foreign, Notice, Refused } from "../parts/notices.tsx";
import { quickExit, stay } from "../safety.ts";
import { blank, leap, write } from "../state.ts";
import { pick, t } from "../texts.ts";
import { Contacts } from "./inbox.tsx";

/** The agency's fingerprint, and where to compare it. */
export function Key({ app }: ScreenProps) {
  const [matches, setMatches] = useState(false);
  const { card } = app.state;
  const stop = () => app.wipe({ reason: "no-match", retry: false });
  return (
    <Page app={app} title={t("key-title")} bare>
      <p>{t("key-what")}</p>
      {card !== undefined && (
        <p>
          <Foreign text={pick(card.card.names)} />
        </p>
      )}
      <Fingerprint agency={app.state.agency} />
      <h2>{t("key-where")}</h2>
      <ul>
        <li>{t("key-poster")}</li>
        <li>{t("key-gazette")}</li>
        <li>{t("key-phone")}</li>
        <li>{t("key-second")}</li>
      </ul>
      {card !== undefined && (
        <p class="help">
          {t("key-card", {
            serial: String(card.card.serial),
            issued: day(card.card.issued),
            expires: day(card.card.expires),
          })}
        </p>
      )}
      <p class="help">{t("key-truth")}</p>
      <div aria-live="polite">
        {matches && (
          <Notice tone="success" word={t("word-good")}>
            <p>{t("key-matched")}</p>
          </Notice>
        )}
      </div>
      <Row>
        <Button name="match" onClick={() => setMatches(true)}>
          {t("key-match")}
        </Button>
        <button type="button" class="danger" data-do="no-match" onClick={stop}>
          {t("key-no-match")}
        </button>
      </Row>
    </Page>
  );
}

/** Questions that people have. */
export function Help({ app }: ScreenProps) {
  const questions: [string, string[]][] = [
    [t("help-see"), [t("help-see-server"), t("help-see-provider"), t("help-see-desk")]],
    [t("help-code"), [t("help-code-what"), t("help-code-lost")]],
    [t("help-answer"), [t("help-answer-when"), t("help-answer-how")]],
    [t("help-files"), [t("help-files-clean"), t("help-files-copy")]],
    [t("help-law"), [t("help-law-protects"), t("help-law-limits")]],
    [t("help-leave"), [t("help-leave-exit"), t("help-leave-history"), t("help-leave-idle")]],
    [t("help-save"), [t("help-save-how")]],
  ];
  return (
    <Page app={app} title={t("help-title")} bare>
      {questions.map(([question, answers]) => (
        <section key={question}>
          <h2>{question}</h2>
          {answers.map((answer) => (
            <p key={answer}>{answer}</p>
          ))}
        </section>
      ))}
      <Contacts app={app} />
    </Page>
  );
}

/** The saved page: the agency's documents come from files. */
export function Offline({ app }: ScreenProps) {
  const { stop, opening } = app.state;
  return (
    <Page app={app} title={t("offline-title")} bare>
      <p>{t("offline-what")}</p>
      <p>{t("offline-files")}</p>
      {stop !== undefined && (
        <Notice tone="danger" word={t("word-problem")}>
          <Refused stop={stop} />
        </Notice>
      )}
      <FilePick
        id="offline-files"
        name="pick"
        label={t("offline-pick")}
        onFiles={(files) => {
          beginFromFiles(app, files);
        }}
      />
      <div aria-live="polite">{opening && <p>{t("offline-reading")}</p>}</div>
      <h2>{t("home-key")}</h2>
      <p class="help">{t("home-key-help")}</p>
      <Fingerprint agency={app.state.agency} />
    </Page>
  );
}

/** Asked before what is written is thrown away. */
export function ExitWarning({ app }: ScreenProps) {
  const drop = () => {
    app.forgetKeys();
    app.change((state) => leap(write(state, blank("report")), "home"));
  };
  return (
    <Page app={app} title={t("drop-title")} bare>
      <p>{t("drop-what")}</p>
      <Row>
        <Button name="stay" onClick={() => app.back()}>
          {t("drop-stay")}
        </Button>
        <button type="button" class="danger" data-do="confirm" onClick={drop}>
          {t("drop-confirm")}
        </button>
      </Row>
    </Page>
  );
}

/** Asked when nobody has touched anything for long. */
export function Idle({ app }: ScreenProps) {
  return (
    <Page app={app} title={t("idle-title")} bare>
      <p>{t("idle-what")}</p>
      {app.state.groups !== undefined && (
        <Notice tone="warning" word={t("word-careful")}>
          <p>{t("idle-code")}</p>
        </Notice>
      )}
      <Row>
        <Button name="stay" onClick={() => stay(app)}>
          {t("idle-stay")}
        </Button>
        <QuietButton name="leave" onClick={() => quickExit(app)}>
          {t("idle-leave")}
        </QuietButton>
      </Row>
    </Page>
  );
}

/** Why the page stopped, and what to do. */
export function Stopped({ app }: ScreenProps) {
  const { stop, card } = app.state;
  if (stop === undefined) return null;
  const desk = card?.card.desks.find(({ id }) => id === stop.desk);
  const isClock = ["card-not-yet", "card-expired", "edition-clock"].includes(stop.reason);
  return (
    <Page app={app} title={t("stopped-title")} bare>
      <div data-reason={stop.reason}>
        <Notice tone={stop.reason === "wiped" ? "info" : "danger"}>
          <Refused stop={stop} desk={desk === undefined ? undefined : pick(desk.names)} />
        </Notice>
      </div>
      {isClock && <p>{t("stopped-today", { date: day(today()) })}</p>}
      {stop.retry && (
        <Row>
          <Button name="retry" onClick={() => location.reload()}>
            {t("retry")}
          </Button>
        </Row>
      )}
      {stop.reason !== "wiped" && <Contacts app={app} />}
    </Page>
  );
}

/** Why this browser cannot be used. Nothing has been asked yet. */
export function DeviceScreen({ app }: ScreenProps) {
  const problem = app.state.device ?? "old";
  return (
    <Page app={app} title={t("device-title")} bare>
      <div data-reason={problem}>
        <Notice tone="warning" word={t("word-careful")}>
          <p>{t(`device-${problem}`)}</p>
        </Notice>
      </div>
      <p>{t("device-what")}</p>
      <p>{t("device-address")}</p>
      <p class="letter code">{location.host + location.pathname}</p>
      <p>{t("device-tor")}</p>
    </Page>
  );
}
