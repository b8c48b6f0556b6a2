/** One file of evidence: what it is, what was found in it, what happens with it. */

import type { Trace } from "../../cleaner/cleaner.ts";
import { addFiles, setFile } from "../cleaning.ts";
import type { FileChoice, FileDraft } from "../files.ts";
import { kindsOf } from "../files.ts";
import { list, size } from "../format.ts";
import { write } from "../state.ts";
import { pick, t } from "../texts.ts";
import { FilePick, idOf, LinkButton, Pick, Select, TextField } from "./controls.tsx";
import type { ScreenProps } from "./frame.tsx";
import { Foreign, Notice, type Wrong, WrongHere } from "./notices.tsx";

interface FileProps extends ScreenProps {
  file: FileDraft;
  place: number;
  wrongs: Wrong[];
}

/** A card for one file. */
export function FileCard(props: FileProps) {
  const { app, file, place, wrongs } = props;
  const { number, cleaned } = file;
  const remove = () =>
    app.change((state) =>
      write(state, { files: state.writing.files.filter((other) => other.number !== number) }),
    );
  return (
    <fieldset class="card" aria-labelledby={`f-head-${number}`} data-file={place}>
      <h2 id={`f-head-${number}`} tabIndex={-1}>
        {t("file-title", { place })}{" "}
        <span class="help">
          {cleaned !== undefined && `${cleaned.extension.toUpperCase()}, `}
          {size(file.file.size)}
        </span>
      </h2>
      <WrongHere wrongs={wrongs} target={`f-head-${number}`} />
      <div aria-live="polite">
        {cleaned === undefined && file.file.size > 0 && <p data-cleaning>{t("file-cleaning")}</p>}
      </div>
      {cleaned !== undefined &&
        (cleaned.outcome === "refused" ? <Uncleaned {...props} /> : <CleanedResult {...props} />)}
      {cleaned !== undefined && file.choice !== "drop" && <Description {...props} />}
      <LinkButton name="remove-file" onClick={remove}>
        {t("remove-file", { place })}
      </LinkButton>
    </fieldset>
  );
}

/** What tells most about a person stands first. */
const order: Trace[] = [
  "location",
  "time",
  "device",
  "author",
  "software",
  "identifier",
  "caption",
  "thumbnail",
  "history",
  "other",
];

/** Returns what was found in words: "lokasi, waktu dan jenis perangkat". */
function tracesOf({ cleaned }: FileDraft): string {
  const found: Trace[] = cleaned?.traces ?? [];
  return list(order.filter((trace) => found.includes(trace)).map((trace) => t(`trace-${trace}`)));
}

function CleanedResult(props: FileProps) {
  const { file } = props;
  if (file.cleaned?.outcome === "untouched" || file.cleaned?.traces.length === 0) {
    return (
      <Notice tone="success" word={t("word-clean")}>
        <p>{t("file-untouched")}</p>
      </Notice>
    );
  }
  return (
    <>
      <Notice tone="success" word={t("word-clean")}>
        <p>{t("file-removed", { traces: tracesOf(file) })}</p>
        <p class="small">{t("file-content-stays")}</p>
      </Notice>
      <Choices {...props} choices={["cleaned", "original"]} />
    </>
  );
}

function Uncleaned(props: FileProps) {
  const { app, file } = props;
  if (file.cleaned?.outcome !== "refused") return null;
  const { reason, traces, extension } = file.cleaned;
  const isHeic = /^hei[cf]$|^avif$/.test(extension);
  return (
    <>
      <Notice tone="warning" word={t("word-not-clean")}>
        <p>{t(`reason-${reason}`)}</p>
        {traces.length > 0 && <p>{t("file-holds", { traces: tracesOf(file) })}</p>}
        {isHeic && <p>{t("file-heic")}</p>}
      </Notice>
      <Choices {...props} choices={["replace", "original", "drop"]} />
      {file.choice === "replace" && (
        <div class="inset">
          <p>{t("file-replace-how")}</p>
          <FilePick
            id={`f-replace-${file.number}`}
            name="replace-file"
            label={t("file-replace-pick")}
            many={false}
            onFiles={(files) => {
              addFiles(app, files, file.number);
            }}
          />
        </div>
      )}
    </>
  );
}

function Choices({ app, file, wrongs, choices }: FileProps & { choices: FileChoice[] }) {
  const { number } = file;
  const target = `f-choice-${number}`;
  const words: Record<FileChoice, [string, string]> = {
    cleaned: [t("choice-cleaned"), t("choice-cleaned-help")],
    original: [t("choice-original"), t("choice-original-help")],
    replace: [t("choice-replace"), t("choice-replace-help")],
    drop: [t("choice-drop"), t("choice-drop-help")],
  };
  return (
    <fieldset>
      <legend>{t("choice-title")}</legend>
      <WrongHere wrongs={wrongs} target={target} />
      {choices.map((choice, index) => (
        <Pick
          key={choice}
          place={{ field: "choice", part: String(number) }}
          group={target}
          value={choice}
          on={file.choice === choice}
          onPick={() => setFile(app, number, (old) => ({ ...old, choice }))}
          first={index === 0}
        >
          {words[choice][0]}
          <small>{words[choice][1]}</small>
        </Pick>
      ))}
    </fieldset>
  );
}

function Description({ app, file, wrongs }: FileProps) {
  const { number } = file;
  const set = (changes: Partial<FileDraft>) => setFile(app, number, (old) => ({ ...old, ...changes }));
  const form = app.state.card?.card.form;
  const kinds = (form === undefined ? [] : kindsOf(form)).map(({ id, label }) => ({
    id,
    label: pick(label),
  }));
  const holders = (["unknown", "one", "few", "many"] as const).map((id) => ({
    id,
    label: t(`holders-${id}`),
  }));
  const at = (field: string) => ({ field, part: String(number) });
  return (
    <>
      <div class={`field ${wrongs.some(({ target }) => target === `f-kind-${number}`) ? "invalid" : ""}`}>
        <label for={idOf(at("kind"))}>{t("file-kind")}</label>
        <WrongHere wrongs={wrongs} target={`f-kind-${number}`} />
        <Select
          place={at("kind")}
          value={file.kind}
          options={[{ id: "", label: t("pick-one") }, ...kinds]}
          onPick={(kind) => set({ kind })}
        />
      </div>
      <div class="field">
        <label for={idOf(at("holders"))}>{t("file-holders")}</label>
        <Select
          place={at("holders")}
          value={file.holders}
          options={holders}
          onPick={(id) => set({ holders: holders.find((holder) => holder.id === id)?.id ?? "unknown" })}
        />
        {(file.holders === "one" || file.holders === "few") && <p class="help">{t("file-few")}</p>}
      </div>
      <div class="field">
        <label for={idOf(at("note"))}>
          {t("file-note")} <span class="help">{t("optional")}</span>
        </label>
        <WrongHere wrongs={wrongs} target={`f-note-${number}`} />
        <TextField place={at("note")} value={file.note} onText={(note) => set({ note })} />
      </div>
      <details>
        <summary>{t("file-name")}</summary>
        <Pick
          place={at("keep-name")}
          value="keep"
          on={file.keepName}
          onPick={(keepName) => set({ keepName })}
          first
        >
          {t("file-name-keep")} <Foreign text={file.file.name} />
          <small>{t("file-name-help")}</small>
        </Pick>
      </details>
    </>
  );
}
