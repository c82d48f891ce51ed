/**
 * What the conformance tests ask of an engine: to instantiate a module of the integer language, to
 * call it, and to show its whole state.
 *
 * @module
 */

import type { Value } from "../../src/wasm/interpreter/value-stack.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";

/** Results of a call that returned, or the word that it did not. */
export type EngineOutcome =
  | { readonly ok: true; readonly results: readonly Value[] }
  | { readonly ok: false; readonly reason: string };

export interface EngineInstance {
  invoke(name: string, args: readonly Value[]): EngineOutcome;
  /** The value of an exported global. */
  get(name: string): Value;
  /** All bytes of memory; none where the module has no memory. */
  memory(): Uint8Array;
  /** Values of all mutable globals, in the order of their indices. */
  globals(): readonly Value[];
  /** Gas charged by the last call, or null where the engine counts none. */
  gasUsed(): number | null;
}

export interface Engine {
  readonly name: string;
  /** Null where a segment of the module does not fit. */
  instantiate(validated: ValidatedModule, limits: EngineLimits): EngineInstance | null;
}

export interface EngineLimits {
  /** For each call. */
  readonly gasLimit: number;
  readonly stackSlots: number;
  readonly memoryPagesMax: number;
}
