/**
 * The state root that a process begins with (spec/12-state.md §4), from its module's bytes alone: a
 * chain of proofs hangs on it.
 *
 * @module
 */

import { imageRoot } from "../state/image-root.ts";
import { WasmError } from "../wasm/binary/error.ts";
import { genesisImage } from "../wasm/validate/genesis-image.ts";
import { validateProcess } from "../wasm/validate/validate-process.ts";

/** The root before slot 0, 32 bytes; where the module is refused, that of no state at all. */
export function genesisRoot(moduleBytes: Uint8Array): Uint8Array {
  try {
    return imageRoot(genesisImage(validateProcess(moduleBytes)));
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    return imageRoot({ memory: new Uint8Array(0), globals: new BigUint64Array(0) });
  }
}
