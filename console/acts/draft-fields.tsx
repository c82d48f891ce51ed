/**
 * What a message says: its action, tags in their order, and data.
 *
 * @module
 */

import type { VNode } from "preact";
import type { Draft } from "./act-calls.ts";
import { Field } from "./form-parts.tsx";

export interface DraftFieldsProps {
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  /** A spawn has no action of its own. */
  readonly hasAction: boolean;
}

export function DraftFields({ draft, onDraft, hasAction }: DraftFieldsProps): VNode {
  const { action, data } = draft;
  return (
    <>
      {hasAction ? (
        <Field
          label="Action"
          value={action}
          onInput={(value) => onDraft({ ...draft, action: value })}
        />
      ) : null}
      <TagFields draft={draft} onDraft={onDraft} />
      <Field
        label="Data"
        kind="lines"
        value={data}
        onInput={(value) => onDraft({ ...draft, data: value })}
        hint="Everything that a message says is public, for ever."
      />
    </>
  );
}

function TagFields({ draft, onDraft }: Omit<DraftFieldsProps, "hasAction">): VNode {
  const { tags } = draft;
  const change = (at: number, part: { readonly name?: string; readonly value?: string }): void =>
    onDraft({ ...draft, tags: tags.map((tag, i) => (i === at ? { ...tag, ...part } : tag)) });
  return (
    <fieldset class="tag-fields">
      <legend>Tags</legend>
      {tags.map(({ name, value }, i) => (
        // Tags may repeat and have no name yet: their place is what tells them apart.
        <div class="tag-field" key={i}>
          <input
            aria-label={`Name of tag ${i + 1}`}
            value={name}
            placeholder="name"
            autocomplete="off"
            onInput={(event) => change(i, { name: event.currentTarget.value })}
          />
          <input
            aria-label={name === "" ? `Value of tag ${i + 1}` : name}
            value={value}
            placeholder="value"
            autocomplete="off"
            onInput={(event) => change(i, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            aria-label={`Remove tag ${i + 1}`}
            onClick={() => onDraft({ ...draft, tags: tags.filter((_, at) => at !== i) })}
          >
            ×
          </button>
        </div>
      ))}
      <button
        type="button"
        onClick={() => onDraft({ ...draft, tags: [...tags, { name: "", value: "" }] })}
      >
        Add a tag
      </button>
    </fieldset>
  );
}

/** The draft without tags that were left empty. */
export function withoutEmptyTags(draft: Draft): Draft {
  return { ...draft, tags: draft.tags.filter(({ name, value }) => name !== "" || value !== "") };
}
