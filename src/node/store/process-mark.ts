/**
 * What tells one process of this machine from every other, also from a later one with its number: for
 * locks and leases, whose holder may have ended without a word.
 *
 * @module
 */

import { readFileSync, readlinkSync } from "node:fs";
import type { HolderPlace } from "./keyed/lease-store.ts";

export interface ProcessMark {
  readonly pid: number;
  /** Start of the process in kernel ticks, and the boot: a pid alone may be used again. */
  readonly startedAt: string | null;
  readonly boot: string | null;
}

/** The mark of a process as it is now. */
export function markOf(pid: number): ProcessMark {
  return {
    pid,
    // Field 22 of stat.
    startedAt: statOf(pid)?.[19] ?? null,
    boot: readText("/proc/sys/kernel/random/boot_id")?.trim() ?? null,
  };
}

/** Reads a mark; null where the text is none. */
export function parseMark(text: string): ProcessMark | null {
  try {
    const mark = JSON.parse(text) as Partial<ProcessMark>;
    if (typeof mark.pid !== "number") return null;
    return { pid: mark.pid, startedAt: mark.startedAt ?? null, boot: mark.boot ?? null };
  } catch {
    return null;
  }
}

/** True while that very process is there, though it may stand still. */
export function isAlive(mark: ProcessMark): boolean {
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  // A process that ended but was not waited for yet still answers signals.
  if (statOf(mark.pid)?.[0] === "Z") return false;
  const now = markOf(mark.pid);
  return now.startedAt === mark.startedAt && now.boot === mark.boot;
}

/**
 * This process as the place of a lease's holder. In another container, which has process numbers of
 * its own, nothing can be told of a holder, and only watching shows that it is gone.
 */
export function processPlace(): HolderPlace {
  const numbering = numberingOf();
  return {
    own: JSON.stringify({ ...markOf(process.pid), numbering }),
    isGone: (place) => {
      const mark = parseMark(place);
      if (mark === null || numbering === null) return false;
      const theirs = (JSON.parse(place) as { readonly numbering?: unknown }).numbering;
      return theirs === numbering && !isAlive(mark);
    },
  };
}

/** The namespace of process numbers; null where the platform tells none. */
function numberingOf(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

/** Fields 3 (state) to 52 of proc(5)'s stat: what follows the command, which may hold spaces. */
function statOf(pid: number): readonly string[] | null {
  return (
    readText(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, "")
      .split(" ") ?? null
  );
}

/** Null where the platform has no such file. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
