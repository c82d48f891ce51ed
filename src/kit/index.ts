/**
 * `nymcompute/kit`: tests of processes without servers. A network in this very process runs the
 * protocol's own rules (log, provenance, evidence, budget, judge) on real modules; only signatures are
 * left out, since nobody here could forge one.
 *
 * @module
 */

export { type SimulatedClock, simulatedClock } from "./clock.ts";
export { EvaluationFailed, isEvaluationFailed } from "./evaluation-failed.ts";
export type { StackFrame } from "./failure-stack.ts";
export type { Inspected } from "./inspect-state.ts";
export { createNetwork } from "./kit-network.ts";
export type {
  LostMessage,
  Network,
  NetworkOptions,
  NetworkSnapshot,
  PersonalMessage,
} from "./network.ts";
export { NetworkError } from "./network-error.ts";
export type { KitEvaluation, KitMessage, KitSpawn } from "./outcome.ts";
export type { Account, KitProcess, MessageOptions } from "./process-handle.ts";
export { type ModuleSource, type Program, ProgramError } from "./program.ts";
export type { HeldMessage, Passage, PassingMessage, Route } from "./traffic.ts";
