/** Evidence: choosing files, what cleaning found in them, and what is told about each. */

import { useState } from "preact/hooks";
import type { Field } from "../../formats/form.ts";
import type { App } from "../app.ts";
import { addFiles } from "../cleaning.ts";
import { type FileDraft, type FileProblem, fileProblems } from "../files.ts";
import { size } from "../format.ts";
import { FilePick, QuietButton } from "../parts/controls.tsx";
import { FileCard } from "../parts/filecard.tsx";
import { Continue, Page, Row, type ScreenProps } from "../parts/frame.tsx";
import { Notice, Summary, type Wrong } from "../parts/notices.tsx";
import { nextStep, write } from "../state.ts";
import { pick, t } from "../texts.ts";
import { stepOf } from "./form.tsx";

/** The question of the form that asks for files. */
export function EvidenceStep({ app, field }: ScreenProps & { field: Field }) {
  const files = useFiles(app);
  const skip = () => app.change((state) => nextStep(write(state, { files: [] })));
  return (
    <Page
      app={app}
      title={pick(field.label)}
      step={stepOf(app, field)}
      place={field.id}
      wrong={files.wrongs.length > 0}
    >
      <Summary wrongs={files.wrongs} round={files.round} />
      {field.help !== undefined && <p class="help">{pick(field.help)}</p>}
      <Files app={app} wrongs={files.wrongs} />
      <Row>
        <Continue onClick={() => files.check(() => app.change(nextStep))} />
        {field.need !== "required" && app.state.writing.files.length === 0 && (
          <QuietButton name="skip" onClick={skip}>
            {t("skip")}
          </QuietButton>
        )}
      </Row>
    </Page>
  );
}

/** The files of a message, with the button to add more. */
export function Files({ app, wrongs }: ScreenProps & { wrongs: Wrong[] }) {
  const limits = app.state.card?.card.limits;
  return (
    <>
      <p>{t("files-cleaned")}</p>
      {limits !== undefined && (
        <p class="help">
          {t("files-limits", { one: size(limits.file_bytes), all: size(limits.report_bytes) })}
        </p>
      )}
      {app.state.writing.files.map((file, index) => (
        <FileCard app={app} file={file} place={index + 1} wrongs={wrongs} key={file.number} />
      ))}
      <FilePick
        id="add-files"
        name="add-files"
        label={t("add-files")}
        onFiles={(chosen) => {
          addFiles(app, chosen);
        }}
      />
      <Notice>
        <p>{t("files-larger")}</p>
      </Notice>
    </>
  );
}

/** Checks files when somebody wants to go on, and drops those that are not to be sent. */
export function useFiles(app: App): { wrongs: Wrong[]; round: number; check: (leave: () => void) => void } {
  const [problems, setProblems] = useState<FileProblem[]>([]);
  const [round, setRound] = useState(0);
  const check = (leave: () => void) => {
    const limits = app.state.card?.card.limits ?? { report_bytes: 0, file_bytes: 0 };
    const found = fileProblems(app.state.writing.files, limits);
    setProblems(found);
    setRound(round + 1);
    if (found.length > 0) return;
    app.change((state) =>
      write(state, { files: state.writing.files.filter(({ choice }) => choice !== "drop") }),
    );
    leave();
  };
  const { files } = app.state.writing;
  return { wrongs: problems.map((problem) => wrongOf(files, problem)), round, check };
}

/** Returns an error about a file in words, with the control that it belongs to. */
export function wrongOf(files: FileDraft[], { number, code, max = 0 }: FileProblem): Wrong {
  const place = files.findIndex((file) => file.number === number) + 1;
  const target =
    { "file-choice": "choice", "file-kind": "kind", "file-note": "note" }[code as string] ?? "head";
  return {
    target: `f-${target}-${number}`,
    text: t(`error-${code}`, { place, max: code === "files-many" ? max : size(max) }),
  };
}
