/**
 * A scheduler and a compute unit without sockets, for tests of rules that span both: the scheduler can
 * be made to lie, and the unit's finality gate can be shut.
 *
 * @module
 */

import type { EvaluationAnswer, EvaluationJob } from "../../compute-unit/evaluation-job.ts";
import type { FollowingLimits } from "../../compute-unit/followed-processes.ts";
import type { FinalityGate } from "../../compute-unit/head-gate.ts";
import { computeRoutes } from "../../compute-unit/routes.ts";
import { ComputeService, type ServiceProver } from "../../compute-unit/service.ts";
import { SchedulerService, schedulerRoutes } from "../../scheduler-unit/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type ComputeClient, computeClient } from "../../src/client/compute-client.ts";
import type { Fetch } from "../../src/client/unit-call.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import type { ComputeStores, SchedulerStores } from "../../src/node/store/unit-stores.ts";
import { WorkerPool } from "../../src/node/worker-pool.ts";
import { workerScript } from "../../src/node/worker-script.ts";
import { type LogItem, logPageRecord } from "../../src/protocol/envelope.ts";
import { contentIdOf, type Digest } from "../../src/protocol/ids.ts";
import type { Tag } from "../../src/protocol/message.ts";
import { InProcessNetwork, quietLogger } from "../../src/testing/in-process-network.ts";
import { TestSender, testIdentity } from "../../src/testing/sender.ts";
import { openGate } from "../open-gate.ts";

export const network: Digest = new Uint8Array(32).fill(5);
const schedulerIdentity = testIdentity(2);
const computeIdentity = testIdentity(3);
const schedulerUrl = "http://scheduler.test";
const computeUrl = "http://compute.test";

/** What a lying scheduler makes of an item of its log; null is to say it as it is. */
export type Lie = ((item: LogItem, slot: number) => LogItem) | null;

/** What a compute unit of a test may have of its own. */
export interface ComputeNetworkOptions {
  readonly gate?: FinalityGate;
  readonly limits?: Partial<FollowingLimits>;
  /** What proves, over the unit's stores; by default nothing does. */
  readonly prover?: (stores: ComputeStores) => ServiceProver;
}

type OpenedOptions = Omit<ComputeNetworkOptions, "prover"> & {
  readonly prover?: (stores: ComputeStores) => ServiceProver | null;
};

/** See the module comment. */
export class ComputeNetwork {
  readonly sender: TestSender = new TestSender({
    identity: testIdentity(1),
    network,
    clock: systemClock,
  });
  readonly units: InProcessNetwork = new InProcessNetwork();
  readonly scheduler: SchedulerService;
  readonly client: ComputeClient = computeClient(computeUrl, this.units.fetch);
  lie: Lie = null;
  /** How often the compute unit has asked for a page of a log. */
  readCount = 0;
  readonly #schedulerStores: SchedulerStores;
  readonly #computeStores: ComputeStores;
  readonly #compute: ComputeService;
  readonly #pool: WorkerPool<EvaluationJob, EvaluationAnswer>;

  private constructor(
    stores: readonly [SchedulerStores, ComputeStores],
    { gate = openGate, limits = {}, prover = () => null }: OpenedOptions,
  ) {
    [this.#schedulerStores, this.#computeStores] = stores;
    const { log, content } = this.#schedulerStores;
    this.scheduler = new SchedulerService({
      address: schedulerIdentity.address,
      network,
      log,
      content,
      verifier: referenceVerifier,
      clock: systemClock,
      epoch: () => 0,
    });
    this.#pool = new WorkerPool<EvaluationJob, EvaluationAnswer>({
      script: workerScript("../../compute-unit/evaluation-worker"),
      workerCount: 1,
      queueMax: 1000,
      jobTimeoutMs: 30_000,
      resourceLimits: { stackSizeMb: 64 },
    });
    const { results, checkpoints } = this.#computeStores;
    this.#compute = new ComputeService({
      identity: computeIdentity,
      network,
      results,
      checkpoints,
      schedulers: [schedulerUrl],
      pool: this.#pool,
      verifier: referenceVerifier,
      gate,
      limits,
      prover: prover(this.#computeStores),
      clock: systemClock,
      logger: { ...quietLogger, error: () => undefined },
      fetchUnit: this.#fetchLog,
    });
    this.units.add(schedulerUrl, {
      role: "scheduler",
      identity: schedulerIdentity,
      network,
      content,
      routes: schedulerRoutes(this.scheduler),
    });
    this.units.add(computeUrl, {
      role: "compute",
      identity: computeIdentity,
      network,
      content: this.#computeStores.content,
      routes: computeRoutes(this.#compute),
    });
  }

  static async open(options: ComputeNetworkOptions = {}): Promise<ComputeNetwork> {
    const scheduler = await openMemoryStores({ role: "scheduler" });
    return new ComputeNetwork([scheduler, await openMemoryStores({ role: "compute" })], options);
  }

  /** How many processes the compute unit follows, by state. */
  counts(): Readonly<Record<string, number>> {
    return this.#compute.counts();
  }

  async close(): Promise<void> {
    await this.#compute.stop();
    await this.#pool.close();
    await this.scheduler.end();
    await this.#computeStores.close();
    await this.#schedulerStores.close();
  }

  readonly #fetchLog: Fetch = async (url, init) => {
    const response = await this.units.fetch(url, init);
    if (!new URL(url).pathname.endsWith("/log")) return response;
    this.readCount++;
    const { lie } = this;
    if (lie === null || response.status !== 200) return response;
    const page = logPageRecord.decode(new Uint8Array(await response.arrayBuffer()));
    const from = Number(new URL(url).searchParams.get("from") ?? 0);
    const items = page.items.map((item, i) => lie(item, from + i));
    return new Response(logPageRecord.encode({ ...page, items }) as BodyInit, response);
  };

  /** Spawns a process of these bytes, which need be no module. */
  async spawn(module: Uint8Array, tags: readonly Tag[] = []): Promise<Digest> {
    const { content } = this.#schedulerStores;
    const id = contentIdOf(module);
    await content.reserve(id, module.length, Date.now() + 60_000);
    await content.put(id, module);
    const scheduler = schedulerIdentity.address;
    const compute = [computeIdentity.address];
    const envelope = this.sender.spawn({ module: id, scheduler, compute, tags });
    return (await this.scheduler.submit(envelope)).process;
  }

  /** Sends a message and answers its slot. */
  async send(process: Digest, action: string): Promise<number> {
    return (await this.scheduler.submit(this.sender.message(process, action))).slot;
  }
}

/** The code that a promise is rejected with, or "none". */
export async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "none",
    (error: { code?: string }) => error.code ?? "no code",
  );
}
