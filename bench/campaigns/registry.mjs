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
    minutes: 20,
    script: "test/simulation/campaign.mjs",
    log: "simulation_v2.txt",
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
    name: "fencing",
    shows:
      "two scheduler processes on one store, killed, stopped, drained, clocks moved: one order, takeovers within 2 s",
    minutes: 10,
    script: "test/faults/fencing-campaign.mjs",
    log: "fencing_v1.txt",
    sample: "test/faults/fencing.test.ts",
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
    name: "neighbours",
    shows:
      "ten hostile messages a second move an honest process's 95th percentile by less than 20 %",
    minutes: 8,
    script: "test/faults/neighbours.mjs",
    log: "neighbours_v1.txt",
    sample: "test/hostile/hostile-processes.test.ts",
  },
  {
    name: "scale",
    shows: "100,000 processes on real units, 1,000 busy: memory, wake of an idle one, restart",
    minutes: 20,
    script: "test/faults/scale.mjs",
    log: "scale_v1.txt",
    sample: "test/units/many-processes.test.ts",
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
  {
    name: "zkvm-mutations",
    shows:
      "a million mutated rows of the zkVM's tables are refused, or on the list of what is free",
    minutes: 2,
    script: "test/zkvm-hunt/mutations.mjs",
    log: "zkvm-mutations_v1.txt",
    sample: "src/zkvm/mutations.test.ts",
  },
  {
    name: "zkvm-deletions",
    shows: "each constraint of the zkVM is all that refuses some forged row",
    minutes: 15,
    script: "test/zkvm-hunt/deletions.mjs",
    log: "zkvm-deletions_v1.txt",
    sample: "src/zkvm/deletions.test.ts",
  },
  {
    name: "zkvm-processes",
    shows: "every slot of seven processes, 440 in all, is proven root to root and verified",
    minutes: 15,
    script: "test/proven-processes/campaign.mjs",
    log: "zkvm-processes_v1.txt",
    sample: "test/proven-processes/slots.test.ts",
  },
  {
    name: "zkvm-conformance",
    shows: "the specification's suite and 2,000 random processes satisfy the zkVM's constraints",
    minutes: 6,
    script: "test/conformance/campaign.mjs",
    log: "zkvm-conformance_v1.txt",
    sample: "test/conformance/spec-suite.test.ts",
  },
];
