/**
 * Rows of one function body: the assembler, the frame's scratch cells, and the shapes of rows that
 * lowerings share (spec/14-zkvm.md §3).
 *
 * @module
 */

import {
  type Assembler,
  constant,
  frame,
  type Label,
  type Place,
  unprovableLabel,
} from "./assembler.ts";
import { type AccessBytes, Operation } from "./program.ts";

/** Scratch cells of every frame; the last is for operands that a row cannot take as they are. */
export const scratchCells = 12;

export type OperationName = keyof typeof Operation;

/** A load or store that may have to go byte by byte. */
interface SlowAccess {
  readonly label: Label;
  readonly back: Label;
  readonly isLoad: boolean;
  readonly bytes: AccessBytes;
  readonly address: Place;
  readonly offset: number;
  /** What is stored; for a load the cell is read off the row, which may have been retargeted. */
  readonly value: () => Place;
}

/** Largest offset of a row; a byte-by-byte access adds up to three. */
const offsetMax = 0xffff;

/** Addresses from here on lie beyond every memory. */
const memoryBytesMax: number = 2 ** 28;

export class BodyAssembler {
  readonly rows: Assembler;
  readonly trap: Label;
  readonly #scratchBase: number;
  #slow: SlowAccess[] = [];

  constructor(options: {
    readonly rows: Assembler;
    readonly trap: Label;
    readonly scratchBase: number;
  }) {
    this.rows = options.rows;
    this.trap = options.trap;
    this.#scratchBase = options.scratchBase;
  }

  scratch(index: number): Place {
    return frame(this.#scratchBase + index);
  }

  /** The place, or a scratch cell that holds the constant: row operand `a` has no immediate. */
  asFirst(place: Place): Place {
    if (place.kind !== "constant" || place.value === 0) return place;
    const cell = this.scratch(scratchCells - 1);
    this.move(cell, place);
    return cell;
  }

  move(w: Place, b: Place): void {
    if (samePlace(w, b)) return;
    this.rows.emit({ flags: ["move"], b, w });
  }

  add(w: Place, a: Place, b: Place): void {
    const swap = a.kind === "constant";
    this.rows.emit({ flags: ["add"], a: this.asFirst(swap ? b : a), b: swap ? a : b, w });
  }

  subtract(w: Place, a: Place, b: Place): void {
    this.rows.emit({ flags: ["sub"], a: this.asFirst(a), b, w });
  }

  operate(name: OperationName, w: Place, a: Place, b: Place = constant(0)): void {
    this.rows.emit({
      flags: ["operate"],
      operation: Operation[name],
      a: this.asFirst(a),
      b,
      w,
    });
  }

  /** w = (a = b), or its negation. */
  equal(w: Place, a: Place, b: Place, negate = false): void {
    const swap = a.kind === "constant";
    const places = { a: this.asFirst(swap ? b : a), b: swap ? a : b, w };
    this.rows.emit({ flags: negate ? ["equal", "negate"] : ["equal"], ...places });
  }

  /** w = (a < b) unsigned, or its negation. */
  below(w: Place, a: Place, b: Place, negate = false): void {
    const flags = negate ? (["below", "negate"] as const) : (["below"] as const);
    this.rows.emit({ flags, a: this.asFirst(a), b, w });
  }

  jump(target: Label): void {
    this.rows.emit({ flags: ["jump"], target });
  }

  branchIfEqual(a: Place, b: Place, target: Label): void {
    this.rows.emit({ flags: ["equal", "branch"], a: this.asFirst(a), b, target });
  }

  branchUnlessEqual(a: Place, b: Place, target: Label): void {
    this.rows.emit({ flags: ["equal", "negate", "branch"], a: this.asFirst(a), b, target });
  }

  branchIfBelow(a: Place, b: Place, target: Label): void {
    this.rows.emit({ flags: ["below", "branch"], a: this.asFirst(a), b, target });
  }

  branchUnlessBelow(a: Place, b: Place, target: Label): void {
    this.rows.emit({ flags: ["below", "negate", "branch"], a: this.asFirst(a), b, target });
  }

  load(w: Place, address: Place, offset: number, bytes: AccessBytes): void {
    this.#access({ address, offset, bytes, isLoad: true }, (a, at, label) => {
      this.rows.emit({
        flags: ["load"],
        operation: bytes,
        a,
        w,
        offset: at,
        target: label,
      });
      const row = this.rows.last();
      return () => (row === null ? w : w.kind === "frame" ? frame(row.w) : w);
    });
  }

  store(value: Place, address: Place, offset: number, bytes: AccessBytes): void {
    this.#access({ address, offset, bytes, isLoad: false }, (a, at, label) => {
      this.rows.emit({
        flags: ["store"],
        operation: bytes,
        a,
        b: value,
        offset: at,
        target: label,
      });
      return () => value;
    });
  }

  #access(
    access: Pick<SlowAccess, "address" | "offset" | "bytes" | "isLoad">,
    emit: (a: Place, offset: number, label: Label) => () => Place,
  ): void {
    const { address, offset, bytes, isLoad } = access;
    const isConstant = address.kind === "constant";
    const known = offset + (isConstant ? address.value : 0);
    if (known >= memoryBytesMax) {
      this.jump(this.trap);
      return;
    }
    let place = isConstant ? constant(0) : address;
    let at = known;
    if (known > offsetMax) {
      place = this.scratch(scratchCells - 1);
      if (isConstant) this.move(place, constant(known));
      else {
        this.add(place, address, constant(offset));
        this.branchIfBelow(place, address, this.trap);
      }
      at = 0;
    }
    // A byte is always inside a word: a prover that went the slow way would get nowhere.
    const label = bytes === 1 ? unprovableLabel : this.rows.label();
    const value = emit(place, at, label);
    if (bytes === 1) return;
    const back = { place: this.rows.length };
    this.#slow.push({ label, back, isLoad, bytes, address: place, offset: at, value });
  }

  /** Writes the byte-by-byte ways of all accesses so far; nothing falls through into them. */
  finishAccesses(): void {
    const [word, byte] = [this.scratch(0), this.scratch(1)];
    for (const { label, back, isLoad, bytes, address, offset, value } of this.#slow) {
      this.rows.bind(label);
      if (isLoad) {
        this.#loadByte(word, address, offset);
        for (let i = 1; i < bytes; i++) {
          this.#loadByte(byte, address, offset + i);
          this.operate("multiply", byte, byte, constant(2 ** (8 * i)));
          this.add(word, word, byte);
        }
        this.move(value(), word);
      } else {
        this.move(word, value());
        for (let i = 0; i < bytes; i++) {
          if (i > 0) this.operate("divide", word, word, constant(256));
          const places = { a: address, b: word, offset: offset + i };
          this.rows.emit({
            flags: ["store"],
            operation: 1,
            target: unprovableLabel,
            ...places,
          });
        }
      }
      this.jump(back);
    }
    this.#slow = [];
  }

  #loadByte(w: Place, a: Place, offset: number): void {
    this.rows.emit({ flags: ["load"], operation: 1, a, w, offset, target: unprovableLabel });
  }
}

export function samePlace(left: Place, right: Place): boolean {
  if (left.kind === "frame") return right.kind === "frame" && left.index === right.index;
  if (left.kind === "fixed") return right.kind === "fixed" && left.cell === right.cell;
  return right.kind === "constant" && left.value === right.value;
}
