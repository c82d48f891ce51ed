/**
 * The global indices that injected code uses, and their declarations: the module's own globals keep
 * theirs, the injected ones follow.
 *
 * @module
 */

import { CodeBuilder } from "../binary/code-builder.ts";
import { type Export, type Global, i32Type, i64Type, type WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import {
  dirtyName,
  faultName,
  gasName,
  globalName,
  memoryCapName,
  stackName,
} from "./host-names.ts";

/** Indices of the injected globals. */
export interface InjectedGlobals {
  readonly gas: number;
  readonly stack: number;
  readonly fault: number;
  readonly memoryCap: number;
  /** Null without dirty tracking. */
  readonly dirty: number | null;
}

export interface GlobalSection {
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly indices: InjectedGlobals;
}

/** The globals of the instrumented module and the names under which the host reaches them. */
export function globalSection(
  module: WasmModule,
  initial: { readonly stackLimit: number; readonly pagesMax: number },
  dirtyTracking: boolean,
): GlobalSection {
  const globals: Global[] = [...module.globals];
  const exports: Export[] = [];
  const inject = (name: string, type: Global["type"], value: number): number => {
    exports.push({ name, kind: "global", index: globals.length, offset: 0 });
    return globals.push({ type, mutable: true, initial: constant(type, value), offset: 0 }) - 1;
  };
  const indices = {
    // Without gas every entry traps: a host that forgets to set it runs nothing.
    gas: inject(gasName, i64Type, 0),
    stack: inject(stackName, i32Type, initial.stackLimit),
    fault: inject(faultName, i32Type, 0),
    memoryCap: inject(memoryCapName, i32Type, initial.pagesMax),
    dirty: dirtyTracking ? inject(dirtyName, i64Type, 0) : null,
  };
  let position = 0;
  module.globals.forEach(({ mutable }, index) => {
    if (!mutable) return;
    exports.push({ name: globalName(position), kind: "global", index, offset: 0 });
    position++;
  });
  return { globals, exports, indices };
}

function constant(type: Global["type"], value: number): Global["initial"] {
  const builder = new CodeBuilder(2);
  builder.append(type === i64Type ? Op.i64Const : Op.i32Const, value, 0, 0);
  builder.append(Op.end, 0, -1, 0);
  return builder.take();
}
