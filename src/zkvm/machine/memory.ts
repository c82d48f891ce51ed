/**
 * What the machine's cells hold and when they were last written (spec/14-zkvm.md §2, §6): state words
 * and frames. Limbs are kept apart, for the way back that a call writes is no number of 32 bits.
 *
 * @module
 */

import { frameBase, metaCell } from "../program/address-space.ts";
import { UnprovableError } from "../unprovable.ts";

/** Cells of a segment: 64 KiB of words. */
const segmentCells = 2 ** 14;

interface Segment {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** Time of the last access, 0 if there was none. */
  readonly times: Uint32Array;
}

/** Frames that a proof holds, in cells. */
export const frameCellsMax: number = 2 ** 18;

/** All cells; state words are read from the image when they are touched first. */
export class MachineMemory {
  readonly #segments: (Segment | undefined)[] = new Array(2 ** 13 + 2 ** 4);
  readonly #image: Uint8Array;
  readonly #globals: BigUint64Array;
  #frameCells = 0;

  constructor(image: { readonly memory: Uint8Array; readonly globals: BigUint64Array }) {
    this.#image = image.memory;
    this.#globals = image.globals;
  }

  /** The segment of a cell; its place in it is `cell % 2^14`. */
  segmentOf(cell: number): Segment {
    const index = cell >>> 14;
    const known = this.#segments[index];
    if (known !== undefined) return known;
    const segment = {
      low: new Uint32Array(segmentCells),
      high: new Uint32Array(segmentCells),
      times: new Uint32Array(segmentCells),
    };
    this.#fill(segment, index * segmentCells);
    this.#segments[index] = segment;
    return segment;
  }

  /** Cells of frames from their base up to the highest that was used. */
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

  /** State cells that were touched, in order. */
  touchedStateCells(): number[] {
    const cells: number[] = [];
    for (let index = 0; index * segmentCells < frameBase; index++) {
      this.#segments[index]?.times.forEach((time, place) => {
        if (time > 0) cells.push(index * segmentCells + place);
      });
    }
    return cells;
  }

  /** The value of a state word. */
  word(cell: number): number {
    const { low, high } = this.segmentOf(cell);
    const place = cell % segmentCells;
    return (low[place]! | (high[place]! << 16)) >>> 0;
  }

  #fill({ low, high }: Segment, first: number): void {
    if (first >= frameBase) return;
    if (first >= metaCell) {
      const offset = first - metaCell;
      for (let i = 0; i < segmentCells; i++) {
        // Cells 0 and 1 are the page count, which programs do not address.
        const global = this.#globals[(offset + i - 2) >> 1] ?? 0n;
        const word = Number((global >> ((offset + i) % 2 === 0 ? 0n : 32n)) & 0xffff_ffffn);
        low[i] = word & 0xffff;
        high[i] = word >>> 16;
      }
      return;
    }
    const bytes = this.#image.subarray(4 * first, 4 * (first + segmentCells));
    for (let i = 0; 4 * i < bytes.length; i++) {
      low[i] = bytes[4 * i]! | (bytes[4 * i + 1]! << 8);
      high[i] = bytes[4 * i + 2]! | (bytes[4 * i + 3]! << 8);
    }
  }
}

export const placeMask: number = segmentCells - 1;
