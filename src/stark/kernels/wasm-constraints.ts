/**
 * Auxiliary columns and quotients on the kernels (spec/08-proofs.md §6). Tables of fewer rows than
 * a program's block go to the readable engine.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Extension, ExtensionField } from "../../field/extension.ts";
import type { LookupColumns, LookupInput, QuotientInput } from "../engine.ts";
import { createMatrix, type Matrix } from "../matrix.ts";
import {
  compileLookups,
  compileQuotient,
  firstLookupDestination,
  sources,
} from "./compile-program.ts";
import { type KernelCall, type KernelHost, scratchBytes } from "./kernel-host.ts";
import type { KernelProgram } from "./program-builder.ts";
import { lookupColumns, quotientValues } from "./reference-constraints.ts";
import type { KernelTables } from "./wasm-tables.ts";

/** Rows that a program handles at a time. */
const blockRows = 64;

/** Blocks of four elements that are inverted together: they and their products fit the cache. */
const inversionBlocks = 1024;

/** An entry of a program's list: an address, bytes from row to row, and whether it is the next row's. */
interface SourceEntry {
  readonly address: number;
  readonly rowBytes: number;
  readonly isNext: boolean;
}

function matrixEntry(host: KernelHost, matrix: Matrix | null, isNext: boolean): SourceEntry {
  if (matrix === null) return { address: 0, rowBytes: 0, isNext };
  return { address: host.pointer(matrix.values), rowBytes: 4 * matrix.stride, isNext };
}

function vectorEntry(address: number): SourceEntry {
  return { address, rowBytes: 4, isNext: false };
}

async function runProgram(
  host: KernelHost,
  program: KernelProgram,
  input: {
    readonly entries: readonly SourceEntry[];
    readonly logSize: number;
    readonly logStep: number;
  },
): Promise<void> {
  assert(program.slotBytes + 256 <= scratchBytes, "a program's slots are more than the scratch");
  const code = host.allocate(program.code.length);
  const constants = host.allocate(program.constants.length);
  const list = host.allocate(4 * input.entries.length);
  code.set(program.code);
  constants.set(program.constants);
  input.entries.forEach(({ address, rowBytes, isNext }, i) => {
    list.set([address, rowBytes, isNext ? 1 : 0, 0], 4 * i);
  });
  const shared = [code.byteOffset, constants.byteOffset, list.byteOffset];
  await host.parallel(
    { items: 2 ** input.logSize, unit: blockRows, least: 4 * blockRows },
    (first, last, scratch) => [
      {
        kernel: "runProgram",
        with: [...shared, first, last, input.logSize, input.logStep, scratch],
      },
    ],
  );
}

/** Inverts `blocks` packed blocks at an address, in Montgomery form. */
export function inversionCalls(
  address: number,
  range: { readonly first: number; readonly last: number; readonly scratch: number },
): KernelCall[] {
  const calls: KernelCall[] = [];
  for (let block = range.first; block < range.last; block += inversionBlocks) {
    const count = Math.min(inversionBlocks, range.last - block);
    calls.push({ kernel: "invertExtensions", with: [address + 64 * block, count, range.scratch] });
  }
  return calls;
}

/** The auxiliary trace: denominators by a program, their inverses, sums of groups, the running sum. */
export async function wasmLookupColumns(
  host: KernelHost,
  field: ExtensionField,
  input: LookupInput,
): Promise<LookupColumns> {
  const height = 2 ** input.logHeight;
  if (height < blockRows) return lookupColumns(field, input);
  const { groups, program } = input.table;
  const allocate = (length: number): Uint32Array => host.allocate(length);
  const matrix = createMatrix({ height, width: 4 * (groups.length + 1) }, allocate);
  const mark = host.mark();
  const count = program.interactions.length;
  const inverses = program.interactions.map(() => allocate(4 * height).byteOffset);
  const multiplicities = program.interactions.map(() => allocate(height).byteOffset);
  const entries: SourceEntry[] = new Array<SourceEntry>(firstLookupDestination).fill(
    vectorEntry(0),
  );
  entries[sources.local] = matrixEntry(host, input.main, false);
  entries[sources.fixed] = matrixEntry(host, input.fixed, false);
  entries.push(...[...inverses, ...multiplicities].map(vectorEntry));
  const { logHeight: logSize } = input;
  await runProgram(host, compileLookups(field, input), { entries, logSize, logStep: 0 });

  const totals = allocate(4 * height).byteOffset;
  const lists = groups.map((group) => {
    const list = allocate(2 * group.length);
    group.forEach((index, i) => {
      list.set([inverses[index]!, multiplicities[index]!], 2 * i);
    });
    return { address: list.byteOffset, count: group.length };
  });
  const rowBytes = 4 * matrix.stride;
  const target = matrix.values.byteOffset;
  assert(inverses.length === count, "one list of inverses for each interaction");
  await host.parallel({ items: height / 4, unit: 16, least: 256 }, (first, last, scratch) => [
    ...inverses.flatMap((address) => inversionCalls(address, { first, last, scratch })),
    ...lists.map((list, column) => ({
      kernel: "sumGroup",
      with: [
        list.address,
        list.count,
        first,
        last,
        target + 16 * column,
        rowBytes,
        totals,
        scratch,
      ],
    })),
  ]);
  const total = allocate(4);
  const sumColumn = target + 16 * groups.length;
  host.call("runningSum", totals, height, sumColumn, rowBytes, total.byteOffset);
  const terminal: Extension = Array.from(total);
  host.release(mark);
  return { matrix, terminal };
}

/** The quotient's values on its domain. */
export async function wasmQuotientValues(
  host: KernelHost,
  tables: KernelTables,
  input: { readonly field: ExtensionField; readonly quotient: QuotientInput },
): Promise<Uint32Array> {
  const { field, quotient } = input;
  const { logHeight, table } = quotient;
  const logExtra = Math.ceil(Math.log2(table.quotientChunks));
  const logSize = logHeight + logExtra;
  const values = host.allocate(4 * 2 ** logSize);
  if (2 ** logHeight < blockRows) {
    values.set(quotientValues(field, quotient));
    return values;
  }
  const mark = host.mark();
  const selectors = tables.selectors(logHeight, logExtra);
  const entries = [
    matrixEntry(host, quotient.main, false),
    matrixEntry(host, quotient.main, true),
    matrixEntry(host, quotient.fixed, false),
    matrixEntry(host, quotient.auxiliary, false),
    matrixEntry(host, quotient.auxiliary, true),
    vectorEntry(selectors.every),
    vectorEntry(selectors.first),
    vectorEntry(selectors.last),
    vectorEntry(selectors.transition),
    vectorEntry(values.byteOffset),
  ];
  const program = compileQuotient(field, quotient);
  await runProgram(host, program, { entries, logSize, logStep: logExtra });
  host.release(mark);
  return values;
}
