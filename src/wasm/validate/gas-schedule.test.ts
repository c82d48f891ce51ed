import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { instructions } from "../binary/opcodes.ts";
import {
  gasByOpcode,
  gasOfBytes,
  gasOfEntry,
  gasOfGrow,
  gasOfInstruction,
  gasScheduleVersion,
} from "./gas-schedule.ts";
import { memoryPagesMax, processLimits, stackSlotsMax } from "./limits.ts";
import { frameSlotsBase, shallowDepthMax } from "./stack-slots.ts";

function specification(page: string): string {
  return readFileSync(new URL(`../../../spec/${page}`, import.meta.url), "utf8");
}

const metering = specification("07-metering.md");

/** The rows `| number | names |` of §2 as pairs of name and price. */
function specifiedPrices(): readonly (readonly [name: string, price: number])[] {
  const section = metering.slice(
    metering.indexOf("## 2 Prices"),
    metering.indexOf("## 3 Operands"),
  );
  return [...section.matchAll(/^\| (\d+) \| (.*) \|$/gm)].flatMap(([, price, names]) =>
    [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => [name!, Number(price)] as const),
  );
}

test("prices are those of the specification, which names every instruction once", () => {
  const specified = specifiedPrices();
  expect(new Map(specified).size).toBe(specified.length);
  const inCode = instructions.flatMap(({ name, opcode }) => {
    const price = gasOfInstruction(name);
    if (price === null) return [];
    expect(gasByOpcode[opcode], name).toBe(price);
    return [[name, price] as const];
  });
  expect(new Map(inCode)).toEqual(new Map(specified));
});

test("prices nothing outside the integer profile", () => {
  for (const name of [
    "f64.add",
    "i32.trunc_sat_f64_s",
    "ref.null",
    "table.get",
    "memory.init",
    "select_t",
  ]) {
    expect(gasOfInstruction(name), name).toBeNull();
  }
});

test("entry and operands cost what the specification says", () => {
  expect([0, 3, 4, 1088].map(gasOfEntry)).toEqual([1, 1, 2, 273]);
  expect([0, 1, 4, 5, 0xffff_ffff].map(gasOfBytes)).toEqual([0, 1, 1, 2, 2 ** 30]);
  expect(gasOfGrow(0xffff_ffff)).toBe(4_294_967_295_000);
  expect(metering).toContain("`1 + floor(locals / 4)`");
  expect(metering).toContain("| `memory.grow` by *d* pages | 1000 × *d* |");
  expect(metering).toContain("| `memory.copy`, `memory.fill` of *n* bytes | ceil(*n* / 4) |");
  expect(metering).toContain(`Version ${gasScheduleVersion}.`);
});

test("stack numbers and module limits are those of the specification", () => {
  expect(metering).toContain(`    ${frameSlotsBase} + 2 × parameters + declared locals`);
  expect(metering).toContain(`${shallowDepthMax.toLocaleString("en")} slots`);
  expect(metering).toContain(`limit** of a module is ${stackSlotsMax.toLocaleString("en")}`);
  const execution = specification("06-execution.md");
  expect(execution).toContain(`at most ${memoryPagesMax.toLocaleString("en")} pages`);
  const rows = [...execution.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(
    processLimits,
  );
});

test("the specification names every code of a refusal, and no other", () => {
  const source = readFileSync(new URL("../binary/error.ts", import.meta.url), "utf8");
  const inCode = [...source.matchAll(/"([A-Z0-9_]+)"/g)].map(([, code]) => code);
  const execution = specification("06-execution.md");
  const section = execution.slice(execution.indexOf("### 2.4"), execution.indexOf("## 3 Entries"));
  const specified = [...section.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code]) => code);
  expect(new Set(specified)).toEqual(new Set(inCode));
  expect(specified.length).toBe(inCode.length);
});
