/**
 * The gas schedule (spec/07-metering.md §2): one price for every instruction of the integer
 * profile, and the rules for what depends on an operand. Instrumenter, interpreter and prover all
 * sum these numbers, so a total is the same whoever counts it. One gas stands for about one row of
 * the prover's machine.
 *
 * A test holds this table against the one in the specification.
 *
 * @module
 */

import { instructions } from "../binary/opcodes.ts";

/** Part of the rules version of a process: a change of any number here is a new version. */
export const gasScheduleVersion = 1;

/** `memory.grow` costs this for each page asked for, whether or not it gets them. */
export const gasPerPage = 1000;

/** `memory.copy` and `memory.fill` cost 1 for every started group of this many bytes. */
export const bytesPerGas = 4;

/** What a name, or a beginning of names with `*`, costs; the first line that fits decides. */
const priceLines: readonly (readonly [price: number, names: string])[] = [
  [0, "unreachable nop block loop else end drop local.get i32.const i64.const"],
  [1, "if br br_if return select local.set local.tee global.get global.set memory.size"],
  [2, "i32.load* i64.load* i32.store* i64.store*"],
  [3, "br_table"],
  [4, "i32.div_s i32.div_u i32.rem_s i32.rem_u i64.div_s i64.div_u i64.rem_s i64.rem_u"],
  [5, "call memory.copy memory.fill"],
  [8, "call_indirect"],
  [50, "memory.grow"],
  [1, "i32.* i64.*"],
];

function priceOf(name: string): number | null {
  const line = priceLines.find(([, names]) =>
    names
      .split(" ")
      .some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each)),
  );
  return line?.[0] ?? null;
}

/**
 * Static price by opcode, for the hot loops of whoever counts. Instructions outside the integer
 * profile hold 0: no validated process contains them.
 */
export const gasByOpcode: Uint8Array = ((): Uint8Array => {
  const prices = new Uint8Array(0x1_0000);
  for (const { opcode, name, isFloat } of instructions) {
    prices[opcode] = isFloat ? 0 : (priceOf(name) ?? 0);
  }
  return prices;
})();

/** What entering a function costs beside the call: its locals (parameters counted) are laid out. */
export function gasOfEntry(localCount: number): number {
  return 1 + Math.floor(localCount / 4);
}

/** The operand-dependent price of `memory.grow`; `pages` is the unsigned operand. */
export function gasOfGrow(pages: number): number {
  return gasPerPage * pages;
}

/** The operand-dependent price of `memory.copy` and `memory.fill`; `bytes` is unsigned. */
export function gasOfBytes(bytes: number): number {
  return Math.ceil(bytes / bytesPerGas);
}
