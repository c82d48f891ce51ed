/**
 * The translator (spec/14-zkvm.md §4): a validated module to a program of the register machine. Prover
 * and verifier run this same code; it depends on the module and on how far memory may grow, and on
 * nothing else.
 *
 * @module
 */

import type { Code, FunctionType, ValueType, WasmModule } from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import { declaredPagesMax } from "../../wasm/validate/validate-process.ts";
import type { ValidatedModule } from "../../wasm/validate/validated-module.ts";
import { globalCell } from "./address-space.ts";
import { Assembler, constant, type Label, type Place } from "./assembler.ts";
import type { ModuleScope } from "./function-frame.ts";
import { FunctionTranslator } from "./function-translator.ts";
import type { Cells } from "./lower-numbers.ts";
import { Halt, type Program } from "./program.ts";
import { writeRoutines } from "./routines.ts";

/** Translates a module whose memory may grow to `memoryPagesMax` pages, or to its own maximum. */
export function translate(validated: ValidatedModule, memoryPagesMax: number): Program {
  const { module } = validated;
  const rows = new Assembler();
  const trap = rows.label();
  rows.bind(trap);
  rows.emit({ flags: ["halt"], operation: Halt.trap });
  const dispatches = new Map<string, { readonly label: Label; readonly type: FunctionType }>();
  const functions = validated.functions.map(({ type }) => ({ label: rows.label(), type }));
  const scope: ModuleScope = {
    rows,
    trap,
    routines: writeRoutines(rows, trap),
    functions,
    types: module.types,
    globals: globalCells(module),
    tableLength: module.tables[0]?.minimum ?? 0,
    pagesMax: Math.min(declaredPagesMax(module), memoryPagesMax),
    dispatch: (typeIndex) => {
      const type = module.types[typeIndex]!;
      const key = signatureText(type);
      const known = dispatches.get(key) ?? { label: rows.label(), type };
      dispatches.set(key, known);
      return known.label;
    },
  };
  validated.functions.forEach((own, index) => {
    const { code } = module.functions[index]!;
    new FunctionTranslator(scope, own, code).translate(functions[index]!.label);
  });
  const table = tableOf(module);
  for (const [key, { label }] of dispatches) {
    rows.bind(label);
    for (const index of table) {
      const callee = index === null ? null : functions[index]!;
      const fits = callee !== null && signatureText(callee.type) === key;
      rows.emit({ flags: ["jump"], target: fits ? callee.label : trap });
    }
  }
  return {
    rows: rows.finish(),
    functions: functions.map(({ label }) => label.place!),
    trap: trap.place!,
    stackLimit: validated.stackLimit,
  };
}

function signatureText({ parameters, results }: FunctionType): string {
  return `${parameters.join()}:${results.join()}`;
}

/** Mutable globals are cells of the state; the others are the constants that they hold. */
function globalCells(
  module: WasmModule,
): readonly { readonly type: ValueType; readonly cells: Cells }[] {
  let position = 0;
  return module.globals.map(({ type, mutable, initial }) => {
    if (!mutable) return { type, cells: constantCells(initial) };
    const cell = globalCell(position++);
    const cells: readonly Place[] = [
      { kind: "fixed", cell },
      { kind: "fixed", cell: cell + 1 },
    ];
    return { type, cells: cells.slice(0, initial.opcodes[0] === Op.i64Const ? 2 : 1) };
  });
}

function constantCells({ opcodes, first, second }: Code): Cells {
  const low = constant(first[0]!);
  return opcodes[0] === Op.i64Const ? [low, constant(second[0]!)] : [low];
}

/** Function indices by table element; null where it is empty. */
function tableOf(module: WasmModule): readonly (number | null)[] {
  const table = new Array<number | null>(module.tables[0]?.minimum ?? 0).fill(null);
  for (const { start, functions } of module.elements) {
    const offset = start!.first[0]! >>> 0;
    functions!.forEach((index, position) => {
      table[offset + position] = index;
    });
  }
  return table;
}
