/**
 * Parts of forms: a labelled field, a failure, a file that is saved.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly kind?: "text" | "password" | "lines";
  /** What browsers fill in. */
  readonly complete?: string;
  readonly hint?: ComponentChildren;
  readonly isRequired?: boolean;
}

/** A label, what is written under it, and a word on it. */
export function Field(props: FieldProps): VNode {
  const { label, value, onInput, kind = "text", complete = "off", hint, isRequired } = props;
  const id = useId();
  const common = {
    id,
    value,
    autocomplete: complete,
    spellcheck: false,
    required: isRequired === true,
    ...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` }),
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === "lines" ? <textarea {...common} rows={3} /> : null}
      {kind === "password" ? <input {...common} type="password" /> : null}
      {kind === "text" ? <input {...common} type="text" /> : null}
      {hint === undefined ? null : (
        <p class="note" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export interface FileFieldProps {
  readonly label: string;
  readonly accept: string;
  readonly hint?: ComponentChildren;
  readonly onFile: (file: File | null) => void;
}

/** A file of the reader's own. */
export function FileField({ label, accept, hint, onFile }: FileFieldProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept={accept}
        {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
        onChange={(event) => onFile(event.currentTarget.files?.[0] ?? null)}
      />
      {hint === undefined ? null : (
        <p class="note" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What went wrong, told to those who do not see it too. */
export function Failure({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <p class="error" role="alert">
      {children}
    </p>
  );
}

/** Hands bytes or text to the browser as a file to be saved. */
export function saveFile(name: string, content: Uint8Array | string, type: string): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it began.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
