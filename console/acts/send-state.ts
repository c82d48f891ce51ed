/**
 * How far the sending of one message has come: what happened so far, and what of it stands on the page.
 * A step is said to be done once it was heard of and not before.
 *
 * @module
 */

import type { ComposedMessage } from "../../src/client/compose.ts";
import type { MessageEvent as LifeEvent } from "../../src/protocol/http.ts";

export interface SendState {
  readonly phase: "idle" | "signing" | "sending" | "following" | "over" | "failed";
  /** What was signed: kept, so that sending again sends the same. */
  readonly message: ComposedMessage | null;
  readonly signedMs: number;
  readonly id: string | null;
  readonly process: string | null;
  readonly life: readonly LifeEvent[];
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export type SendNews =
  | { readonly kind: "signing" }
  | { readonly kind: "signed"; readonly message: ComposedMessage; readonly ms: number }
  | { readonly kind: "sending" }
  | { readonly kind: "sent"; readonly id: string; readonly process: string }
  | { readonly kind: "life"; readonly event: LifeEvent }
  | { readonly kind: "over" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

export const sendIdle: SendState = {
  phase: "idle",
  message: null,
  signedMs: 0,
  id: null,
  process: null,
  life: [],
  failure: null,
};

/** The state after a piece of news. */
export function sendStateAfter(state: SendState, news: SendNews): SendState {
  switch (news.kind) {
    case "signing":
      return { ...sendIdle, phase: "signing" };
    case "signed":
      return { ...state, message: news.message, signedMs: news.ms };
    case "sending":
      return { ...state, phase: "sending", failure: null };
    case "sent":
      // The life is told from its beginning each time that it is followed.
      return { ...state, phase: "following", id: news.id, process: news.process, life: [] };
    case "life":
      return { ...state, life: [...state.life, news.event] };
    case "over":
      return { ...state, phase: "over" };
    case "failed":
      return { ...state, phase: "failed", failure: { code: news.code, message: news.message } };
  }
}

export interface Step {
  readonly name: string;
  readonly state: "done" | "under way" | "to come" | "failed" | "did not come";
  readonly word: string;
}

/** The steps for people, in their order. */
export function stepsOf(state: SendState): readonly Step[] {
  const { phase, message, signedMs, life } = state;
  const signed: Step =
    message === null
      ? { name: "signed", state: phase === "failed" ? "failed" : "under way", word: "" }
      : { name: "signed", state: "done", word: `in this page, ${Math.round(signedMs)} ms` };
  const steps = [signed];
  let isBroken = signed.state === "failed";
  for (const name of ["accepted", "assigned", "evaluated", "proven"] as const) {
    const step = stepOf(name, state, isBroken || steps.at(-1)?.state === "under way");
    if (step.state === "failed" || step.state === "did not come") isBroken = true;
    steps.push(step);
  }
  const ends = life.filter(({ kind }) => kind === "refused" || kind === "unclaimed");
  return [
    ...steps,
    ...ends.map(({ kind, reason = "" }): Step => ({ name: kind, state: "failed", word: reason })),
  ];
}

function stepOf(name: string, { phase, life }: SendState, isBehind: boolean): Step {
  const event = life.find(({ kind }) => kind === name);
  if (event !== undefined) {
    const hasFailed = event.exit === "failed";
    return { name, state: hasFailed ? "failed" : "done", word: wordOn(event) };
  }
  if (phase === "over") return { name, state: "did not come", word: "" };
  if (isBehind) return { name, state: "to come", word: "" };
  return { name, state: phase === "failed" ? "failed" : "under way", word: "" };
}

function wordOn({ slot, exit, gasUsed, detail }: LifeEvent): string {
  const words = [
    slot === undefined ? "" : `slot ${slot}`,
    exit ?? "",
    gasUsed === undefined ? "" : `${gasUsed} gas`,
    detail ?? "",
  ];
  return words.filter((word) => word !== "").join(", ");
}
