/**
 * Lists the floating-point instructions of a module, so that a build tool can show the source lines
 * that keep it out of the integer profile.
 *
 * @module
 */

import type { WasmModule } from "../binary/module.ts";
import { instructionName, isFloatOpcode } from "../binary/opcodes.ts";

export interface FloatInstruction {
  /** Function index, imports counted. */
  readonly function: number;
  /** Byte offset in the module, the column of a source map of the binary. */
  readonly offset: number;
  readonly name: string;
}

/** All floating-point instructions in function bodies, in the order of the module. */
export function floatInstructions(module: WasmModule): FloatInstruction[] {
  const imported = module.imports.filter((each) => each.description.kind === "function").length;
  return module.functions.flatMap(({ code }, index) => {
    const found: FloatInstruction[] = [];
    for (let i = 0; i < code.length; i++) {
      const opcode = code.opcodes[i]!;
      if (!isFloatOpcode(opcode)) continue;
      const name = instructionName(opcode);
      found.push({ function: imported + index, offset: code.offsets[i]!, name });
    }
    return found;
  });
}
