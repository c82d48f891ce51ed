/**
 * Entry point of the compute unit.
 *
 * @module
 */

import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import type { OptionValues } from "../src/node/config-declaration.ts";
import { keepEvidence } from "../src/node/evidence-folder.ts";
import { unitFetch } from "../src/node/http/unit-fetch.ts";
import { ProvenPool } from "../src/node/proven-pool.ts";
import { evidenceRoutes } from "../src/node/unit/evidence-routes.ts";
import { runUnit, type UnitContext, type UnitPart } from "../src/node/unit/unit-main.ts";
import { VerifierPool } from "../src/node/verifier-pool/verifier-pool.ts";
import { WorkerPool } from "../src/node/worker-pool.ts";
import { workerScript } from "../src/node/worker-script.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { computeCommand } from "./config.ts";
import type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
import type { EvaluationWorkerData } from "./evaluation-worker.ts";
import { faultEvidence } from "./fault-evidence.ts";
import { HeadGate } from "./head-gate.ts";
import { hotLimits } from "./hot-processes.ts";
import { EvaluationLanes } from "./lanes.ts";
import type { LogSource } from "./log-reader.ts";
import type { LogFault } from "./process.machine.ts";
import type { ProofAnswer, ProofWork, ProofWorkerData } from "./proof-job.ts";
import { computeRoutes } from "./routes.ts";
import { ComputeService, type ServiceProver } from "./service.ts";

type Values = OptionValues<typeof computeCommand.options>;

/** Jobs of all processes that may wait for a worker. */
const jobsMax = 10_000;
/** Gas bounds the guest's time; what takes longer is a stall of this machine, never a result. */
const jobTimeoutMs = 30_000;
/** The stack table lets a guest use 1.6 MB; the rest is what the engine may need beside it. */
const stackSizeMb = 64;
/** The longest proofs have 64 segments, each of which takes up to half a minute on one slow core. */
const proofTimeoutMs = 60 * 60 * 1000;
const proverStartMs = 120_000;

/** How long a unit that drains waits for heads, which a scheduler signs every quarter of a second. */
const headPatienceMs = 10_000;

/** What the prover and the rest of the unit need: a unit that runs out of memory proves nothing either. */
const proverMemoryMin: number = 3 * 2 ** 30;

function hasMemoryToProve(): boolean {
  // Zero where the container has no limit of its own.
  const limit = globalThis.process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), limit) >= proverMemoryMin;
}

/** Runs a compute unit with these arguments until a signal ends it. */
export async function main(argv: readonly string[]): Promise<void> {
  await runUnit({ role: "compute", command: computeCommand, start }, argv);
}

/** The proving worker, and what is counted of its work. */
function proverOf(context: UnitContext<"compute", Values>): ServiceProver {
  const { values, stores, metrics, shutdown } = context;
  const progress = new SharedArrayBuffer(12);
  const cells = new Int32Array(progress);
  const pool = new WorkerPool<ProofWork, ProofAnswer>({
    script: workerScript("../../compute-unit/proof-worker"),
    workerCount: 1,
    queueMax: 1,
    jobTimeoutMs: proofTimeoutMs,
    startTimeoutMs: proverStartMs,
    workerData: { threads: values.prover, progress } satisfies ProofWorkerData,
    resourceLimits: { stackSizeMb },
  });
  shutdown.onEnd("prover", () => pool.close());
  return {
    pool,
    proofs: stores.proofs,
    segments: () => ({
      done: Atomics.load(cells, 0),
      total: Atomics.load(cells, 1),
      doneMs: Atomics.load(cells, 2),
    }),
    metrics: {
      seconds: metrics.histogram({
        name: "proof_duration_seconds",
        help: "Seconds that a proof took.",
        buckets: [1, 2, 5, 10, 20, 50, 100, 200],
      }),
      settled: metrics.counter({
        name: "proofs_total",
        help: "Slots settled by the prover, by outcome.",
        labels: ["outcome"],
      }),
      failures: metrics.counter({
        name: "proof_failures_total",
        help: "Proofs that were begun and failed for a reason of this machine.",
      }),
    },
  };
}

/** The workers of a lane, each with its share of what all together may hold in memory. */
function evaluationPool(
  lane: EvaluationWorkerData["lane"],
  workerCount: number,
  shares: number,
): WorkerPool<EvaluationJob, EvaluationAnswer> {
  const hot = {
    count: Math.floor(hotLimits.count / shares),
    bytes: Math.floor(hotLimits.bytes / shares),
  };
  return new WorkerPool({
    script: workerScript("../../compute-unit/evaluation-worker"),
    workerCount,
    queueMax: jobsMax,
    jobTimeoutMs,
    workerData: { lane, hot } satisfies EvaluationWorkerData,
    resourceLimits: { stackSizeMb },
  });
}

/** Keeps what a faulty log convicts of. */
async function keepFault(
  { stores, values, logger }: UnitContext<"compute", Values>,
  { slot }: LogFault,
  { process, source }: { readonly process: Digest; readonly source: LogSource },
): Promise<void> {
  try {
    const slotOfMessage = (message: Digest): Promise<number | null> =>
      stores.results.slotOfMessage(process, message);
    const found = await faultEvidence({ process, slot, client: source.client, slotOfMessage });
    if (found === null) return;
    const { code, detail } = found.conviction;
    const path = await keepEvidence({ code, file: found.file }, join(values.data, "evidence"));
    logger.error("a scheduler has lied", { lie: code, detail, evidence: path });
  } catch (error) {
    logger.warn("no evidence of a faulty log", { process: idText(process), error });
  }
}

async function start(context: UnitContext<"compute", Values>): Promise<UnitPart> {
  const { values, identity, network, stores, logger, metrics, shutdown } = context;
  const verifier = new VerifierPool({ workerCount: 1 });
  shutdown.onEnd("verifier", () => verifier.close());
  const workerCount = values.workers || Math.max(1, availableParallelism() - 1);
  const pool = new EvaluationLanes({
    quick: evaluationPool("quick", workerCount, workerCount + 1),
    slow: evaluationPool("slow", 1, workerCount + 1),
  });
  shutdown.onEnd("evaluation", () => pool.close());
  const isProving = values.prover > 0 && hasMemoryToProve();
  if (values.prover > 0 && !isProving) {
    logger.warn("too little memory to prove", { expected: `${proverMemoryMin} bytes` });
  }
  const prover = isProving ? proverOf(context) : null;
  const proofs = new ProvenPool();
  shutdown.onEnd("proofs", () => proofs.close());
  const store = stores.witnessed;
  const gate = new HeadGate({ network, verifier, store, clock: systemClock, logger });
  const service = new ComputeService({
    identity,
    network,
    results: stores.results,
    checkpoints: stores.checkpoints,
    schedulers: values.scheduler,
    pool,
    verifier,
    proven: { store: stores.proven, checkStep: (step) => proofs.check(step) },
    gate,
    clock: systemClock,
    logger,
    fetchUnit: unitFetch(),
    prover,
    onFault: (fault, process, source) => void keepFault(context, fault, { process, source }),
  });
  shutdown.onEnd("followers", () => service.stop());
  const { streams } = service.onlookers;
  // Streams would keep the server from ending until its grace is over.
  shutdown.signal.addEventListener("abort", () => streams.end(), { once: true });
  metrics.measured({ name: "event_streams", help: "Open event streams." }, () => streams.count);
  metrics.measured(
    { name: "results_unsigned", help: "Results that wait for their attestation." },
    () => service.unsignedCount,
  );
  metrics.measured(
    { name: "evaluation_jobs_waiting", help: "Jobs that wait for an evaluation worker." },
    () => pool.status().waiting,
  );
  metrics.measured(
    { name: "slow_processes", help: "Processes whose messages take long, in a lane of their own." },
    () => pool.slowCount,
  );
  const { proving } = service;
  if (proving !== null) {
    metrics.measured(
      { name: "proofs_waiting", help: "Slots that wait for their proof or are being proven." },
      () => proving.queueLength,
    );
    metrics.measured(
      { name: "proof_rows_per_second", help: "Rows that proofs of late took in a second." },
      () => proving.rowsPerSecond ?? 0,
    );
    await proving.resume();
  }
  return {
    routes: [...computeRoutes(service), ...evidenceRoutes(store)],
    drain: {
      // To ask for a process is to have it followed.
      refuses: "all",
      finish: (signal) =>
        service.drain(AbortSignal.any([signal, AbortSignal.timeout(headPatienceMs)])),
      left: () => Promise.resolve(service.unfinished),
    },
    health: () => ({
      ok: pool.status().serving > 0,
      checks: {
        ...service.counts(),
        workers: pool.status().serving,
        conflictingLogs: gate.conflictCount,
      },
    }),
  };
}
