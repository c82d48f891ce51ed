/**
 * The largest head of a scheduler's log that came through a client (spec/15-heads.md §3). Its size goes with
 * what is asked, so that a scheduler that was put back to an older store notices with the first request:
 * it wants to be shown the head, under its own signature, and gives no slot from then on.
 *
 * @module
 */

import { parseHead } from "../log/head.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type UnitAnswer, UnitCallError, type UnitCaller, type UnitRequest } from "./unit-call.ts";

export class SeenHead {
  readonly #unit: UnitCaller;
  #seen: { readonly size: number; readonly note: Uint8Array } | null = null;

  constructor(unit: UnitCaller) {
    this.#unit = unit;
  }

  /** Told of a head that the scheduler has given; whoever uses it checks it. */
  note(note: Uint8Array): void {
    const size = sizeOf(note);
    if (size > (this.#seen?.size ?? 0)) this.#seen = { size, note: note.slice() };
  }

  /** Asks with the size of the head, and once more where the scheduler first wants to be shown it. */
  async call(request: (size: number | undefined) => UnitRequest): Promise<UnitAnswer> {
    const seen = this.#seen;
    try {
      return await this.#unit.call(request(seen?.size));
    } catch (error) {
      const isWanted = error instanceof UnitCallError && error.code === "HEAD_WANTED";
      if (!isWanted || seen === null) throw error;
      await this.#show(seen.note);
      return await this.#unit.call(request(this.#seen?.size));
    }
  }

  async #show(note: Uint8Array): Promise<void> {
    try {
      const contentType = "text/plain";
      await this.#unit.call({ method: "POST", path: "/checkpoint", body: note, contentType });
    } catch (error) {
      if (!(error instanceof UnitCallError) || error.transient) throw error;
      // The scheduler's key did not sign it, so nothing was seen.
      this.#seen = null;
    }
  }
}

/** 0 for what is no head. */
function sizeOf(note: Uint8Array): number {
  try {
    return parseHead(note).head.size;
  } catch (error) {
    if (error instanceof ProtocolError) return 0;
    throw error;
  }
}
