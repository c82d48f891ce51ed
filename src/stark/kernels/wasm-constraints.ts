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

/** Rows whose denominators a thread has in its cache at a time: 16 bytes each for some 20 of them. */
const lookupRows = 1024;

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

/** A program in the kernels' memory. */
interface LoadedProgram {
  readonly code: number;
  readonly constants: number;
}

function loadProgram(host: KernelHost, program: KernelProgram): LoadedProgram {
  assert(program.slotBytes + 256 <= scratchBytes, "a program's slots are more than the scratch");
  const code = host.reserve(program.code.length);
  const constants = host.reserve(program.constants.length);
  code.set(program.code);
  constants.set(program.constants);
  return { code: code.byteOffset, constants: constants.byteOffset };
}

/** The address of a program's list. */
function loadEntries(host: KernelHost, entries: readonly SourceEntry[]): number {
  const list = host.reserve(4 * entries.length);
  entries.forEach(({ address, rowBytes, isNext }, i) => {
    list.set([address, rowBytes, isNext ? 1 : 0, 0], 4 * i);
  });
  return list.byteOffset;
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

/** Where a thread keeps a block's inverses and multiplicities, and the lists that name them. */
interface LookupRoom {
  readonly entries: number;
  readonly inverses: number;
  /** For each group its list and how many interactions it has. */
  readonly groups: readonly { readonly address: number; readonly count: number }[];
}

function lookupRoom(host: KernelHost, input: LookupInput): LookupRoom {
  const { groups, program } = input.table;
  const { length: count } = program.interactions;
  const inverses = host.reserve(4 * lookupRows * count).byteOffset;
  const multiplicities = host.reserve(lookupRows * count).byteOffset;
  const inversesOf = (index: number): number => inverses + 16 * lookupRows * index;
  const multiplicitiesOf = (index: number): number => multiplicities + 4 * lookupRows * index;
  const entries = new Array<SourceEntry>(firstLookupDestination).fill(vectorEntry(0));
  entries[sources.local] = matrixEntry(host, input.main, false);
  entries[sources.fixed] = matrixEntry(host, input.fixed, false);
  for (const addressOf of [inversesOf, multiplicitiesOf]) {
    for (let index = 0; index < count; index++) entries.push(vectorEntry(addressOf(index)));
  }
  const lists = groups.map((group) => {
    const list = host.reserve(2 * group.length);
    list.set(group.flatMap((index) => [inversesOf(index), multiplicitiesOf(index)]));
    return { address: list.byteOffset, count: group.length };
  });
  return { entries: loadEntries(host, entries), inverses, groups: lists };
}

/**
 * The auxiliary trace: denominators by a program, their inverses, sums of groups, the running sum. Rows
 * go through all of it in blocks whose denominators fit the cache.
 */
export async function wasmLookupColumns(
  host: KernelHost,
  field: ExtensionField,
  input: LookupInput,
): Promise<LookupColumns> {
  const { logHeight } = input;
  const height = 2 ** logHeight;
  if (height < blockRows) return lookupColumns(field, input);
  const { groups, program } = input.table;
  const shape = { height, width: 4 * (groups.length + 1) };
  const matrix = createMatrix(shape, (length) => host.reserve(length));
  const mark = host.mark();
  const totals = host.allocate(4 * height).byteOffset;
  const loaded = loadProgram(host, compileLookups(field, input));
  const rowBytes = 4 * matrix.stride;
  const target = matrix.values.byteOffset;
  const split = { items: height, unit: blockRows, least: 4 * blockRows };
  await host.parallel(split, (first, last, scratch) => {
    const room = lookupRoom(host, input);
    const calls: KernelCall[] = [];
    for (let row = first; row < last; row += lookupRows) {
      const rows = Math.min(lookupRows, last - row);
      const range = [row, row + rows, 0, logHeight, 0, scratch];
      const shared = [loaded.code, loaded.constants, room.entries];
      calls.push({ kernel: "runProgram", with: [...shared, ...range] });
      for (let index = 0; index < program.interactions.length; index++) {
        const address = room.inverses + 16 * lookupRows * index;
        calls.push({ kernel: "invertExtensions", with: [address, rows / 4, scratch] });
      }
      room.groups.forEach(({ address, count }, column) => {
        const places = [target + row * rowBytes + 16 * column, rowBytes, totals + 16 * row];
        calls.push({ kernel: "sumGroup", with: [address, count, 0, rows / 4, ...places, scratch] });
      });
    }
    return calls;
  });
  const total = host.reserve(4);
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
  const values = host.reserve(4 * 2 ** logSize);
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
  const { code, constants } = loadProgram(host, compileQuotient(field, quotient));
  const shared = [code, constants, loadEntries(host, entries)];
  const split = { items: 2 ** logSize, unit: blockRows, least: 4 * blockRows };
  await host.parallel(split, (first, last, scratch) => [
    { kernel: "runProgram", with: [...shared, first, last, first, logSize, logExtra, scratch] },
  ]);
  host.release(mark);
  return values;
}
