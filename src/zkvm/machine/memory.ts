/**
 * What the machine's cells hold and when they were last written (spec/14-zkvm.md §2, §6): state words
 * and frames. Limbs are kept apart, for the way back that a call writes is no number of 32 bits.
 *
 * @module
 */

import { frameBase, metaCell } from "../program/address-space.ts";
import type { CarriedCells } from "../registers.ts";
import { UnprovableError } from "../unprovable.ts";

/** Cells of a page: 64 KiB of words. */
const pageCells = 2 ** 14;

interface CellPage {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** Time of the last access in this segment, 0 if there was none. */
  readonly times: Uint32Array;
}

/** Frames that a proof holds, in cells. */
export const frameCellsMax: number = 2 ** 18;

/** All cells; state words are read from the image when they are touched first. */
export class MachineMemory {
  readonly #pages: (CellPage | undefined)[] = new Array(2 ** 13 + 2 ** 4);
  readonly #image: Uint8Array;
  readonly #globals: BigUint64Array;
  #frameCells = 0;

  constructor(image: { readonly memory: Uint8Array; readonly globals: BigUint64Array }) {
    this.#image = image.memory;
    this.#globals = image.globals;
  }

  /** The page of a cell; its place in it is `cell % 2^14`. */
  pageOf(cell: number): CellPage {
    const index = cell >>> 14;
    const known = this.#pages[index];
    if (known !== undefined) return known;
    const page = {
      low: new Uint32Array(pageCells),
      high: new Uint32Array(pageCells),
      times: new Uint32Array(pageCells),
    };
    this.#fill(page, index * pageCells);
    this.#pages[index] = page;
    return page;
  }

  /** Cells of frames from their base up to the highest that this segment uses, or began with. */
  get frameCells(): number {
    return this.#frameCells;
  }

  /** Notes that a frame cell is used; throws if frames grow beyond what a proof holds. */
  useFrame(cell: number): void {
    const count = cell - frameBase + 1;
    if (count <= this.#frameCells) return;
    if (count > frameCellsMax) throw new UnprovableError("FRAMES_TOO_DEEP", { got: count });
    this.#frameCells = count;
  }

  /** Frame cells that are not zero, which another segment begins with. */
  carriedCells(): CarriedCells {
    const found: number[] = [];
    for (let cell = frameBase; cell < frameBase + this.#frameCells; cell++) {
      const { low, high } = this.pageOf(cell);
      const place = cell % pageCells;
      if (low[place] !== 0 || high[place] !== 0) found.push(cell);
    }
    const of = (name: keyof CellPage): Uint32Array =>
      Uint32Array.from(found, (cell) => this.pageOf(cell)[name][cell % pageCells]!);
    return {
      cells: Uint32Array.from(found),
      times: of("times"),
      lows: of("low"),
      highs: of("high"),
    };
  }

  /** Begins another segment with what the cells hold: its times, and its frames, are its own. */
  beginSegment(carried: CarriedCells): void {
    for (const page of this.#pages) page?.times.fill(0);
    const last = carried.cells.at(-1);
    this.#frameCells = last === undefined ? 0 : last - frameBase + 1;
  }

  /** State cells that were touched in this segment, in order. */
  touchedStateCells(): number[] {
    const cells: number[] = [];
    for (let index = 0; index * pageCells < frameBase; index++) {
      this.#pages[index]?.times.forEach((time, place) => {
        if (time > 0) cells.push(index * pageCells + place);
      });
    }
    return cells;
  }

  /** The value of a state word. */
  word(cell: number): number {
    const { low, high } = this.pageOf(cell);
    const place = cell % pageCells;
    return (low[place]! | (high[place]! << 16)) >>> 0;
  }

  #fill({ low, high }: CellPage, first: number): void {
    if (first >= frameBase) return;
    if (first >= metaCell) {
      const offset = first - metaCell;
      for (let i = 0; i < pageCells; i++) {
        // Cells 0 and 1 are the page count, which programs do not address.
        const global = this.#globals[(offset + i - 2) >> 1] ?? 0n;
        const word = Number((global >> ((offset + i) % 2 === 0 ? 0n : 32n)) & 0xffff_ffffn);
        low[i] = word & 0xffff;
        high[i] = word >>> 16;
      }
      return;
    }
    const bytes = this.#image.subarray(4 * first, 4 * (first + pageCells));
    for (let i = 0; 4 * i < bytes.length; i++) {
      low[i] = bytes[4 * i]! | (bytes[4 * i + 1]! << 8);
      high[i] = bytes[4 * i + 2]! | (bytes[4 * i + 3]! << 8);
    }
  }
}

export const placeMask: number = pageCells - 1;
