/** Buttons and fields. Every field tells the browser to learn, correct, translate and keep nothing. */

import type { ComponentChildren } from "preact";

interface ButtonProps {
  /** What the button does; its `data-do`. */
  name: string;
  onClick: () => void;
  children: ComponentChildren;
  class?: string;
  data?: Record<`data-${string}`, string | number>;
}

/** A button. */
export function Button({ name, onClick, children, class: look = "", data = {} }: ButtonProps) {
  return (
    <button type="button" class={look} data-do={name} onClick={onClick} {...data}>
      {children}
    </button>
  );
}

/** A button that is less than the main one. */
export function QuietButton(props: ButtonProps) {
  return <Button {...props} class="quiet" />;
}

/** A button that looks like a link. */
export function LinkButton(props: ButtonProps) {
  return <Button {...props} class={`link ${props.class ?? ""}`} />;
}

/** Where a field stands in the form. */
export interface Place {
  field: string;
  part?: string | undefined;
  entry?: number | undefined;
}

/** Returns the id of the control at a place. */
export function idOf({ field, part, entry }: Place): string {
  return ["f", field, entry, part].filter((name) => name !== undefined).join("-");
}

/** Returns the attributes by which a place is found. */
function dataOf({ field, part, entry }: Place): Record<string, string | number> {
  return {
    "data-field": field,
    ...(part === undefined ? {} : { "data-part": part }),
    ...(entry === undefined ? {} : { "data-entry": entry }),
  };
}

/** Set as attributes: some browsers read the words as true when they are set as properties. */
const secretive = {
  autocomplete: "off",
  autocorrect: "off",
  autocapitalize: "off",
  spellcheck: "false",
  translate: "no",
  "data-gramm": "false",
  "data-ms-editor": "false",
};

/** Tells the browser to learn, correct, translate and keep nothing of a field. */
export function secret(element: HTMLElement | null): void {
  for (const [name, value] of Object.entries(secretive)) {
    element?.setAttribute(name, value);
  }
}

interface TextProps {
  place: Place;
  value: string;
  onText: (text: string) => void;
  wrong?: boolean;
  /** Ids of what describes it. */
  described?: string | undefined;
  label?: string;
  numeric?: boolean;
  code?: boolean;
  long?: boolean;
  short?: boolean;
}

/** A field for text. Its label stands elsewhere, or is `label`. */
export function TextField(props: TextProps) {
  const { place, value, onText, wrong = false, described, label, numeric, code, long, short } = props;
  const common = {
    ref: secret,
    id: idOf(place),
    value,
    "aria-invalid": wrong,
    "aria-describedby": described,
    "aria-label": label,
    ...dataOf(place),
  };
  return long ? (
    <textarea
      {...common}
      class={short ? "short" : ""}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  ) : (
    <input
      {...common}
      type="text"
      class={code ? "code" : ""}
      inputMode={numeric ? "numeric" : "text"}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}

interface PickProps {
  place: Place;
  /** Names the group of radio buttons; none makes a check box. */
  group?: string;
  value: string;
  on: boolean;
  onPick: (on: boolean) => void;
  children: ComponentChildren;
  first?: boolean;
}

/** A radio button or check box with its words; all of it can be tapped. */
export function Pick({ place, group, value, on, onPick, children, first = false }: PickProps) {
  return (
    <label class="pick">
      <input
        type={group === undefined ? "checkbox" : "radio"}
        id={first ? idOf(place) : `${idOf(place)}-${value}`}
        name={group}
        value={value}
        checked={on}
        ref={secret}
        onChange={(event) => onPick(event.currentTarget.checked)}
        {...dataOf(place)}
      />
      <span>{children}</span>
    </label>
  );
}

interface SelectProps {
  place: Place;
  value: string;
  options: { id: string; label: string }[];
  onPick: (id: string) => void;
  label?: string;
  wrong?: boolean;
  described?: string;
}

/** A list to pick one from. */
export function Select({ place, value, options, onPick, label, wrong = false, described }: SelectProps) {
  return (
    <select
      id={idOf(place)}
      ref={secret}
      aria-label={label}
      aria-invalid={wrong}
      aria-describedby={described}
      onChange={(event) => onPick(event.currentTarget.value)}
      {...dataOf(place)}
    >
      {options.map((option) => (
        <option key={option.id} value={option.id} selected={option.id === value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

interface FilePickProps {
  id: string;
  name: string;
  label: string;
  many?: boolean;
  onFiles: (files: File[]) => void;
}

/** A button of the browser to pick files. */
export function FilePick({ id, name, label, many = true, onFiles }: FilePickProps) {
  return (
    <div class="field">
      <input
        id={id}
        class="unseen"
        type="file"
        multiple={many}
        ref={secret}
        data-do={name}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          // Empty again, so that the same file can be picked twice and no name stays on the screen.
          event.currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      <label class="button quiet" for={id}>
        {label}
      </label>
    </div>
  );
}
