/**
 * The life of a followed process at a compute unit: found at a scheduler, followed, caught up, given up
 * for a fault of its log, waiting for units that do not answer, or asleep until someone asks.
 *
 * @module
 */

import { assign, setup } from "xstate";

/** Why a log ends before its newest entry. */
export interface LogFault {
  readonly code: string;
  readonly slot: number;
  readonly detail: string;
}

export type ProcessEvent =
  | { readonly type: "located" }
  /** Every configured scheduler says that it does not serve the process. */
  | { readonly type: "unknown" }
  | { readonly type: "entries" }
  | { readonly type: "caughtUp" }
  /** A unit did not answer, bytes are missing, or this machine failed. */
  | { readonly type: "unavailable"; readonly reason: string }
  | { readonly type: "retry" }
  | { readonly type: "fault"; readonly fault: LogFault }
  | { readonly type: "sleep" }
  | { readonly type: "wake" };

export interface ProcessContext {
  readonly fault: LogFault | null;
  /** Why the process is unavailable; null where it is not. */
  readonly reason: string | null;
}

export const processMachine = setup({
  types: {} as { context: ProcessContext; events: ProcessEvent },
  actions: {
    keepFault: assign(({ event }) => (event.type === "fault" ? { fault: event.fault } : {})),
    keepReason: assign(({ event }) =>
      event.type === "unavailable" ? { reason: event.reason } : { reason: null },
    ),
  },
}).createMachine({
  id: "followed-process",
  initial: "locating",
  context: { fault: null, reason: null },
  states: {
    locating: {
      on: {
        located: { target: "following", actions: "keepReason" },
        unknown: "unknown",
        unavailable: { target: "unavailable", actions: "keepReason" },
      },
    },
    following: {
      on: {
        caughtUp: "caughtUp",
        unavailable: { target: "unavailable", actions: "keepReason" },
        fault: { target: "faulty", actions: "keepFault" },
        sleep: "asleep",
      },
    },
    caughtUp: {
      on: {
        entries: "following",
        unavailable: { target: "unavailable", actions: "keepReason" },
        fault: { target: "faulty", actions: "keepFault" },
        sleep: "asleep",
      },
    },
    unavailable: { on: { retry: "locating", sleep: "asleep" } },
    /** Nothing after the fault is ever evaluated. */
    faulty: {},
    unknown: { on: { wake: "locating" } },
    asleep: { on: { wake: "locating" } },
  },
});
