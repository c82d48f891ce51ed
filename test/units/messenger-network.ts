/**
 * A messenger with schedulers and scripted compute units around it, without sockets: what the
 * messenger's tests share. The messenger can be killed and opened again on the same disk.
 *
 * @module
 */

import {
  type MessengerLimits,
  MessengerService,
  messengerRoutes,
} from "../../messenger-unit/index.ts";
import {
  type HeadSigner,
  SchedulerInstance,
  SchedulerService,
  schedulerRoutes,
} from "../../scheduler-unit/index.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { CodedError } from "../../src/base/error.ts";
import { systemRandom } from "../../src/base/random.ts";
import { type MessengerClient, messengerClient } from "../../src/client/messenger-client.ts";
import { type SchedulerClient, schedulerClient } from "../../src/client/scheduler-client.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import type { Route } from "../../src/node/http/router.ts";
import { createLogger, type Logger } from "../../src/node/logger.ts";
import { MemoryDisk, type MemoryFaults } from "../../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import type { MessengerStores, SchedulerStores } from "../../src/node/store/unit-stores.ts";
import type { MessageStatus } from "../../src/protocol/http.ts";
import { contentIdOf, type Digest, idText } from "../../src/protocol/ids.ts";
import { bodyRecord, type Tag, tagValue } from "../../src/protocol/message.ts";
import { InProcessNetwork } from "../../src/testing/in-process-network.ts";
import { type Script, ScriptedCompute } from "../../src/testing/scripted-compute.ts";
import { type Composed, TestSender, testIdentity } from "../../src/testing/sender.ts";
import { openHeads } from "../scheduler-heads.ts";

export const network: Digest = new Uint8Array(32).fill(5);
export const module: Uint8Array = Uint8Array.of(0, 1, 2, 3);
export const messengerUrl = "http://messenger.test";

/** Killed units complain; nobody listens. */
const silent: Logger = createLogger({ level: "error", clock: systemClock, sink: () => undefined });

/** A scheduler with what it stands on. */
export interface SchedulerUnit {
  readonly url: string;
  readonly address: Digest;
  readonly client: SchedulerClient;
  readonly routes: readonly Route[];
  readonly stores: SchedulerStores;
  readonly service: SchedulerService;
  readonly instance: SchedulerInstance;
  readonly heads: HeadSigner;
}

/** A compute unit at its URL. */
export interface ComputeUnit {
  readonly url: string;
  readonly address: Digest;
  readonly compute: ScriptedCompute;
}

/** An open messenger. */
export interface MessengerUnit {
  readonly service: MessengerService;
  readonly stores: MessengerStores;
  readonly client: MessengerClient;
}

/** How to open a messenger. */
export interface OpenOptions {
  readonly faults?: MemoryFaults;
  readonly limits?: Partial<MessengerLimits>;
  readonly clock?: Clock;
  readonly isUnlisted?: boolean;
  readonly publicUrls?: ReadonlyMap<string, string>;
}

/** See the module comment. */
export class MessengerNetwork {
  readonly units: InProcessNetwork = new InProcessNetwork();
  readonly sender: TestSender = new TestSender({
    identity: testIdentity(1),
    network,
    clock: systemClock,
  });
  readonly schedulers: SchedulerUnit[] = [];
  readonly computes: ComputeUnit[] = [];
  disk: MemoryDisk = new MemoryDisk();
  #messenger: MessengerUnit | null = null;

  /** A network of so many schedulers and compute units; the script is that of all compute units. */
  static async create(
    counts: { readonly schedulers: number; readonly computes: number },
    script: Script,
  ): Promise<MessengerNetwork> {
    const made = new MessengerNetwork();
    for (let i = 0; i < counts.schedulers; i++) await made.#addScheduler(i);
    for (let i = 0; i < counts.computes; i++) made.#addCompute(i, script);
    return made;
  }

  get scheduler(): SchedulerUnit {
    return this.schedulers[0] as SchedulerUnit;
  }

  get messenger(): MessengerUnit {
    return this.#messenger as MessengerUnit;
  }

  async #addScheduler(index: number): Promise<void> {
    const identity = testIdentity(10 + index);
    const url = `http://scheduler-${index}.test`;
    const stores = await openMemoryStores({ role: "scheduler" });
    const { log, content } = stores;
    const [clock, random] = [systemClock, systemRandom];
    const instance = new SchedulerInstance({ leases: stores.lease, clock, random });
    await instance.start();
    const epoch = () => instance.epoch();
    const { heads, routes: ofHeads } = await openHeads({ identity, network, stores, epoch });
    const service = new SchedulerService({
      address: identity.address,
      network,
      log,
      content,
      verifier: referenceVerifier,
      clock,
      epoch,
      onGrown: () => heads.grown(),
    });
    const routes = [...schedulerRoutes(service), ...ofHeads];
    this.units.add(url, { role: "scheduler", identity, network, content, routes });
    const client = schedulerClient(url, this.units.fetch);
    this.schedulers.push({
      url,
      address: identity.address,
      client,
      routes,
      stores,
      service,
      instance,
      heads,
    });
  }

  #addCompute(index: number, script: Script): void {
    const identity = testIdentity(20 + index);
    const url = `http://compute-${index}.test`;
    const scheduler = this.scheduler.client;
    const compute = new ScriptedCompute({ identity, scheduler, script });
    const { content } = this.scheduler.stores;
    const { routes } = compute;
    this.units.add(url, { role: "compute", identity, network, content, routes });
    this.computes.push({ url, address: identity.address, compute });
  }

  /** Opens the messenger on what its disk holds. */
  async open(options: OpenOptions = {}): Promise<MessengerUnit> {
    const { faults = {}, limits = {}, clock = systemClock, ...shown } = options;
    const stores = await openMemoryStores({ role: "messenger", disk: this.disk, faults });
    const { messages, pushes, content } = stores;
    const service = new MessengerService({
      network,
      schedulers: this.schedulers.map(({ url }) => url),
      computes: this.computes.map(({ url }) => url),
      messages,
      pushes,
      content,
      verifier: referenceVerifier,
      clock,
      random: systemRandom,
      logger: silent,
      fetch: this.units.fetch,
      limits,
      ...shown,
    });
    const routes = messengerRoutes(service);
    const identity = testIdentity(30);
    this.units.add(messengerUrl, { role: "messenger", identity, network, content, routes });
    const client = messengerClient(messengerUrl, this.units.fetch);
    this.#messenger = { service, stores, client };
    await service.start();
    return this.#messenger;
  }

  /** Takes the disk from the messenger as a kill of its process does. */
  async kill(): Promise<void> {
    this.disk.kill();
    await this.#messenger?.service.stop().catch(() => undefined);
    this.#messenger = null;
  }

  async close(): Promise<void> {
    await this.#messenger?.service.stop();
    await this.#messenger?.stores.close();
    for (const { service, instance, stores, heads } of this.schedulers) {
      await service.end();
      await heads.stop();
      await instance.stop();
      await stores.close();
    }
  }

  /** Puts the module where spawns of this network find it. */
  async putModule(scheduler: SchedulerUnit = this.scheduler): Promise<Digest> {
    const id = contentIdOf(module);
    const { content } = scheduler.stores;
    await content.reserve(id, module.length, Date.now() + 60_000);
    await content.put(id, module);
    return id;
  }

  /** A signed spawn that names the first scheduler and all compute units. */
  spawn(
    tags: readonly Tag[] = [],
    compute = this.computes.map(({ address }) => address),
  ): Composed {
    const { address } = this.scheduler;
    return this.sender.spawn({ module: contentIdOf(module), scheduler: address, compute, tags });
  }

  /** Spawns a process through the messenger. */
  async spawned(tags: readonly Tag[] = []): Promise<Digest> {
    await this.putModule();
    return (await this.messenger.client.submit(this.spawn(tags))).process;
  }

  /** The `Action` tags of a process's log from slot 1 on. */
  async actions(process: Digest, scheduler: SchedulerUnit = this.scheduler): Promise<string[]> {
    const { items } = await scheduler.client.log(process);
    return items.slice(1).map(({ body }) => tagValue(bodyRecord.decode(body).tags, "Action") ?? "");
  }

  /** The status of a message once it is as wished; fails after ten seconds. */
  async until(message: Digest, wish: (status: MessageStatus) => boolean): Promise<MessageStatus> {
    const end = Date.now() + 10_000;
    for (;;) {
      const status = await this.messenger.client.status(message);
      if (wish(status)) return status;
      if (Date.now() > end) {
        throw new Error(`${idText(message)} stays ${JSON.stringify(status.events)}`);
      }
      await systemClock.sleep(5);
    }
  }
}

/** Kinds of a message's events. */
export function kindsOf(status: MessageStatus): string[] {
  return status.events.map(({ kind }) => kind);
}

/** The code that a promise is rejected with, or "none". */
export async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "none",
    (error: unknown) => (error instanceof CodedError ? error.code : `no code: ${String(error)}`),
  );
}
