/**
 * What messages carry: tags, and bytes as text where they are text.
 *
 * @module
 */

import type { VNode } from "preact";
import { bytesText } from "./format.ts";

/** Characters that are drawn; the rest is a click away at the unit. */
const drawnMax = 20_000;

export function TagList(props: {
  readonly tags: readonly { readonly name: string; readonly value: string }[];
}): VNode | null {
  if (props.tags.length === 0) return null;
  return (
    <ul class="tags" aria-label="Tags">
      {props.tags.map(({ name, value }, i) => (
        <li key={i}>
          <span title={name}>{name}</span>
          <span class="mono">{value}</span>
        </li>
      ))}
    </ul>
  );
}

/** Text, or the base64url of what is none; nothing where there is nothing. */
export function Payload(props: {
  readonly label: string;
  readonly text: string | null;
  readonly bytes: string | null;
}): VNode | null {
  const { label, text, bytes } = props;
  if ((text === null || text === "") && (bytes === null || bytes === "")) return null;
  const shown = text ?? bytes ?? "";
  const isCut = shown.length > drawnMax;
  return (
    <div>
      <h4>
        {label}
        {text === null ? " (bytes, base64url)" : ""}
      </h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it */}
      <section class="payload" tabIndex={0} aria-label={label}>
        <pre>{isCut ? shown.slice(0, drawnMax) : shown}</pre>
      </section>
      {isCut ? (
        <p class="note">The beginning of {bytesText(new TextEncoder().encode(shown).length)}.</p>
      ) : null}
    </div>
  );
}
