/**
 * Modules whose whole state can be seen: before validation the memory and every mutable global are
 * exported under names of this file, so that all engines run one and the same module. A module
 * without memory gets one of no pages, which it cannot notice; a process always has one.
 *
 * @module
 */

import { decodeModule } from "../../src/wasm/binary/decode.ts";
import { encodeModule } from "../../src/wasm/binary/encode.ts";
import type { Export } from "../../src/wasm/binary/module.ts";
import { validateModule } from "../../src/wasm/validate/check-module.ts";
import { integerLanguage } from "../../src/wasm/validate/module-context.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";

export const memoryExport = "#memory";

export function globalExport(position: number): string {
  return `#global${position}`;
}

/** Checks a module against the integer language and exposes its state; throws `WasmError`. */
export function validateExposed(bytes: Uint8Array): ValidatedModule {
  const module = decodeModule(bytes);
  const added: Export[] = [];
  for (const [index, global] of module.globals.entries()) {
    if (!global.mutable) continue;
    added.push({ name: globalExport(added.length), kind: "global", index, offset: 0 });
  }
  added.push({ name: memoryExport, kind: "memory", index: 0, offset: 0 });
  const memories =
    module.memories.length > 0 ? module.memories : [{ minimum: 0, maximum: 0, offset: 0 }];
  const exposed = encodeModule({ ...module, memories, exports: [...module.exports, ...added] });
  return validateModule(decodeModule(exposed), integerLanguage);
}
