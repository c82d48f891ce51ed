/**
 * What validation hands on: the decoded module and, for each of its own functions, everything that
 * instrumenter, interpreter and translator need to know before they run it. All indices in it are
 * in range and all code type-checks.
 *
 * @module
 */

import type { FunctionType, WasmModule } from "../binary/module.ts";

export interface ValidatedFunction {
  readonly type: FunctionType;
  /** Value types of all locals, the parameters first. */
  readonly localTypes: Uint8Array;
  /** The greatest height of the operand stack. */
  readonly operandsMax: number;
  /** Gas for entering the function (spec/07-metering.md §2). */
  readonly entryGas: number;
  /** Slots of its frame, whether or not they are counted. */
  readonly frameSlots: number;
  /** Slots that entering it counts: 0 for a shallow function. */
  readonly stackCharge: number;
}

export interface ValidatedModule {
  readonly module: WasmModule;
  /** The module's own functions, in order; imported ones come before them in the index space. */
  readonly functions: readonly ValidatedFunction[];
  /** What the counted slots of one entry may come to, at most (spec/07-metering.md §4). */
  readonly stackLimit: number;
}
