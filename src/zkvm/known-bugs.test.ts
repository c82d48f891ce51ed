import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { extensionOfDegree } from "../field/extension.ts";
import { checkTraces } from "../stark/air/check-trace.ts";
import { busChallenges, busOffset } from "../stark/lookup/bus.ts";
import { StateKernel } from "../state/kernel.ts";
import { everythingProcess, processOf } from "../testing/zkvm-hunt/edge-modules.ts";
import { firstSlotInput, huntSlots } from "../testing/zkvm-hunt/hunt-slots.ts";
import { columnOf, huntTables, interactionBase } from "../testing/zkvm-hunt/hunt-table.ts";
import { RowJudge } from "../testing/zkvm-hunt/judge.ts";
import { buses, hostKinds } from "./chips/buses.ts";
import { frames } from "./chips/frames/constraints.ts";
import { Operation } from "./program/program.ts";
import { publicTermsOf } from "./public-terms.ts";
import { type StepStatement, statementBytes, stepExits } from "./statement.ts";
import { system, tableIndex } from "./system.ts";
import { witnessSlot } from "./witness-slot.ts";

const tables = huntTables(system);
const [slot] = huntSlots("everything", firstSlotInput(everythingProcess(), 100_000));
const { traces, about, witness, input } = slot!;

/** Rows of the CPU where a flag is set and both operands and the result are one cell. */
function aliasedRows(): { readonly row: number; readonly name: string }[] {
  const table = tables[tableIndex.cpu]!;
  const { values, stride, height } = traces[tableIndex.cpu]!;
  const found: { readonly row: number; readonly name: string }[] = [];
  for (let row = 0; row < height; row++) {
    const cell = (name: string): number => values[row * stride + columnOf(table, name)]!;
    const isAliased = cell("aCell") === cell("bCell") && cell("bCell") === cell("wCell");
    if (cell("aOn") * cell("bOn") * cell("wOn") !== 1 || !isAliased) continue;
    const flags = ["add", "sub", "equal", "below", "operate"].filter((name) => cell(name) === 1);
    found.push({ row, name: `${flags.join()} ${cell("operation")}` });
  }
  return found;
}

test("every operation has rows with operands and result in one cell, and neither read can lie there", () => {
  const table = tables[tableIndex.cpu]!;
  const rows = aliasedRows();
  const names = new Set(rows.map(({ name }) => name));
  const operations = ["and", "or", "xor", "belowSigned", "notBelowSigned"] as const;
  const products = ["multiply", "divide", "remainder"] as const;
  for (const name of ["add 0", "sub 0", "equal 0", "below 0"]) expect([...names]).toContain(name);
  for (const name of [...operations, ...products]) {
    expect([...names], name).toContain(`operate ${Operation[name]}`);
  }
  for (const { row, name } of rows) {
    const judge = new RowJudge({ slot: slot!, table, row });
    for (const column of ["aLow", "aHigh", "bLow", "bHigh", "aTime", "bTime", "wTime"]) {
      const local = judge.local.slice();
      local[columnOf(table, column)]! ^= 1;
      const { obstacles } = judge.judge(local);
      // The cell itself refuses, whatever the result would be.
      const isCell = obstacles.some((obstacle) => obstacle >= interactionBase);
      expect(isCell, `${name}: ${column}`).toBe(true);
    }
  }
});

test("a cell of the frames that is there twice, or left out, breaks a constraint", () => {
  const { program } = system.tables[tableIndex.frames]!;
  const publicValues = about.publicValues[tableIndex.frames]!;
  const faultsWith = (row: number, cell: number): number => {
    const main = traces[tableIndex.frames]!;
    const values = main.values.slice();
    values[row * main.stride + frames.cell] = cell;
    const changed = { program, main: { ...main, values }, fixed: null, publicValues };
    return checkTraces([changed], [], 10_000).filter((fault) => "constraint" in fault).length;
  };
  const base = traces[tableIndex.frames]!.values[frames.cell]!;
  expect(faultsWith(0, base)).toBe(0);
  const { height } = traces[tableIndex.frames]!;
  for (const row of [0, 1, height - 1]) {
    expect(faultsWith(row, base + ((row + 1) % height))).toBeGreaterThan(0);
    expect(faultsWith(row, base + row + 1)).toBeGreaterThan(0);
  }
});

test("buses have numbers of their own, and no tuple of one is a tuple of another", () => {
  const numbers = Object.values(buses);
  expect(new Set(numbers).size).toBe(numbers.length);
  const field = extensionOfDegree(system.parameters.extensionDegree);
  const element = (x: number) => field.fromBase(x);
  const drawn = { alpha: element(12_345), beta: element(67_891) };
  const challenges = busChallenges(field, drawn, system.tupleWidthMax);
  const offsets = numbers.map((bus) => busOffset(field, challenges, bus).join());
  expect(new Set(offsets).size).toBe(numbers.length);
  // Kinds on the host's bus are bits, so that no two of them make a third one.
  for (const kind of Object.values(hostKinds)) expect(kind & (kind - 1)).toBe(0);
});

test("every part of a step's statement is in the bytes that the proof is bound to", () => {
  const own = statementBytes(witness.statement);
  const digest = (name: "key" | "module" | "preRoot" | "inboxHash" | "postRoot") =>
    Array.from({ length: 32 }, (_, at) => {
      const changed = witness.statement[name].slice();
      changed[at]! ^= 1;
      return { [name]: changed };
    });
  const { statement } = witness;
  const others: Partial<StepStatement>[] = [
    ...(["key", "module", "preRoot", "inboxHash", "postRoot"] as const).flatMap(digest),
    { limits: { ...statement.limits, gasLimit: statement.limits.gasLimit + 1 } },
    { limits: { ...statement.limits, memoryPagesMax: 99 } },
    { first: !statement.first },
    { exit: stepExits.failed },
    { gasUsed: statement.gasUsed + 1 },
    { returnedHash: null },
    { returnedLength: statement.returnedLength + 1 },
  ];
  const all = others.map((other) => statementBytes({ ...statement, ...other }).join());
  expect(new Set([own.join(), ...all]).size).toBe(others.length + 1);
});

test("every byte of the inbox is on the memory bus", () => {
  const { evidence, position, program } = witness;
  const termsOf = (inbox: Uint8Array): string => {
    const terms = publicTermsOf({ evidence, carried: position.carried }, program.rows, inbox);
    return terms.map(({ tuples }) => tuples.join()).join();
  };
  const own = termsOf(input.inbox);
  for (let at = 0; at < input.inbox.length; at++) {
    const inbox = input.inbox.slice();
    inbox[at]! ^= 0x80;
    expect(termsOf(inbox), `byte ${at}`).not.toBe(own);
  }
});

test("a load whose result nobody uses traps where it is out of bounds", () => {
  const module = processOf("(drop (i32.load (i32.const 65533)))");
  const run = witnessSlot(new StateKernel(), firstSlotInput(module, 10_000))!;
  expect(run.run.end).toBe("out-of-bounds");
  expect(run.statement.exit).toBe(stepExits.failed);
});

test("the specification's list of known bugs names tests that there are", () => {
  const root = new URL("../../", import.meta.url);
  const page = readFileSync(new URL("spec/14-zkvm.md", root), "utf8");
  const list = page.slice(page.indexOf("## 11 "));
  const rows = list.split("\n").filter((line) => /^\| \d+ \|/.test(line));
  expect(rows.map((row) => Number(row.split("|")[1]))).toEqual(
    Array.from({ length: 18 }, (_, i) => i + 1),
  );
  for (const row of rows) {
    const tests = [...row.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g)];
    const isApplicable = !row.includes("not applicable");
    expect(tests.length > 0, row).toBe(isApplicable);
    for (const [, file = "", title = ""] of tests) {
      const text = readFileSync(new URL(`src/${file}`, root), "utf8");
      expect(text.includes(title), `${file}: ${title}`).toBe(true);
    }
  }
});
