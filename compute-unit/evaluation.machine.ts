/**
 * The life of a process's evaluation: not in memory, being loaded, ready, evaluating. A host fault is
 * never a result: the process is loaded anew. A process whose slot 0 failed never runs again.
 *
 * @module
 */

import { setup } from "xstate";

export type EvaluationEvent =
  | { readonly type: "load" }
  | { readonly type: "loaded" }
  | { readonly type: "evaluate" }
  | { readonly type: "evaluated" }
  /** The worker has let go of the process. */
  | { readonly type: "evicted" }
  | { readonly type: "hostFault" }
  | { readonly type: "stillborn" };

export const evaluationMachine = setup({
  types: {} as { events: EvaluationEvent },
}).createMachine({
  id: "evaluation",
  initial: "cold",
  states: {
    cold: { on: { load: "loading", evaluate: "evaluating", stillborn: "stillborn" } },
    loading: { on: { loaded: "ready", hostFault: "cold", stillborn: "stillborn" } },
    ready: { on: { evaluate: "evaluating", load: "loading", stillborn: "stillborn" } },
    evaluating: {
      on: { evaluated: "ready", evicted: "cold", hostFault: "cold", stillborn: "stillborn" },
    },
    stillborn: {},
  },
});
