/**
 * Meters a process the slow and plain way, one charge before every instruction: the oracle for the
 * regions of src/wasm/instrument. Shares with it only the price of each instruction and the
 * functions for growth and bulk memory; counts no stack.
 *
 * @module
 */

import { encodeModule } from "../wasm/binary/encode.ts";
import type { WasmFunction } from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { Emitter } from "../wasm/instrument/emitter.ts";
import {
  bulkFunction,
  bulkType,
  growFunction,
  growType,
} from "../wasm/instrument/injected-functions.ts";
import { globalSection } from "../wasm/instrument/injected-globals.ts";
import { gasByOpcode } from "../wasm/validate/gas-schedule.ts";
import { declaredPagesMax } from "../wasm/validate/validate-process.ts";
import type { ValidatedModule } from "../wasm/validate/validated-module.ts";

/** The module with a charge before each instruction; exports as `instrumentModule` does. */
export function meterNaively(validated: ValidatedModule): Uint8Array {
  const { module, functions } = validated;
  const pagesMax = declaredPagesMax(module);
  const section = globalSection(module, { stackLimit: 0, pagesMax }, false);
  const emitter = new Emitter();
  const stands: ReadonlyMap<number, number> = new Map([
    [Op.memoryGrow, functions.length],
    [Op.memoryCopy, functions.length + 1],
    [Op.memoryFill, functions.length + 2],
  ]);
  const charge = (amount: number): void => {
    emitter.globalGet(section.indices.gas);
    emitter.i64(amount);
    emitter.op(Op.i64Sub);
    emitter.globalSet(section.indices.gas);
    emitter.globalGet(section.indices.gas);
    emitter.i64(0);
    emitter.op(Op.i64LtS);
    emitter.trapIf();
  };
  const rewritten = module.functions.map((body, index): WasmFunction => {
    charge(functions[index]?.entryGas ?? 0);
    for (let i = 0; i < body.code.length; i++) {
      const opcode = body.code.opcodes[i] ?? Op.nop;
      const price = gasByOpcode[opcode] ?? 0;
      if (price > 0) charge(price);
      const standIn = stands.get(opcode);
      if (standIn === undefined) emitter.copy(body.code, i);
      else emitter.at(0, Op.call, standIn);
    }
    return { ...body, code: emitter.take() };
  });
  const typeIndex = module.types.length;
  return encodeModule({
    ...module,
    types: [...module.types, growType, bulkType],
    functions: [
      ...rewritten,
      growFunction(section.indices, pagesMax, typeIndex),
      bulkFunction(Op.memoryCopy, section.indices, typeIndex + 1),
      bulkFunction(Op.memoryFill, section.indices, typeIndex + 1),
    ],
    memories: module.memories.map((memory) => ({ ...memory, maximum: pagesMax })),
    globals: section.globals,
    exports: [...module.exports, ...section.exports],
    dataCount: null,
    customSections: [],
  });
}
