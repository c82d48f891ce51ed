/**
 * The wall clock of a `dev` unit, which its parent can move: loaded before the unit itself, it is what
 * everything in it reads.
 *
 * @module
 */

import { isMainThread } from "node:worker_threads";
import { shiftedClock } from "./shifted-clock.ts";

/** Name of the variable that says how far the clock is moved when the unit starts. */
export const clockVariable = "DEV_CLOCK_OFFSET_MS";

/** What the parent sends to move it. */
export interface ClockMessage {
  readonly clockOffsetMs: number;
}

function followParent(startMs: number): void {
  const move = shiftedClock();
  move(startMs);
  process.on("message", ({ clockOffsetMs }: ClockMessage) => move(clockOffsetMs));
}

const start = process.env[clockVariable];
// Workers are told the time by the unit's own thread.
if (isMainThread && start !== undefined) followParent(Number(start));
