/**
 * U128 and the checked words against BigInt, the maps against a model.
 *
 * @module
 */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { compareBytes } from "../../src/base/bytes.ts";
import { encodeCanonical } from "../../src/protocol/codec.ts";
import { decodeCanonical } from "../../src/protocol/decode.ts";
import { compileFolder, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
let probe: RawProcess;
beforeAll(async () => {
  module = await compileFolder("./probe", import.meta.url);
  probe = RawProcess.spawn(module);
});

const top = 2n ** 128n - 1n;
const wordTop = 2n ** 64n - 1n;

/** Amounts near the places where carries happen. */
const amount = fc.oneof(
  fc.bigInt({ min: 0n, max: top }),
  fc.bigInt({ min: 0n, max: wordTop }),
  fc.tuple(fc.nat({ max: 128 }), fc.bigInt({ min: -2n, max: 2n })).map(([bits, near]) => {
    const value = 2n ** BigInt(bits) + near;
    return value < 0n ? 0n : value > top ? top : value;
  }),
  fc.nat({ max: 38 }).map((power) => 10n ** BigInt(power)),
);

const operators: Readonly<Record<string, (left: bigint, right: bigint) => bigint | null>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => (right === 0n ? null : left / right),
  "%": (left, right) => (right === 0n ? null : left % right),
};

/** The process's answer, or null where it aborted (there is no rollback, so it is made anew). */
function calculate(action: string, left: bigint, right: bigint, operator: string): string | null {
  try {
    const tags = { Action: action, Left: `${left}`, Right: `${right}`, Operator: operator };
    return probe.deliver({ tags }).text;
  } catch (error) {
    expect(String(error)).toContain("unreachable");
    probe = RawProcess.spawn(module);
    return null;
  }
}

test.each(Object.keys(operators))("property: U128 %s agrees with BigInt or aborts", (operator) => {
  fc.assert(
    fc.property(amount, amount, (left, right) => {
      const exact = operators[operator]?.(left, right) ?? null;
      const expected = exact === null || exact < 0n || exact > top ? null : `${exact}`;
      expect(calculate("Amount", left, right, operator)).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

test("property: U128 orders as BigInt does", () => {
  fc.assert(
    fc.property(amount, amount, fc.boolean(), (left, other, isSame) => {
      const right = isSame ? left : other;
      const expected = left === right ? "=" : left < right ? "<" : ">";
      expect(calculate("Amount", left, right, "?")).toBe(expected);
    }),
    { numRuns: 200 },
  );
});

test("property: checked words agree with BigInt or abort", () => {
  const word = fc.oneof(fc.bigInt({ min: 0n, max: wordTop }), fc.bigInt({ min: 0n, max: 99n }));
  fc.assert(
    fc.property(word, word, fc.constantFrom("+", "-", "*"), (left, right, operator) => {
      const exact = operators[operator]?.(left, right) ?? 0n;
      const expected = exact < 0n || exact > wordTop ? null : `${exact}`;
      expect(calculate("Word", left, right, operator)).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

test("property: an amount is decimal, below 2^128, without sign or leading zero", () => {
  const odd = fc.constantFrom("", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "１");
  const large = fc.bigInt({ min: top - 12n, max: top + 12n }).map(String);
  const huge = fc.bigInt({ min: top, max: 10n ** 41n }).map(String);
  fc.assert(
    fc.property(fc.oneof(odd, large, huge, amount.map(String)), (candidate) => {
      const tags = { Action: "Text", Candidate: candidate };
      const lines = probe.deliver({ tags, data: new Uint8Array(0) }).text.split("\n");
      const isAmount = /^(0|[1-9]\d*)$/.test(candidate) && BigInt(candidate) <= top;
      expect(lines[4], candidate).toBe(isAmount ? candidate : "none");
    }),
    { numRuns: 300 },
  );
});

type Operation = readonly [kind: number, key: number, value: number];

function applyTo(model: Map<number, number>, operations: readonly Operation[]): void {
  for (const [kind, key, value] of operations) {
    if (kind === 1) model.set(key, value);
    else model.delete(key);
  }
}

/** What the three maps of the probe must answer. */
function expectMaps(answer: Uint8Array, model: ReadonlyMap<number, number>): void {
  const [numbers, texts, addresses, first] = decodeCanonical(answer) as [
    readonly [number, number][],
    readonly [string, string][],
    readonly [Uint8Array, number, number][],
    readonly [number],
  ];
  const byNumber = [...model].sort(([left], [right]) => left - right);
  expect(numbers).toEqual(byNumber);
  const byText = [...model].map(([key, value]): [string, string] => [`${key}`, `${value}`]);
  expect(texts).toEqual(byText.sort(([left], [right]) => (left < right ? -1 : 1)));
  expect(addresses.map(([, key, value]) => [key, value]).sort(byFirst)).toEqual(byNumber);
  const keys = addresses.map(([key]) => key);
  expect(keys).toEqual([...keys].sort(compareBytes));
  expect(first).toEqual([byNumber.find(([key]) => key >= 500)?.[0] ?? 0]);
}

function byFirst(left: readonly unknown[], right: readonly unknown[]): number {
  return Number(left[0]) - Number(right[0]);
}

test("property: maps hold what a model holds, in the order of their keys", () => {
  const key = fc.nat({ max: 2000 });
  const operation = fc.tuple(fc.constantFrom(0, 1, 1), key, fc.nat({ max: 9999 }));
  const runs = fc.array(fc.array(operation, { maxLength: 300 }), { maxLength: 6 });
  fc.assert(
    fc.property(runs, (batches) => {
      const process = RawProcess.spawn(module);
      const model = new Map<number, number>();
      for (const batch of batches) {
        applyTo(model, batch);
        const data = encodeCanonical(batch);
        expectMaps(process.deliver({ tags: { Action: "Map" }, data }).output, model);
      }
    }),
    { numRuns: 25 },
  );
});

test("a map grows to three levels and shrinks to nothing, whatever the order", () => {
  const process = RawProcess.spawn(module);
  const keys = Array.from({ length: 3000 }, (_, at) => (at * 1237) % 3001);
  const upwards = [...keys].sort((left, right) => left - right);
  const model = new Map<number, number>();
  for (const kind of [1, 0]) {
    for (let at = 0; at < keys.length; at += 500) {
      const part = (kind === 1 ? keys : upwards).slice(at, at + 500);
      const batch = part.map((key): Operation => [kind, key, key * 2]);
      applyTo(model, batch);
      const data = encodeCanonical(batch);
      expectMaps(process.deliver({ tags: { Action: "Map" }, data }).output, model);
    }
  }
  expect(model.size).toBe(0);
});
