/**
 * An id, shortened for the eye and whole for the clipboard: a link where there is a page for it, and a
 * button that copies all of it.
 *
 * @module
 */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { shortId } from "./format.ts";

interface IdProps {
  readonly id: string;
  /** The place that shows what the id is of. */
  readonly href?: string;
  /** What it is the id of, for the button's name: `process`. */
  readonly of: string;
  /** Show all of it. */
  readonly whole?: boolean;
}

const saidMs = 1_600;

export function CopyId({ id, href, of, whole = false }: IdProps): VNode {
  const text = whole ? id : shortId(id);
  return (
    <span class="id">
      {href === undefined ? (
        <span class="id-text" title={id}>
          {text}
        </span>
      ) : (
        <a class="id-text" href={href} title={id}>
          {text}
        </a>
      )}
      <CopyButton text={id} of={`${of} id`} />
    </span>
  );
}

/** Copies a text. Where the browser refuses, it says so; the text can be marked by hand. */
export function CopyButton({ text, of }: { readonly text: string; readonly of: string }): VNode {
  const [said, setSaid] = useState<"" | "Copied" | "Not allowed">("");
  useEffect(() => {
    if (said === "") return undefined;
    const timer = setTimeout(() => setSaid(""), saidMs);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = (): void => {
    const isAllowed = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("none"));
    isAllowed.then(
      () => setSaid("Copied"),
      () => setSaid("Not allowed"),
    );
  };
  return (
    <>
      <button type="button" class="copy" onClick={copy} aria-label={`Copy the ${of}`} title="Copy">
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          {said === "Copied" ? (
            <path d="M3 8.5 6.5 12 13 4.5" />
          ) : (
            <path d="M5.5 5.5v-3h8v8h-3m-8-5h8v8h-8z" />
          )}
        </svg>
      </button>
      <span class="said" role="status">
        {said}
      </span>
    </>
  );
}
