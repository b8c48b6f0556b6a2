/** Boxes, foreign text, fingerprints, errors. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { fingerprint } from "../../formats/ids.ts";
import { oneLine } from "../foreign.ts";
import type { Stop } from "../state.ts";
import { advice, t } from "../texts.ts";
import { LinkButton } from "./controls.tsx";

/** Text that others wrote, on one line: text and nothing else, and closed off from what stands beside it. */
export function Foreign({ text }: { text: string }) {
  return (
    <bdi class="foreign" translate={false}>
      {oneLine(text)}
    </bdi>
  );
}

interface NoticeProps {
  tone?: "info" | "warning" | "danger" | "success";
  /** A word that says what the colour says. */
  word?: string;
  children: ComponentChildren;
}

/** A box that stands out. */
export function Notice({ tone = "info", word, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`}>
      {word !== undefined && <strong class="word">{word}</strong>}
      {children}
    </div>
  );
}

/** What was refused and what to do. */
export function Refused({ stop, desk }: { stop: Stop; desk?: string | undefined }) {
  const id = `refusal-${stop.reason}`;
  return (
    <div data-refusal={stop.reason}>
      <p>
        <strong>{t(id)}</strong>
      </p>
      {desk !== undefined && (
        <p>
          {t("refused-desk")} <Foreign text={desk} />
        </p>
      )}
      <p>{advice(id)}</p>
    </div>
  );
}

/** The agency's fingerprint, in groups that eyes can compare. */
export function Fingerprint({ agency }: { agency: string }) {
  return (
    <ol class="print code" data-fingerprint aria-label={t("key-groups")}>
      {fingerprint(agency)
        .split("-")
        .map((group, place) => (
          <li key={place}>{group}</li>
        ))}
    </ol>
  );
}

/** An error and the control that it belongs to. */
export interface Wrong {
  /** The id of the control. */
  target: string;
  text: string;
}

/** The list of all errors of a screen. It gets the focus when it comes up. */
export function Summary({ wrongs, round }: { wrongs: Wrong[]; round: number }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (wrongs.length > 0) box.current?.focus();
  }, [round]);
  if (wrongs.length === 0) return null;
  return (
    <div class="summary" role="alert" tabIndex={-1} ref={box} data-summary>
      <h2>{t("summary-title")}</h2>
      <ul>
        {wrongs.map(({ target, text }) => (
          <li key={target + text}>
            <LinkButton name="to-wrong" onClick={() => document.getElementById(target)?.focus()}>
              {text}
            </LinkButton>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The errors of one control, beside it. */
export function WrongHere({ wrongs, target }: { wrongs: Wrong[]; target: string }) {
  const own = wrongs.filter((wrong) => wrong.target === target);
  return own.length === 0 ? null : (
    <p class="wrong" id={`${target}-wrong`}>
      {own.map(({ text }) => text).join(" ")}
    </p>
  );
}
