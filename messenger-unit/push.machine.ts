/**
 * The life of one pushed message (spec/09-http.md §3): it is located, sent, and ends in its
 * target's log or refused for good; everything else is waited out. Pure: the pusher asks this
 * machine what to do next, by xstate's `transition`, and keeps nothing of it but state and due time
 * in the push store.
 *
 * @module
 */

import { assign, setup } from "xstate";
import { unclaimedRetryMaxMs } from "../src/protocol/limits.ts";
import {
  proofBackoffMaxMs,
  pushBackoffMaxMs,
  pushBackoffMinMs,
  pushVisibilityMs,
  unclaimedBackoffMaxMs,
  unclaimedBackoffMinMs,
} from "./limits.ts";

/** A moment, and the chance that spreads retries: `jitter` is at least 0 and below 1. */
interface Moment {
  readonly now: number;
  readonly jitter: number;
}

export type PushEvent =
  | { readonly type: "push.due" }
  | { readonly type: "target.located" }
  | ({ readonly type: "target.unknown" } & Moment)
  | ({
      readonly type: "unit.failed";
      readonly code: string;
      readonly retryAfterMs: number | null;
    } & Moment)
  | ({ readonly type: "proof.awaited" } & Moment)
  | { readonly type: "slot.assigned" }
  | { readonly type: "message.refused"; readonly code: string };

export interface PushContext {
  /** How often it was tried, this time included. */
  readonly tries: number;
  readonly recordedAt: number;
  /** When to try again; null where there is nothing to wait for. */
  readonly retryAt: number | null;
  /** Why the last try did not deliver it. */
  readonly reason: string | null;
}

/** What is noted in the push store of a message that no scheduler takes. */
export const unclaimedReason = "unclaimed";
/** What is noted of a message whose source is not proven yet; its code if it never is. */
export const awaitingReason = "PROOF_PENDING";
/** The code under which a message ends that no scheduler took in all the time. */
export const unclaimedCode = "PROCESS_UNKNOWN";

/** Doubles from `minMs` to `maxMs`; the upper half is left to chance, so that retries spread. */
function backoffMs(
  tries: number,
  jitter: number,
  bounds: { readonly minMs: number; readonly maxMs: number },
): number {
  const { minMs, maxMs } = bounds;
  const whole = Math.min(maxMs, minMs * 2 ** Math.min(tries - 1, 40));
  return Math.max(minMs, Math.round(whole * (0.5 + 0.5 * jitter)));
}

function failureCodeOf(event: PushEvent): string {
  if (event.type === "unit.failed") return event.code;
  return event.type === "proof.awaited" ? awaitingReason : unclaimedCode;
}

/**
 * The longest that an item may have to wait before it is tried (again), ms. One that is due later was
 * put off by a clock that has been put back since.
 */
export function waitMaxMs({ tries, reason }: Pick<PushContext, "tries" | "reason">): number {
  if (reason !== unclaimedReason) return Math.max(pushVisibilityMs, pushBackoffMaxMs);
  const bounds = { minMs: unclaimedBackoffMinMs, maxMs: unclaimedBackoffMaxMs };
  return Math.max(pushVisibilityMs, backoffMs(tries, 1, bounds));
}

export const pushMachine = setup({
  types: {} as {
    context: PushContext;
    events: PushEvent;
    input: { readonly tries: number; readonly recordedAt: number };
  },
  guards: {
    isTooOld: ({ context, event }) =>
      "now" in event && event.now - context.recordedAt >= unclaimedRetryMaxMs,
  },
  actions: {
    waitForUnit: assign(({ context, event }) => {
      if (event.type !== "unit.failed") return {};
      const bounds = { minMs: pushBackoffMinMs, maxMs: pushBackoffMaxMs };
      const ownMs = backoffMs(context.tries, event.jitter, bounds);
      const askedMs = Math.min(event.retryAfterMs ?? 0, pushBackoffMaxMs);
      return { retryAt: event.now + Math.max(ownMs, askedMs), reason: event.code };
    }),
    waitForProof: assign(({ context, event }) => {
      if (event.type !== "proof.awaited") return {};
      const bounds = { minMs: pushBackoffMinMs, maxMs: proofBackoffMaxMs };
      const waitMs = backoffMs(context.tries, event.jitter, bounds);
      return { retryAt: event.now + waitMs, reason: awaitingReason };
    }),
    waitForScheduler: assign(({ context, event }) => {
      if (event.type !== "target.unknown") return {};
      const bounds = { minMs: unclaimedBackoffMinMs, maxMs: unclaimedBackoffMaxMs };
      const waitMs = backoffMs(context.tries, event.jitter, bounds);
      return { retryAt: event.now + waitMs, reason: unclaimedReason };
    }),
    noteRefusal: assign(({ event }) => ({
      retryAt: null,
      reason: event.type === "message.refused" ? event.code : null,
    })),
    noteFailure: assign(({ event }) => ({
      retryAt: null,
      reason: failureCodeOf(event),
    })),
    clear: assign({ retryAt: null, reason: null }),
  },
}).createMachine({
  id: "push",
  initial: "queued",
  context: ({ input }) => ({ ...input, retryAt: null, reason: null }),
  states: {
    queued: { on: { "push.due": "locating" } },
    locating: {
      on: {
        "target.located": "sending",
        "target.unknown": [
          { guard: "isTooOld", target: "lapsed", actions: "noteFailure" },
          { target: "unclaimed", actions: "waitForScheduler" },
        ],
        "unit.failed": [
          { guard: "isTooOld", target: "lapsed", actions: "noteFailure" },
          { target: "waiting", actions: "waitForUnit" },
        ],
      },
    },
    sending: {
      on: {
        "slot.assigned": { target: "delivered", actions: "clear" },
        "proof.awaited": [
          { guard: "isTooOld", target: "lapsed", actions: "noteFailure" },
          { target: "awaiting", actions: "waitForProof" },
        ],
        "message.refused": { target: "refused", actions: "noteRefusal" },
        "unit.failed": [
          { guard: "isTooOld", target: "lapsed", actions: "noteFailure" },
          { target: "waiting", actions: "waitForUnit" },
        ],
      },
    },
    /** A unit did not answer, or not now. */
    waiting: { on: { "push.due": "locating" } },
    /** Its target demands proofs of its source that are not all made, or not all there, yet. */
    awaiting: { on: { "push.due": "locating" } },
    /** Every known scheduler says that it does not serve the target. */
    unclaimed: { on: { "push.due": "locating" } },
    /** It has a slot in its target's log. */
    delivered: { type: "final" },
    /** The scheduler says that it will never take it. */
    refused: { type: "final" },
    /** Nobody took it in the time that messages are kept for. */
    lapsed: { type: "final" },
  },
});
