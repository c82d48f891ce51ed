import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import {
  functionOf,
  type InstructionWords,
  minimalProcess,
} from "../../testing/minimal-process.ts";
import { encodeModule } from "../binary/encode.ts";
import { i32Type, type ValueType, type WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { validateProcess } from "../validate/validate-process.ts";
import { instrumentModule } from "./instrument-module.ts";

/**
 * Runs `handle` in a worker with a stack of that size until it traps, again and again so that
 * the optimising tier gets its turn, and says which kinds of error came up.
 */
async function errorsOf(
  bytes: Uint8Array,
  stackLimit: number,
  stackSizeMb: number,
): Promise<string[]> {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    const made = new WebAssembly.Instance(new WebAssembly.Module(workerData.bytes), {}).exports;
    const errors = new Set();
    for (let k = 0; k < 4; k++) {
      made.$gas.value = 1n << 60n;
      made.$stack.value = workerData.stackLimit;
      try { made.handle(1); errors.add("none"); } catch (error) { errors.add(error.constructor.name); }
    }
    parentPort.postMessage([...errors]);
  `;
  const worker = new Worker(source, {
    eval: true,

    workerData: { bytes, stackLimit },
    resourceLimits: { stackSizeMb },
  });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

const { functions, types } = minimalProcess();

function repeated<Item>(count: number, make: (k: number) => readonly Item[]): Item[] {
  return Array.from({ length: count }, (_, k) => make(k)).flat();
}

/** `handle` calls function 3 (type i32 → i32) with its length and throws the answer away. */
function recursive(
  words: readonly InstructionWords[],
  locals: readonly ValueType[] = [],
): Partial<WasmModule> {
  return {
    functions: [
      functions[0]!,
      functions[1]!,
      functionOf(2, [[Op.localGet, 0], [Op.call, 3], [Op.i64ExtendI32U]]),
      functionOf(1, words, locals),
    ],
  };
}

/** Distinct pure expressions of the parameter, each folded into local 1. */
const expressions = (count: number): InstructionWords[] =>
  repeated(count, (k): InstructionWords[] => [
    [Op.localGet, 0],
    [Op.i32Const, 3 + 2 * k],
    [Op.i32Mul],
    [Op.localGet, 1],
    [Op.i32Xor],
    [Op.localSet, 1],
  ]);

/** The same by a chain of one-operand instructions, with a branch as the only consumer. */
const chain = (count: number): InstructionWords[] => [
  [Op.block, -64],
  [Op.localGet, 0],
  [Op.localSet, 1],
  ...repeated(count, (k): InstructionWords[] => [
    [Op.localGet, 1],
    [k % 2 === 0 ? Op.i32Clz : Op.i32Extend8S],
    [Op.localTee, 1],
    [Op.brIf, 0],
  ]),
  [Op.end],
];

const callItself: readonly InstructionWords[] = [
  [Op.localGet, 0],
  [Op.call, 3],
  [Op.localSet, 2],
];
const shapes: readonly (readonly [name: string, changes: Partial<WasmModule>])[] = [
  [
    "a small frame",
    recursive([
      [Op.localGet, 0],
      [Op.call, 3],
    ]),
  ],
  [
    "4,000 pure expressions on both sides of the call",
    recursive(
      [...expressions(4000), ...callItself, ...expressions(4000), [Op.localGet, 1]],
      [i32Type, i32Type],
    ),
  ],
  [
    "pure expressions in a loop around the call",
    recursive(
      [
        [Op.loop, -64],
        ...expressions(3000),
        ...callItself,
        [Op.localGet, 2],
        [Op.brIf, 0],
        [Op.end],
        [Op.localGet, 1],
      ],
      [i32Type, i32Type],
    ),
  ],
  [
    "a chain of branches on both sides of the call",
    recursive(
      [...chain(3000), ...callItself, ...chain(3000), [Op.localGet, 1]],
      [i32Type, i32Type],
    ),
  ],
  [
    "1,000 operands waiting on the stack",
    recursive([
      ...repeated(1000, (k): InstructionWords[] => [
        [Op.localGet, 0],
        [Op.i32Const, k],
        [Op.i32Add],
      ]),
      [Op.localGet, 0],
      [Op.call, 3],
      ...repeated(1000, (): InstructionWords[] => [[Op.i32Xor]]),
    ]),
  ],
  [
    "1,000 locals that stay alive",
    recursive(
      [
        ...repeated(1000, (k): InstructionWords[] => [
          [Op.localGet, 0],
          [Op.i32Const, k],
          [Op.i32Mul],
          [Op.localSet, 1 + k],
        ]),
        [Op.localGet, 0],
        [Op.call, 3],
        ...repeated(1000, (k): InstructionWords[] => [[Op.localGet, 1 + k], [Op.i32Xor]]),
      ],
      new Array<ValueType>(1000).fill(i32Type),
    ),
  ],
  [
    "64 parameters",
    {
      types: [
        ...types,
        { parameters: new Array<ValueType>(64).fill(i32Type), results: [], offset: 0 },
      ],
      functions: [
        functions[0]!,
        functions[1]!,
        functionOf(2, [
          ...repeated(64, (): InstructionWords[] => [[Op.localGet, 0]]),
          [Op.call, 3],
          [Op.i64Const, 0],
        ]),
        functionOf(3, [
          ...repeated(64, (k): InstructionWords[] => [[Op.localGet, k]]),
          [Op.call, 3],
        ]),
      ],
    },
  ],
];

test("V8's own stack check never comes before the slot limit, whatever the shape of the frame", async () => {
  for (const [name, changes] of shapes) {
    const validated = validateProcess(encodeModule(minimalProcess(changes)));
    const { bytes, stackLimit } = instrumentModule(validated, { dirtyTracking: false });
    // 64 MB is what the evaluator reserves; 2 MB shows that a slot takes eight bytes at most, and
    // little else: 200,000 of them are 1.6 MB.
    for (const stackSizeMb of [64, 2]) {
      const errors = await errorsOf(bytes, stackLimit, stackSizeMb);
      expect(errors, `${name}, ${stackSizeMb} MB`).toEqual(["RuntimeError"]);
    }
  }
});
