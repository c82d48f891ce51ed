/**
 * The ML-DSA-65 kernel's exports. The memory map is in `layout.ts`; the host is `../../ml-dsa-kernel.ts`.
 *
 * @module
 */

import { writeRoundConstants } from "./keccak";
import { writeZetas } from "./ring";

export { expandSecretKey, sign } from "./sign";
export { beginMessage, endMessage, expandPublicKey, takeMessage, verify } from "./verify";

/** Writes the tables; called once, before anything else. */
export function start(): void {
  writeRoundConstants();
  writeZetas();
}
