/**
 * The life of one instance of a scheduler: it assigns only while it holds the lease, each time under an
 * epoch of its own. Where a later one has taken over it stands by like any other. Safety is the epoch in
 * the store's own transaction; this machine only says what the instance tries.
 *
 * @module
 */

import { assign, setup } from "xstate";

export type InstanceEvent =
  | { readonly type: "lease.acquired"; readonly epoch: number }
  | { readonly type: "lease.lost" }
  | { readonly type: "append.fenced" }
  | { readonly type: "stop" };

export interface InstanceContext {
  /** The epoch under which entries are made; null unless leading. */
  readonly epoch: number | null;
}

export const instanceMachine = setup({
  types: {} as { context: InstanceContext; events: InstanceEvent },
  actions: {
    lead: assign(({ event }) =>
      event.type === "lease.acquired" ? { epoch: event.epoch } : { epoch: null },
    ),
    yieldLead: assign({ epoch: null }),
  },
}).createMachine({
  id: "scheduler-instance",
  initial: "standby",
  context: { epoch: null },
  on: { stop: { target: ".stopped", actions: "yieldLead" } },
  states: {
    /** Serves reads, tries to get the lease. */
    standby: { on: { "lease.acquired": { target: "leading", actions: "lead" } } },
    leading: {
      on: {
        "lease.acquired": { actions: "lead" },
        "lease.lost": { target: "standby", actions: "yieldLead" },
        "append.fenced": { target: "standby", actions: "yieldLead" },
      },
    },
    stopped: { type: "final" },
  },
});
