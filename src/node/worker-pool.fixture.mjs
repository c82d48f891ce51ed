/**
 * A worker for the worker pool's tests: it does what its job says, be it to hang or to die. It runs
 * from the source tree on the built `serveJobs`, as Node cannot run TypeScript.
 *
 * @module
 */

import { threadId, workerData } from "node:worker_threads";
import { serveJobs } from "../../dist/src/node/worker-jobs.js";

if (workerData?.failStart) throw new Error("refuses to start");
if (workerData?.hangStart) for (;;);

const depth = (levels) => (levels === 0 ? 0 : 1 + depth(levels - 1));
const counts = new Map();

/** What each job does, by its name. */
const deeds = {
  double: ({ value }) => value * 2,
  where: () => threadId,
  count: ({ key }) => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key);
  },
  wait: ({ ms, value }) => new Promise((resolve) => setTimeout(() => resolve(value), ms)),
  hang: () => {
    for (;;);
  },
  exit: () => process.exit(3),
  exitOnce: ({ flag, value }) => {
    if (Atomics.exchange(new Int32Array(flag), 0, 1) === 0) process.exit(4);
    return value;
  },
  fail: () => {
    throw new Error("the handler says no");
  },
  throwLater: () =>
    new Promise(() => {
      setTimeout(() => {
        throw new Error("thrown outside the handler");
      }, 1);
    }),
  uncloneable: () => () => 1,
  hoard: () => {
    const hoard = [];
    for (;;) hoard.push(new Array(10_000).fill(hoard.length));
  },
  depth: ({ levels }) => depth(levels),
  sum: ({ bytes }) => bytes.reduce((sum, byte) => sum + byte, 0),
};

serveJobs((job) => deeds[job.deed](job));
