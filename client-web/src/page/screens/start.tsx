/** The first screens: home, before you start, and the question whether this is the right agency. */

import type { YesNo } from "../../formats/form.ts";
import { begin } from "../opening.ts";
import { QuietButton } from "../parts/controls.tsx";
import { YesNoPicks } from "../parts/fields.tsx";
import { Continue, Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Fingerprint, Foreign, Notice, Refused } from "../parts/notices.tsx";
import { afterChecks, blank, go, isBegun, write } from "../state.ts";
import { pick, t } from "../texts.ts";

/** Two ways in, equal in size. */
export function Home({ app }: ScreenProps) {
  const start = () =>
    app.change((state) =>
      go(state.writing.kind === "report" ? state : write(state, blank("report")), "before"),
    );
  return (
    <Page app={app} title={t("home-title")}>
      <p>{t("home-purpose")}</p>
      <p>{t("home-promise")}</p>
      <p>{location.hostname.endsWith(".onion") ? t("home-tor") : t("home-limit")}</p>
      <div class="twins">
        <button type="button" data-do="report" onClick={start}>
          {t("home-report")}
        </button>
        <button
          type="button"
          data-do="return"
          onClick={() => app.go(isBegun(app.state) ? "exit-warning" : "return")}
        >
          {t("home-return")}
        </button>
      </div>
      <h2>{t("home-key")}</h2>
      <p class="help">{t("home-key-help")}</p>
      <Fingerprint agency={app.state.agency} />
    </Page>
  );
}

/** One page of advice, without boxes to tick: warnings in rows frighten people away. */
export function Before({ app }: ScreenProps) {
  const guidance = app.state.card?.card.form.guidance ?? [];
  return (
    <Page app={app} title={t("before-title")}>
      <ul>
        <li>{t("before-device")}</li>
        <li>{t("before-trace")}</li>
        <li>{t("before-silence")}</li>
        <li>{t("before-files")}</li>
        <li>{t("before-memory")}</li>
      </ul>
      <Notice>
        <p>{t("before-exit")}</p>
      </Notice>
      {guidance.length > 0 && (
        <details>
          <summary>{t("before-more")}</summary>
          <ul>
            {guidance.map((line) => (
              <li key={line.id}>{pick(line.text)}</li>
            ))}
          </ul>
        </details>
      )}
      <Row>
        <Continue label={t("before-understood")} onClick={() => app.go("self-check")} />
      </Row>
    </Page>
  );
}

/** Questions that help to find the right agency. The answers stay here. */
export function SelfCheck({ app }: ScreenProps) {
  const card = app.state.card?.card;
  if (card === undefined) return <Waiting app={app} />;
  const { checks } = app.state.writing;
  const answer = (id: string, value: YesNo) =>
    app.change((state) => write(state, { checks: { ...state.writing.checks, [id]: value } }));
  return (
    <Page app={app} title={t("check-title")}>
      <p>{t("check-help")}</p>
      {card.form.self_check.map((check) => (
        <fieldset class="field" key={check.id}>
          <legend>{pick(check.question)}</legend>
          <YesNoPicks
            place={{ field: `check-${check.id}` }}
            value={checks[check.id]}
            onPick={(value) => answer(check.id, value)}
          />
          <div aria-live="polite">
            {checks[check.id] === check.advise_on && (
              <Notice tone="warning" word={t("word-advice")}>
                <p>{pick(check.advice)}</p>
              </Notice>
            )}
          </div>
        </fieldset>
      ))}
      <Row>
        <Continue onClick={() => app.change(afterChecks)} />
      </Row>
    </Page>
  );
}

/** Shown while the agency's documents are on their way, and when they did not come. */
export function Waiting({ app }: ScreenProps) {
  return (
    <Page app={app} title={t("waiting-title")} bare>
      <p aria-live="polite">{app.state.opening ? t("waiting-fetching") : t("waiting-lost")}</p>
      {!app.state.opening && (
        <Row>
          <QuietButton
            name="retry"
            onClick={() => {
              begin(app);
            }}
          >
            {t("retry")}
          </QuietButton>
        </Row>
      )}
    </Page>
  );
}

/** The names of desks that cannot be written to at present, each with the reason. */
export function RefusedDesks({ app }: ScreenProps) {
  const refused = (app.state.box?.desks ?? []).filter(
    (state) => state.refusal !== undefined && !app.state.writing.leftOut.includes(state.desk.id),
  );
  return (
    <>
      {refused.map(({ desk, refusal }) => (
        <Notice tone="danger" word={t("word-problem")} key={desk.id}>
          <p>
            <strong>
              <Foreign text={pick(desk.names)} />
            </strong>
          </p>
          {refusal !== undefined && <Refused stop={{ reason: refusal.code, retry: false }} />}
        </Notice>
      ))}
    </>
  );
}
