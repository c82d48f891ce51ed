import fc from "fast-check";
import { expect, test } from "vitest";
import { processModule } from "../../testing/process-slots.ts";
import { arbitraryProcess } from "../../testing/wasm-arbitrary.ts";
import { validateProcess } from "../../wasm/validate/validate-process.ts";
import { frameBase, metaCell } from "./address-space.ts";
import { entriesOf, slotProgram } from "./entry-stub.ts";
import { Flag, nowhere, type Row, rowGasMax } from "./program.ts";
import { translate } from "./translate.ts";

function rowsOf(moduleBytes: Uint8Array): readonly Row[] {
  const validated = validateProcess(moduleBytes);
  const entries = entriesOf(validated.module);
  return slotProgram(translate(validated, 3), { entries, first: true, inboxLength: 9 }).rows;
}

/** Why a row is not what the constraints take for granted of every program; null if it is. */
function faultOf(row: Row, rows: readonly Row[]): string | null {
  const accesses = Flag.load + Flag.store;
  const jumps = Flag.jump + Flag.branch + Flag.jumpIndexed + accesses;
  const values = Flag.add + Flag.sub + Flag.equal + Flag.below + Flag.move + Flag.advise;
  const results = values + Flag.operate + accesses + Flag.pages + Flag.call;
  const { flags, target, operation } = row;
  if (flags & jumps && target >= rows.length && target !== nowhere) return "no such target";
  // Whoever could send a byte's access elsewhere could make a good run fail.
  if (flags & accesses && operation === 1 && target !== nowhere) return "a slow byte";
  if (flags & accesses && row.offset >= 2 ** 17) return "offset";
  if (row.gas > 2 * rowGasMax) return "gas";
  // Exactly one flag says what w is wherever it is written.
  const said = (flags & results).toString(2).replaceAll("0", "").length;
  if (said > 1 || (flags & Flag.wOn && said !== 1)) return "not one result";
  const decides = Flag.equal + Flag.below + Flag.operate;
  if (flags & Flag.branch && (flags & decides) === 0) return "a branch on no bit";
  for (const [on, isFrame, cell] of [
    [Flag.aOn, Flag.aFrame, row.a],
    [Flag.bOn, Flag.bFrame, row.b],
    [Flag.wOn, Flag.wFrame, row.w],
  ] as const) {
    if ((flags & on) === 0) continue;
    const isGlobal = cell > metaCell + 1 && cell < frameBase;
    if (flags & isFrame ? cell >= 2 ** 14 : !isGlobal) return `cell ${cell}`;
  }
  return null;
}

function faultsOf(rows: readonly Row[]): string[] {
  return rows.flatMap((row, place) => {
    const fault = faultOf(row, rows);
    return fault === null ? [] : [`row ${place}: ${fault}`];
  });
}

test("the token's program is as the constraints take it for granted", () => {
  expect(faultsOf(rowsOf(processModule("token")))).toEqual([]);
});

test("property: programs of random processes are as the constraints take them for granted", () => {
  fc.assert(
    fc.property(arbitraryProcess(), (moduleBytes) => {
      expect(faultsOf(rowsOf(moduleBytes))).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

test("a module is translated into the same rows each time", () => {
  const moduleBytes = processModule("counter");
  expect(rowsOf(moduleBytes)).toEqual(rowsOf(moduleBytes));
});
