/**
 * What a messenger counts.
 *
 * @module
 */

import type { Metrics } from "../src/node/metrics.ts";

/** What a messenger is doing, for health and metrics. */
export interface MessengerLoad {
  /** Between request and slot. */
  readonly inFlight: number;
  /** Waiting for a place in a batch. */
  readonly waiting: number;
  /** With a slot and without evaluation. */
  readonly unevaluated: number;
  /** On their way to further processes now. */
  readonly pushing: number;
  readonly streams: number;
}

/** What is told as it happens. */
export interface MessengerCounts {
  /** A message got its slot. */
  placed(): void;
  /** A try of a push came to rest: `delivered`, `waiting`, `unclaimed`, `refused` or `lapsed`. */
  rested(state: string): void;
}

/** Declares the metrics; without a registry nothing is counted. */
export function messengerMetrics(
  metrics: Metrics | undefined,
  load: () => MessengerLoad,
): MessengerCounts {
  if (metrics === undefined) return { placed: () => undefined, rested: () => undefined };
  let placed = 0;
  metrics.counted(
    {
      name: "messages_placed_total",
      help: "Messages that got their slot, from outside and pushed.",
    },
    () => placed,
  );
  const pushes = metrics.counter({
    name: "push_tries_total",
    help: "Tries to push a message, by the state in which they came to rest.",
    labels: ["state"],
  });
  const measured: Readonly<Record<keyof MessengerLoad, readonly [name: string, help: string]>> = {
    inFlight: ["messages_in_flight", "Messages between their request and their slot."],
    waiting: ["messages_waiting", "Messages that wait for a place in a batch."],
    unevaluated: ["messages_unevaluated", "Messages with a slot and without an evaluation."],
    pushing: ["pushes_in_flight", "Messages on their way to further processes."],
    streams: ["event_streams", "Event streams."],
  };
  for (const [key, [name, help]] of Object.entries(measured)) {
    metrics.measured({ name, help }, () => load()[key as keyof MessengerLoad]);
  }
  return {
    placed: () => {
      placed++;
    },
    rested: (state) => pushes.add(1, { state }),
  };
}
