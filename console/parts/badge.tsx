/**
 * The state of something as a word on a colour. The word alone says it; the colour groups.
 *
 * @module
 */

import type { VNode } from "preact";
import type { LiveState } from "../network/live.ts";

export type Tone = "quiet" | "busy" | "good" | "proven" | "bad" | "wait";

const tones: Readonly<Record<string, Tone>> = {
  accepted: "busy",
  assigned: "busy",
  evaluated: "good",
  pushed: "good",
  proven: "proven",
  "awaiting-proof": "wait",
  unclaimed: "wait",
  stopped: "bad",
  refused: "bad",
  ok: "good",
  failed: "bad",
  queued: "quiet",
  proving: "busy",
  unprovable: "wait",
  caughtUp: "good",
  following: "busy",
  faulty: "bad",
  unavailable: "bad",
};

/** The colour of a state's word; one that nobody foresaw is quiet. */
export function toneOf(state: string): Tone {
  return Object.hasOwn(tones, state) ? (tones[state] ?? "quiet") : "quiet";
}

export function Badge(props: { readonly state: string; readonly title?: string }): VNode {
  return (
    <span class={`badge tone-${toneOf(props.state)}`} title={props.title}>
      {props.state}
    </span>
  );
}

const liveWords = { off: "Ended", waiting: "Connecting", live: "Live" } as const;

/** Whether what is seen changes by itself. */
export function LiveBadge({ state }: { readonly state: LiveState }): VNode {
  return (
    <span class={`live live-${state}`} role="status">
      <span class="live-dot" aria-hidden="true" />
      {liveWords[state]}
    </span>
  );
}
