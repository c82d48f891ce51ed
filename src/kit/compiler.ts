/**
 * The AssemblyScript compiler, loaded when it is first needed: that takes half a second.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";

/**
 * The compiler's own WebAssembly (Binaryen) stays at the engine's first tier: a build is over before the
 * second pays for itself. Of the counter in a new process it took 4.2 s of processor time with both
 * and 2.5 s with one (Node 20.20). What the compiler writes does not depend on it.
 */
const firstTierOnly: readonly string[] = ["--liftoff-only"];
/** As it was; the first flag alone leaves what it implied. */
const bothTiers: readonly string[] = [
  "--no-liftoff-only",
  "--wasm-tier-up",
  "--wasm-dynamic-tiering",
];

/** Runs `use` with the compiler; afterwards the engine compiles as before. */
export async function withCompiler<Used>(
  use: (compiler: typeof import("assemblyscript/asc")) => Promise<Used>,
): Promise<Used> {
  firstTierOnly.forEach(setFlagsFromString);
  try {
    return await use(await import("assemblyscript/asc"));
  } finally {
    bothTiers.forEach(setFlagsFromString);
  }
}
