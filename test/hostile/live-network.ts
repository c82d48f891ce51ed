/**
 * A whole network in this process, for hostile input: a scheduler, a compute unit and a messenger that
 * do all their work, without sockets. Its verifier may be told to believe every signature, so that what
 * is mutated gets past it to the parts behind.
 *
 * @module
 */

import type { EvaluationPool } from "../../compute-unit/restorer.ts";
import { computeRoutes } from "../../compute-unit/routes.ts";
import { ComputeService } from "../../compute-unit/service.ts";
import {
  type MessengerLimits,
  MessengerService,
  messengerRoutes,
} from "../../messenger-unit/index.ts";
import { type HeadSigner, SchedulerService, schedulerRoutes } from "../../scheduler-unit/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { type ComputeClient, computeClient } from "../../src/client/compute-client.ts";
import { type MessengerClient, messengerClient } from "../../src/client/messenger-client.ts";
import type { Fetch } from "../../src/client/unit-call.ts";
import type { SignatureVerifier } from "../../src/crypto/signature.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import { contentIdOf, type Digest } from "../../src/protocol/ids.ts";
import type { Tag } from "../../src/protocol/message.ts";
import { hostileModule } from "../../src/testing/hostile-process.ts";
import { InProcessNetwork, quietLogger } from "../../src/testing/in-process-network.ts";
import { type Composed, TestSender, testIdentity } from "../../src/testing/sender.ts";
import { openGate } from "../open-gate.ts";
import { openHeads } from "../scheduler-heads.ts";

export const network: Digest = new Uint8Array(32).fill(5);
const schedulerIdentity = testIdentity(2);
const computeIdentity = testIdentity(3);
const messengerIdentity = testIdentity(4);
export const urls = {
  scheduler: "http://scheduler.test",
  compute: "http://compute.test",
  messenger: "http://messenger.test",
} as const;

/** Believes every signature. */
export const credulousVerifier: SignatureVerifier = {
  verify: (claims) => Promise.resolve(claims.map(() => true)),
};

/** What a network is made of. */
export interface LiveOptions {
  readonly pool: EvaluationPool;
  readonly verifier: SignatureVerifier;
  readonly limits?: Partial<MessengerLimits>;
}

type Services = {
  readonly scheduler: SchedulerService;
  readonly compute: ComputeService;
  readonly messenger: MessengerService;
};

/** See the module comment. */
export class LiveNetwork {
  readonly units: InProcessNetwork;
  readonly module: Uint8Array;
  readonly services: Services;
  readonly client: MessengerClient;
  readonly compute: ComputeClient;
  /** Bodies of the batches that the messenger handed to the scheduler. */
  readonly batches: readonly Uint8Array[];
  readonly sender: TestSender = new TestSender({
    identity: testIdentity(1),
    network,
    clock: systemClock,
  });
  readonly #close: () => Promise<void>;

  private constructor(parts: {
    readonly units: InProcessNetwork;
    readonly module: Uint8Array;
    readonly services: Services;
    readonly batches: readonly Uint8Array[];
    readonly close: () => Promise<void>;
  }) {
    this.units = parts.units;
    this.module = parts.module;
    this.services = parts.services;
    this.batches = parts.batches;
    this.#close = parts.close;
    this.client = messengerClient(urls.messenger, this.units.fetch);
    this.compute = computeClient(urls.compute, this.units.fetch);
  }

  static async open(options: LiveOptions): Promise<LiveNetwork> {
    const units = new InProcessNetwork();
    const batches: Uint8Array[] = [];
    const fetch: Fetch = (url, init) => {
      if (url === `${urls.scheduler}/messages` && batches.length < 100) {
        if (init.body instanceof Uint8Array) batches.push(init.body);
      }
      return units.fetch(url, init);
    };
    const stores = {
      scheduler: await openMemoryStores({ role: "scheduler" }),
      compute: await openMemoryStores({ role: "compute" }),
      messenger: await openMemoryStores({ role: "messenger" }),
    };
    const identity = schedulerIdentity;
    const { heads, routes } = await openHeads({ identity, network, stores: stores.scheduler });
    const services = makeServices(options, stores, { fetch, heads });
    const { scheduler, compute, messenger } = services;
    const unitOf = <Role extends "scheduler" | "compute" | "messenger">(role: Role) => ({
      role,
      network,
      content: stores[role].content,
    });
    units.add(urls.scheduler, {
      ...unitOf("scheduler"),
      identity: schedulerIdentity,
      routes: [...schedulerRoutes(scheduler), ...routes],
    });
    units.add(urls.compute, {
      ...unitOf("compute"),
      identity: computeIdentity,
      routes: computeRoutes(compute),
    });
    units.add(urls.messenger, {
      ...unitOf("messenger"),
      identity: messengerIdentity,
      routes: messengerRoutes(messenger),
    });
    await messenger.start();
    const module = await hostileModule;
    const id = contentIdOf(module);
    await stores.scheduler.content.reserve(id, module.length, Date.now() + 600_000);
    await stores.scheduler.content.put(id, module);
    const close = async (): Promise<void> => {
      await messenger.stop();
      await compute.stop();
      await scheduler.end();
      await heads.stop();
      for (const opened of Object.values(stores)) await opened.close();
    };
    return new LiveNetwork({ units, module, services, batches, close });
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** A signed spawn of the hostile process. */
  spawn(tags: readonly Tag[] = []): Composed {
    const scheduler = schedulerIdentity.address;
    const compute = [computeIdentity.address];
    return this.sender.spawn({ module: contentIdOf(this.module), scheduler, compute, tags });
  }

  /** Spawns the hostile process through the messenger. */
  async spawned(tags: readonly Tag[] = []): Promise<Digest> {
    return (await this.client.submit(this.spawn(tags))).process;
  }

  /** Sends a message through the messenger and answers its slot. */
  async send(process: Digest, data: Uint8Array): Promise<number> {
    const { slot } = await this.client.submit(this.sender.message(process, "Do", { data }));
    if (slot === null) throw new Error("a message without a slot");
    return slot;
  }
}

type Stores = {
  readonly scheduler: Awaited<ReturnType<typeof openMemoryStores<"scheduler">>>;
  readonly compute: Awaited<ReturnType<typeof openMemoryStores<"compute">>>;
  readonly messenger: Awaited<ReturnType<typeof openMemoryStores<"messenger">>>;
};

function makeServices(
  options: LiveOptions,
  stores: Stores,
  { fetch, heads }: { readonly fetch: Fetch; readonly heads: HeadSigner },
): Services {
  const { pool, verifier, limits = {} } = options;
  const shared = { network, verifier, clock: systemClock, logger: quietLogger };
  return {
    scheduler: new SchedulerService({
      ...shared,
      address: schedulerIdentity.address,
      log: stores.scheduler.log,
      content: stores.scheduler.content,
      epoch: () => 0,
      onGrown: () => heads.grown(),
    }),
    compute: new ComputeService({
      ...shared,
      identity: computeIdentity,
      results: stores.compute.results,
      checkpoints: stores.compute.checkpoints,
      schedulers: [urls.scheduler],
      pool,
      gate: openGate,
      fetchUnit: fetch,
    }),
    messenger: new MessengerService({
      ...shared,
      schedulers: [urls.scheduler],
      computes: [urls.compute],
      messages: stores.messenger.messages,
      pushes: stores.messenger.pushes,
      content: stores.messenger.content,
      random: systemRandom,
      fetch,
      limits,
    }),
  };
}
