/**
 * The genesis state of a process (spec/12-state.md §4): what its module says before anything has
 * run. Computed from the validated module alone, so that any verifier comes to the same state root
 * as the unit that runs it.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Code } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { pageBytes } from "./limits.ts";
import type { ValidatedModule } from "./validated-module.ts";

/** Linear memory in whole pages, and every mutable global in index order, zero-extended. */
export interface GenesisImage {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly globals: BigUint64Array;
}

/** The state that the module begins with. Segments are active and fit: the profile says so. */
export function genesisImage({ module }: ValidatedModule): GenesisImage {
  const memory = new Uint8Array(module.memories[0]!.minimum * pageBytes);
  for (const { start, bytes } of module.data) {
    assert(start !== null, "the profile has active segments only");
    memory.set(bytes, Number(constantOf(start)));
  }
  const mutable = module.globals.filter((global) => global.mutable);
  const globals = BigUint64Array.from(mutable, (global) => constantOf(global.initial));
  return { memory, globals };
}

/** The bits of a constant expression, zero-extended. */
function constantOf({ opcodes, first, second }: Code): bigint {
  const low = BigInt(first[0]! >>> 0);
  if (opcodes[0] === Op.i32Const) return low;
  assert(opcodes[0] === Op.i64Const, "the profile has integer constants only");
  return (BigInt(second[0]! >>> 0) << 32n) | low;
}
