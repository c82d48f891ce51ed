/**
 * Hunts for missing constraints in the zkVM's tables: changes cells of one honest row and asks whether
 * a cheating prover could keep the change. What a row is given must stay (its program row, the memory
 * that it takes, the requests of other tables), lookups must stay true, and all constraints with both
 * neighbours must hold. Then what the row gives must be the same as before, or be a true statement.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { add, mul, P, sub } from "../field/koala-bear.ts";
import { evaluateNodes } from "../stark/air/evaluate.ts";
import { type Matrix, rowOf } from "../stark/matrix.ts";
import type { Table } from "../stark/system.ts";
import { buses } from "../zkvm/chips/buses.ts";
import { countsOf } from "../zkvm/chips/fixed/matrix.ts";
import { operate } from "../zkvm/machine/operations.ts";

const arithmetic = { fromBase: (a: number) => a, add, sub, mul };

/** A row with its neighbours. */
export interface MutableRow {
  readonly table: Table;
  readonly matrix: Matrix;
  readonly row: number;
  readonly publicValues: Uint32Array;
}

/** What a changed row may do: nothing, for it is refused; nothing that matters; or harm. */
export type MutationVerdict = "refused" | "harmless" | "harmful";

interface Message {
  readonly bus: number;
  readonly tuple: readonly number[];
  readonly multiplicity: number;
}

function messagesOf(target: MutableRow, values: readonly number[]): Message[] {
  return target.table.program.interactions
    .map(({ bus, tuple, multiplicity }) => ({
      bus,
      tuple: tuple.map((node) => values[node] ?? 0),
      multiplicity: values[multiplicity] ?? 0,
    }))
    .filter(({ multiplicity }) => multiplicity !== 0);
}

function evaluate(
  target: MutableRow,
  local: ArrayLike<number>,
  next: ArrayLike<number>,
): readonly number[] {
  const cells = { local, next, fixed: [], publicValues: target.publicValues };
  return evaluateNodes(target.table.program, arithmetic, cells);
}

function holds(
  target: MutableRow,
  values: readonly number[],
  row: number,
  kinds: "all" | "transition",
): boolean {
  const last = target.matrix.height - 1;
  return target.table.program.constraints.every(({ kind, node }) => {
    if (kinds === "transition" && kind !== "transition") return true;
    if (kind === "first" && row !== 0) return true;
    if (kind === "last" && row !== last) return true;
    return (kind === "transition" && row === last) || values[node] === 0;
  });
}

/** Whether the fixed table has the row, or the operation this result. */
function isTrue({ bus, tuple }: Message): boolean {
  const word = (at: number): number => (tuple[at] ?? 0) + 65_536 * (tuple[at + 1] ?? 0);
  const [x = 0, y = 0, z = 0] = tuple;
  if (bus === buses.range) return x < 65_536;
  if (bus === buses.bytes) return x < 256 && y < 256 && z === (x & y);
  if (bus === buses.count) return x < 65_536 && countsOf(x).join() === tuple.slice(1).join();
  if (tuple.slice(1).some((limb) => limb > 65_535)) return false;
  if (x < 1 || x > 13 || ((x === 12 || x === 13) && word(3) === 0)) return false;
  return operate(x, word(1), word(3)) === word(5);
}

const lookups: readonly number[] = [buses.range, buses.bytes, buses.count];

/** Messages that the row is given, and those that it gives. */
function partition(
  messages: readonly Message[],
  isMemoryChip: boolean,
): { readonly given: string; readonly gives: string } {
  const given: string[] = [];
  const gives: string[] = [];
  for (const { bus, tuple, multiplicity } of messages) {
    const taken = multiplicity > P / 2;
    if (lookups.includes(bus) || bus === buses.operation) continue;
    if (bus === buses.access && isMemoryChip) {
      // A load's value is the chip's answer, everything else of an access is asked of it.
      const isLoad = tuple[1] === 1;
      const asked = isLoad ? [...tuple.slice(0, 5), tuple[7]] : tuple;
      given.push(`${bus} ${asked.join()}`);
      gives.push(`${bus} ${tuple.join()}`);
    } else if (bus === buses.memory && !taken) gives.push(`${bus} ${tuple.join()}`);
    else given.push(`${bus} ${multiplicity} ${tuple.join()}`);
  }
  return { given: given.join("; "), gives: gives.join("; ") };
}

/** What the row with these cells instead of its own would do. */
export function judgeMutation(
  target: MutableRow,
  changes: ReadonlyMap<number, number>,
): MutationVerdict {
  const { matrix, row, table } = target;
  const honest = rowOf(matrix, row);
  const changed = honest.slice();
  for (const [column, value] of changes) changed[column] = value;
  const next = rowOf(matrix, (row + 1) % matrix.height);
  const values = evaluate(target, changed, next);
  if (!holds(target, values, row, "all")) return "refused";
  if (row > 0) {
    const before = evaluate(target, rowOf(matrix, row - 1), changed);
    if (!holds(target, before, row - 1, "transition")) return "refused";
  }
  const messages = messagesOf(target, values);
  if (!messages.filter(({ bus }) => lookups.includes(bus)).every(isTrue)) return "refused";
  const isChip = table.program.interactions.some(
    ({ bus, weight }) => bus === buses.operation && weight === 0,
  );
  if (isChip) {
    // However often it is used: what a chip's row offers must be true.
    const offer = table.program.interactions.find(({ bus }) => bus === buses.operation);
    assert(offer !== undefined, "a chip offers an operation");
    const tuple = offer.tuple.map((node) => values[node] ?? 0);
    // Operands that are no limbs are asked for by nobody: cells hold limbs.
    if (tuple.slice(1, 5).some((limb) => limb > 65_535)) return "harmless";
    return isTrue({ bus: buses.operation, tuple, multiplicity: 1 }) ? "harmless" : "harmful";
  }
  const asked = messages.filter(({ bus }) => bus === buses.operation);
  if (!asked.every(isTrue)) return "refused";
  const isMemoryChip = table.program.name === "memory";
  const after = partition(messages, isMemoryChip);
  const own = partition(messagesOf(target, evaluate(target, honest, next)), isMemoryChip);
  if (after.given !== own.given) return "refused";
  return after.gives === own.gives ? "harmless" : "harmful";
}
