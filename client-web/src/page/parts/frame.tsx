/** What surrounds every screen: the agency's name, the language, the way out; heading and back link. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../app.ts";
import { quickExit } from "../safety.ts";
import { canBack, screenName } from "../state.ts";
import { pick, t } from "../texts.ts";
import { Button, LinkButton } from "./controls.tsx";
import { Foreign } from "./notices.tsx";

/** What every screen gets. */
export interface ScreenProps {
  app: App;
}

/** The line on top of every screen. */
export function Top({ app }: ScreenProps) {
  const { card, language } = app.state;
  const other = language === "id" ? "en" : "id";
  return (
    <header class="top">
      <span class="who">{card === undefined ? t("title") : <Foreign text={pick(card.card.names)} />}</span>
      <button
        type="button"
        class="quiet"
        data-do="language"
        lang={other}
        onClick={() => app.change({ language: other })}
      >
        {t("other-language")}
      </button>
      <button type="button" class="danger exit" data-do="exit" onClick={() => quickExit(app)}>
        {t("quick-exit")}
      </button>
    </header>
  );
}

interface PageProps extends ScreenProps {
  title: string;
  /** The line above the heading. */
  step?: string | undefined;
  /** Another page of the same screen: its heading gets the focus too. */
  place?: string | number;
  /** Whether something on it must be put right. */
  wrong?: boolean;
  /** Whether there is a link to the help at the foot. */
  bare?: boolean;
  children: ComponentChildren;
}

/** One screen: back link, heading, content. The heading gets the focus, so that readers begin there. */
export function Page({ app, title, step, place, wrong = false, bare = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const name = screenName(app.state);
  const seen = useRef("");
  useLayoutEffect(() => {
    const here = `${name} ${place ?? ""}`;
    if (seen.current !== here && !wrong) {
      heading.current?.focus();
      scrollTo(0, 0);
    }
    seen.current = here;
  });
  useLayoutEffect(() => {
    document.title = wrong ? t("title-wrong") : t("title");
  });
  return (
    <main data-screen={name} key={`${name} ${place ?? ""}`} onKeyDown={enter}>
      {canBack(app.state) && (
        <LinkButton name="back" class="back" onClick={() => app.back()}>
          {t("back")}
        </LinkButton>
      )}
      {step !== undefined && <p class="step">{step}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
      {!bare && <Foot app={app} />}
    </main>
  );
}

/** Buttons that Enter may press: none of them sends anything. */
const onward = "[data-do=continue], [data-do=open], [data-do=check]";

/** Enter in a field of one line does what the main button does. No form element: browsers offer to keep forms. */
function enter(event: KeyboardEvent): void {
  const { target, currentTarget } = event;
  if (event.key !== "Enter" || event.isComposing) return;
  if (!(target instanceof HTMLInputElement) || target.type !== "text") return;
  if (currentTarget instanceof HTMLElement) currentTarget.querySelector<HTMLElement>(onward)?.click();
}

/** A row of buttons. */
export function Row({ children }: { children: ComponentChildren }) {
  return <div class="row">{children}</div>;
}

/** The button that goes on. */
export function Continue({ onClick, label }: { onClick: () => void; label?: string }) {
  return (
    <Button name="continue" onClick={onClick}>
      {label ?? t("continue")}
    </Button>
  );
}

function Foot({ app }: ScreenProps) {
  return (
    <div class="foot">
      <LinkButton name="help" onClick={() => app.go("help")}>
        {t("help")}
      </LinkButton>
      <LinkButton name="key" onClick={() => app.go("key")}>
        {t("key-link")}
      </LinkButton>
    </div>
  );
}
