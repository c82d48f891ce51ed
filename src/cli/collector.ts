/**
 * How a compute unit's garbage is marked: by the thread that made it, at that thread's priority. The
 * engine's helper threads have the priority of the whole unit, and while memories of the slow lane grew
 * they marked for ever: a growth to 256 MiB took 2.8 s of all processors, and takes 0.5 s of its own
 * thread so (Node 20.20). A unit's heaps are small, for states are no part of them.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";

/**
 * The engine that it was tried on, that of Node 20: 40 starts, and some 5,000 messages. Others are left as they
 * are, for an engine may end the process over a flag: this one does over `--single-threaded-gc`.
 */
const triedEngine = "11.3.";

/** To be called before a unit's modules are loaded: helpers must not be at work yet. */
export function markOnOwnThread(): void {
  if (!process.versions.v8.startsWith(triedEngine)) return;
  setFlagsFromString("--no-concurrent-marking");
}
