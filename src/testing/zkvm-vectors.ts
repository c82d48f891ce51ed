/**
 * What the vectors of the zkVM are about (spec/14-zkvm.md, spec/vectors/zkvm): small modules written by
 * hand, and how their programs are hashed.
 *
 * @module
 */

import { toHex } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { encodeModule } from "../wasm/binary/encode.ts";
import { i32Type, i64Type } from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { type Row, rowFields } from "../zkvm/program/program.ts";
import { functionOf, minimalProcess } from "./minimal-process.ts";

const { functions } = minimalProcess();
const [start, alloc] = functions as [(typeof functions)[0], (typeof functions)[0]];

/** Mixes 64 bits a hundred times and leaves each in memory; returns 256 bytes of them. */
const mixing = functionOf(
  2,
  [
    [Op.loop, -64],
    [Op.localGet, 2],
    [Op.i64Const, 0x9e37_79b1 | 0, 5],
    [Op.i64Mul],
    [Op.localGet, 0],
    [Op.i64ExtendI32U],
    [Op.i64Add],
    [Op.localSet, 2],
    [Op.localGet, 1],
    [Op.i32Const, 31],
    [Op.i32And],
    [Op.i32Const, 3],
    [Op.i32Shl],
    [Op.localGet, 2],
    [Op.i64Store, 3, 2048],
    [Op.localGet, 1],
    [Op.i32Const, 1],
    [Op.i32Add],
    [Op.localTee, 1],
    [Op.i32Const, 100],
    [Op.i32LtU],
    [Op.brIf, 0],
    [Op.end],
    [Op.i64Const, 256, 2048],
  ],
  [i32Type, i64Type],
);

/** Divides 64 bits by what the inbox begins with: a trap where that is zero. */
const dividing = functionOf(2, [
  [Op.i64Const, -1, 0x7fff_ffff],
  [Op.i32Const, 1024],
  [Op.i64Load, 3, 0],
  [Op.i64DivU],
  [Op.i64Const, 0xff, 0],
  [Op.i64And],
]);

/** Modules by name. */
export const vectorModules: Readonly<Record<string, Uint8Array>> = {
  minimal: encodeModule(minimalProcess()),
  mixing: encodeModule(minimalProcess({ functions: [start, alloc, mixing] })),
  dividing: encodeModule(minimalProcess({ functions: [start, alloc, dividing] })),
};

/** Hash of a program: the ten numbers of each row, as little-endian words. */
export function rowsHash(rows: readonly Row[]): string {
  const words = rows.flatMap((row) => rowFields.map((field) => row[field]));
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return toHex(sha256(bytes));
}

/** The slots that are proven: the first of each process. */
export const vectorSlots: readonly {
  readonly name: string;
  readonly module: string;
  readonly gasLimit: number;
  /** Rows of a segment. */
  readonly segmentRows: number;
  readonly inbox: Uint8Array;
}[] = [
  {
    name: "one segment",
    ...{ module: "mixing", gasLimit: 100_000, segmentRows: 2 ** 18, inbox: Uint8Array.of(1, 2, 3) },
  },
  {
    name: "two segments",
    ...{ module: "mixing", gasLimit: 100_000, segmentRows: 2 ** 10, inbox: Uint8Array.of(1, 2, 3) },
  },
  {
    name: "a division by zero",
    ...{ module: "dividing", gasLimit: 2000, segmentRows: 2 ** 18, inbox: new Uint8Array(8) },
  },
];

/** Pages that memory may grow to in all of them. */
export const vectorPagesMax = 2;
