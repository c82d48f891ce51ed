import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { instructions } from "../binary/opcodes.ts";
import {
  gasByOpcode,
  gasOfBytes,
  gasOfEntry,
  gasOfGrow,
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

/** Integer instructions that the language leaves out (spec/06-execution.md §2.1). */
const leftOut = [
  ...["select_t", "ref.null", "ref.is_null", "ref.func", "memory.init", "data.drop", "elem.drop"],
  ...["table.get", "table.set", "table.init", "table.copy", "table.grow", "table.size"],
  "table.fill",
];

test("prices are those of the specification, which names every instruction of the language once", () => {
  const specified = new Map(specifiedPrices());
  expect(specified.size).toBe(specifiedPrices().length);
  for (const { name, opcode } of instructions) {
    expect(gasByOpcode[opcode], name).toBe(specified.get(name) ?? 0);
  }
  const language = instructions.filter(({ name, isFloat }) => !isFloat && !leftOut.includes(name));
  expect(new Set(specified.keys())).toEqual(new Set(language.map(({ name }) => name)));
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
  const section = execution.slice(execution.indexOf("### 2.4"), execution.indexOf("## 3 "));
  const specified = [...section.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code]) => code);
  expect(new Set(specified)).toEqual(new Set(inCode));
  expect(specified.length).toBe(inCode.length);
});
