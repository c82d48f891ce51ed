import { expect, test } from "vitest";
import { codeOf, functionOf, minimalProcess } from "../../testing/minimal-process.ts";
import { compileSample } from "../../testing/sample-processes.ts";
import { encodeModule } from "../binary/encode.ts";
import { WasmError } from "../binary/error.ts";
import { type Export, i32Type, type WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { processLimits } from "./limits.ts";
import { validateProcess } from "./validate-process.ts";

function refusal(bytes: Uint8Array): string {
  try {
    validateProcess(bytes);
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const item = error.fields["item"];
    return error.code === "LIMIT_EXCEEDED" ? `LIMIT_EXCEEDED ${item}` : error.code;
  }
  return "accepted";
}

const { exports, functions, types } = minimalProcess();
const global = { type: i32Type, mutable: true, initial: codeOf([Op.i32Const]), offset: 0 } as const;
const table = { elementType: 0x70, minimum: 2, maximum: 2, offset: 0 } as const;

function repeated<Item>(count: number, item: Item): Item[] {
  return new Array<Item>(count).fill(item);
}

function withExport(extra: Omit<Export, "offset">): Partial<WasmModule> {
  return { exports: [...exports, { ...extra, offset: 0 }] };
}

function withStart(words: Parameters<typeof functionOf>[1]): Partial<WasmModule> {
  return { functions: [functionOf(0, words), ...functions.slice(1)] };
}

const dataAt = (address: number, length: number): Partial<WasmModule> => ({
  data: [
    {
      flags: 0,
      memory: 0,
      start: codeOf([Op.i32Const, address]),
      bytes: new Uint8Array(length),
      offset: 0,
    },
  ],
});

const elementsAt = (position: number): Partial<WasmModule> => ({
  tables: [table],
  elements: [
    {
      flags: 0,
      table: 0,
      start: codeOf([Op.i32Const, position]),
      elementType: 0x70,
      functions: [0],
      expressions: null,
      offset: 0,
    },
  ],
});

const cases: readonly (readonly [outcome: string, changes: Partial<WasmModule>])[] = [
  ["accepted", {}],
  ["accepted", withExport({ name: "more", kind: "function", index: 0 })],
  ["accepted", dataAt(65_530, 6)],
  ["accepted", elementsAt(1)],
  [
    "IMPORT_FORBIDDEN",
    {
      imports: [
        { module: "env", name: "now", description: { kind: "function", typeIndex: 0 }, offset: 0 },
      ],
    },
  ],
  ["START_FORBIDDEN", { start: { functionIndex: 0, offset: 0 } }],
  ["EXPORT_MISSING", { exports: exports.filter(({ name }) => name !== "handle") }],
  ["EXPORT_MISSING", { exports: exports.filter(({ name }) => name !== "memory") }],
  [
    "EXPORT_TYPE",
    { exports: exports.map((each) => (each.name === "handle" ? { ...each, index: 1 } : each)) },
  ],
  [
    "EXPORT_TYPE",
    {
      exports: exports.map((each) =>
        each.name === "memory" ? { ...each, kind: "function" } : each,
      ),
    },
  ],
  [
    "EXPORT_FORBIDDEN",
    { ...withExport({ name: "counter", kind: "global", index: 0 }), globals: [global] },
  ],
  [
    "EXPORT_FORBIDDEN",
    { ...withExport({ name: "table", kind: "table", index: 0 }), tables: [table] },
  ],
  ["EXPORT_FORBIDDEN", withExport({ name: "second", kind: "memory", index: 0 })],
  ["EXPORT_NAME_RESERVED", withExport({ name: "$gas", kind: "function", index: 0 })],
  ["MEMORY_MISSING", { memories: [], exports: [] }],
  ["DATA_OUT_OF_RANGE", dataAt(65_530, 7)],
  ["DATA_OUT_OF_RANGE", dataAt(-1, 0)],
  ["ELEMENT_OUT_OF_RANGE", elementsAt(2)],
  ["LIMIT_EXCEEDED moduleBytes", dataAt(0, processLimits.moduleBytes)],
  ["LIMIT_EXCEEDED functions", { functions: [...functions, ...repeated(8190, functions[0]!)] }],
  ["LIMIT_EXCEEDED bodyBytes", withStart([...repeated(131_072, [Op.nop] as const)])],
  [
    "LIMIT_EXCEEDED locals",
    { functions: [functionOf(0, [], repeated(1025, i32Type)), ...functions.slice(1)] },
  ],
  [
    "LIMIT_EXCEEDED parameters",
    {
      types: [...types, { parameters: repeated(65, i32Type), results: [], offset: 0 }],
      functions: [...functions, functionOf(3, [])],
    },
  ],
  [
    "LIMIT_EXCEEDED operandStack",
    withStart([...repeated(1025, [Op.i32Const] as const), [Op.unreachable]]),
  ],
  [
    "LIMIT_EXCEEDED nesting",
    withStart([...repeated(257, [Op.block, -64] as const), ...repeated(257, [Op.end] as const)]),
  ],
  ["LIMIT_EXCEEDED branchLabels", withStart([[Op.i32Const], [Op.brTable, repeated(4097, 0)]])],
  ["LIMIT_EXCEEDED tableElements", { tables: [{ ...table, minimum: 8193, maximum: null }] }],
  ["LIMIT_EXCEEDED initialPages", { memories: [{ minimum: 1025, maximum: null, offset: 0 }] }],
  ["LIMIT_EXCEEDED globals", { globals: repeated(1025, global) }],
  ["LIMIT_EXCEEDED dataSegments", { data: repeated(4097, dataAt(0, 0).data![0]!) }],
  ["FLOAT_FORBIDDEN", withStart([[Op.f64Const], [Op.drop]])],
];

test("answers each module with its code", () => {
  for (const [outcome, changes] of cases) {
    expect(refusal(encodeModule(minimalProcess(changes))), outcome).toBe(outcome);
  }
});

test("every limit has a case above, and the limit itself is still allowed", () => {
  const named = cases.flatMap(([outcome]) => /^LIMIT_EXCEEDED (.*)$/.exec(outcome)?.[1] ?? []);
  expect(named.sort()).toEqual(Object.keys(processLimits).sort());
  const atTheLimit: Partial<WasmModule> = {
    functions: [
      functionOf(
        0,
        [
          ...repeated(256, [Op.block, -64] as const),
          [Op.i32Const],
          [Op.brTable, repeated(4096, 0)],
          ...repeated(256, [Op.end] as const),
          ...repeated(1024, [Op.i32Const] as const),
          [Op.unreachable],
        ],
        repeated(1024, i32Type),
      ),
      ...functions.slice(1),
      ...repeated(8189, functions[0]!),
    ],
    tables: [{ ...table, minimum: 8192, maximum: 8192 }],
    memories: [{ minimum: 1024, maximum: null, offset: 0 }],
    globals: repeated(1024, global),
    data: repeated(4096, dataAt(0, 0).data![0]!),
  };
  expect(refusal(encodeModule(minimalProcess(atTheLimit)))).toBe("accepted");
});

test("accepts what the compiler writes for a process", async () => {
  const { functions: validated, stackLimit } = validateProcess(await compileSample("token"));
  expect(validated.length).toBeGreaterThan(10);
  expect(stackLimit).toBeGreaterThan(180_000);
});
