/**
 * What stands where there is nothing to show: it is being read, there is none yet, or it failed. Each
 * says what to do next.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import { explain } from "../network/explain.ts";
import type { ResourceUse } from "../network/resource.ts";

/** Something is being read. */
export function Loading({ what }: { readonly what: string }): VNode {
  return (
    <p class="notice loading" role="status">
      <span class="spinner" aria-hidden="true" /> Reading {what}…
    </p>
  );
}

/** There is nothing, and that is no failure: the children say what to do. */
export function Empty(props: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): VNode {
  return (
    <div class="notice empty">
      <p class="notice-title">{props.title}</p>
      {props.children}
    </div>
  );
}

/** It failed. */
export function Failed(props: { readonly error: unknown; readonly onRetry?: () => void }): VNode {
  const { what, next, code } = explain(props.error);
  return (
    <div class="notice failed" role="alert">
      <p class="notice-title">{what}</p>
      <p>
        {next}
        {code === null ? null : <code class="code"> {code}</code>}
      </p>
      {props.onRetry === undefined ? null : (
        <button type="button" onClick={props.onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A resource's value, or what stands in its place. */
export function Shown<Value>(props: {
  readonly use: ResourceUse<Value>;
  /** What is read: `the process`. */
  readonly what: string;
  readonly children: (value: Value) => ComponentChildren;
}): VNode {
  const { resource, reload } = props.use;
  if (resource.state === "loading") return <Loading what={props.what} />;
  if (resource.state === "failed") return <Failed error={resource.error} onRetry={reload} />;
  return <>{props.children(resource.value)}</>;
}
