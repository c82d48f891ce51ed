/**
 * All campaigns: long runs that are no part of the tests. A new one is one entry here, a script that
 * writes its log with `writeLog` of `running.mjs`, and a row of `README.md` (compared by
 * `test/rules/campaigns.test.ts`).
 *
 * - `script`: run with the remaining arguments of `npm run campaign -- NAME`, on `dist`;
 * - `shows`: one line, what a run shows;
 * - `minutes`: about how long the full figures take on two quiet cores;
 * - `log`: its log in this folder;
 * - `sample`: the ordinary test that runs a fixed part of it.
 *
 * @module
 */
export const campaigns = [
  {
    name: "simulation",
    shows: "10,000 seeds of whole units on a simulated network, and every planted bug",
    minutes: 60,
    script: "test/simulation/campaign.mjs",
    log: "simulation_v1.txt",
    sample: "test/simulation/simulation.test.ts",
  },
  {
    name: "durability",
    shows:
      "real units killed, stopped and short of disk at 200 messages a second keep every promise",
    minutes: 40,
    script: "test/faults/campaign.mjs",
    log: "durability_v1.txt",
    sample: "test/faults/durability.test.ts",
  },
  {
    name: "determinism",
    shows:
      "the same 20,000 messages, warm and restored, under each of V8's compilers, come to the same",
    minutes: 5,
    script: "test/conformance/determinism.mjs",
    log: "determinism_v1.txt",
    sample: "test/conformance/determinism.test.ts",
  },
  {
    name: "hostile",
    shows: "a million mutated records, modules and requests are refused with a code or taken whole",
    minutes: 10,
    script: "test/hostile/campaign.mjs",
    log: "hostile_v1.txt",
    sample: "test/hostile/readers.test.ts",
  },
  {
    name: "stark-mutations",
    shows: "a million mutated proofs of the toy systems are refused without an exception",
    minutes: 10,
    script: "bench/campaigns/stark-mutations.mjs",
    log: "stark-mutations_v1.txt",
    sample: "src/stark/mutations.test.ts",
  },
  {
    name: "long-run",
    shows: "5 million WebAssembly instructions in one message proven in segments, and verified",
    minutes: 2,
    script: "bench/campaigns/long-run.mjs",
    log: "long-run_v1.txt",
    sample: "src/zkvm/segments.test.ts",
  },
];
