import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { functionOf, minimalProcess } from "../../testing/minimal-process.ts";
import { encodeModule } from "../binary/encode.ts";
import { i32Type } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { validateProcess } from "../validate/validate-process.ts";
import { logChunkBytes, spillBytes } from "./dirty-mask.ts";
import { instrumentModule } from "./instrument-module.ts";

/** 130 chunks: the mask wraps twice and a bit. */
const pages = 130;
const memoryBytes = pages << logChunkBytes;

interface Machine {
  readonly memory: Uint8Array;
  readonly dirty: WebAssembly.Global;
  readonly gas: WebAssembly.Global;
  readonly operations: readonly ((a: number, b: number, c: number) => void)[];
}

let machine: Machine;

beforeAll(() => {
  const { types, functions, exports } = minimalProcess();
  const three = { parameters: [i32Type, i32Type, i32Type], results: [], offset: 0 } as const;
  const bodies = [
    // Plain address, then two more stores that the first one's mark must cover or not.
    functionOf(3, [
      [Op.localGet, 0],
      [Op.localGet, 1],
      [Op.i32Store, 0, 0],
      [Op.localGet, 0],
      [Op.localGet, 1],
      [Op.i32Store8, 0, 4088],
      [Op.localGet, 0],
      [Op.localGet, 1],
      [Op.i32Store8, 0, 4089],
    ]),
    // The local changes between two stores.
    functionOf(3, [
      [Op.localGet, 0],
      [Op.localGet, 1],
      [Op.i32Store16, 0, 0],
      [Op.localGet, 2],
      [Op.localSet, 0],
      [Op.localGet, 0],
      [Op.localGet, 1],
      [Op.i32Store, 0, 3],
    ]),
    // A computed address and a computed i64 value with a far offset.
    functionOf(3, [
      [Op.localGet, 0],
      [Op.i32Const, 1],
      [Op.i32Xor],
      [Op.localGet, 1],
      [Op.i64ExtendI32S],
      [Op.i64Const, 3],
      [Op.i64Mul],
      [Op.i64Store, 0, 100_000],
    ]),
    functionOf(3, [[Op.localGet, 0], [Op.localGet, 1], [Op.localGet, 2], [Op.memoryFill]]),
    functionOf(3, [[Op.localGet, 0], [Op.localGet, 1], [Op.localGet, 2], [Op.memoryCopy]]),
  ];
  const process = minimalProcess({
    types: [...types, three],
    functions: [...functions, ...bodies],
    memories: [{ minimum: pages, maximum: null, offset: 0 }],
    exports: [
      ...exports,
      ...bodies.map((_, k) => ({
        name: `op${k}`,
        kind: "function" as const,
        index: 3 + k,
        offset: 0,
      })),
    ],
  });
  const output = instrumentModule(validateProcess(encodeModule(process)), { dirtyTracking: true });
  const compiled = new WebAssembly.Module(output.bytes as Uint8Array<ArrayBuffer>);
  const made = new WebAssembly.Instance(compiled, {}).exports;
  machine = {
    memory: new Uint8Array((made["memory"] as WebAssembly.Memory).buffer),
    dirty: made["$dirty"] as WebAssembly.Global,
    gas: made["$gas"] as WebAssembly.Global,
    operations: bodies.map((_, k) => made[`op${k}`] as Machine["operations"][number]),
  };
});

const address = fc.oneof(
  fc.nat(memoryBytes + 10),
  // Just before and after the edge of a chunk.
  fc.tuple(fc.nat(pages), fc.integer({ min: -10, max: 10 })).map(([k, d]) => (k << 16) + d),
);
const length = fc.oneof(
  fc.nat(100),
  fc.nat(200_000),
  fc.integer({ min: 62 * 65_536, max: 67 * 65_536 }),
);

function unmarkedWrites(before: Uint8Array, after: Uint8Array, mask: bigint): number[] {
  const isDirty = (chunk: number): boolean => ((mask >> BigInt(chunk & 63)) & 1n) === 1n;
  const found: number[] = [];
  for (let chunk = 0; chunk < pages; chunk++) {
    if (isDirty(chunk)) continue;
    const start = (chunk << 16) + (chunk > 0 && isDirty(chunk - 1) ? spillBytes : 0);
    const end = (chunk + 1) << 16;
    if (Buffer.compare(before.subarray(start, end), after.subarray(start, end)) !== 0)
      found.push(chunk);
  }
  return found;
}

test("property: stores, fills and copies mark every chunk that they change", () => {
  let marked = 0;
  fc.assert(
    fc.property(fc.nat(4), address, fc.oneof(address, fc.integer()), length, (kind, a, b, c) => {
      const before = machine.memory.slice();
      machine.dirty.value = 0n;
      machine.gas.value = 1n << 40n;
      // The third operand is a length for fills and copies, an address for the others.
      try {
        machine.operations[kind]!(a, b, c);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      }
      const mask = BigInt.asUintN(64, machine.dirty.value as bigint);
      if (mask !== 0n && mask !== (1n << 64n) - 1n) marked++;
      expect(unmarkedWrites(before, machine.memory, mask)).toEqual([]);
    }),
    { numRuns: 400, endOnFailure: true },
  );
  // Marking everything always would pass, too.
  expect(marked).toBeGreaterThan(150);
});

test("a fill marks its own chunks and no others, around the wrap", () => {
  const fill = machine.operations[3]!;
  const bits = (from: number, count: number): bigint => {
    let mask = 0n;
    for (let k = 0; k < count; k++) mask |= 1n << BigInt((from + k) & 63);
    return mask;
  };
  for (const [from, count] of [
    [0, 1],
    [60, 8],
    [63, 2],
    [1, 62],
    [5, 63],
    [5, 64],
    [70, 59],
    [0, 130],
  ] as const) {
    machine.dirty.value = 0n;
    machine.gas.value = 1n << 40n;
    fill((from << 16) + (count === 1 ? 7 : 65_535), 1, count === 1 ? 1 : (count - 2) * 65_536 + 2);
    expect(BigInt.asUintN(64, machine.dirty.value as bigint), `${from} ${count}`).toBe(
      bits(from, count),
    );
  }
  machine.dirty.value = 0n;
  fill(memoryBytes, 1, 0);
  expect(machine.dirty.value).toBe(0n);
});
