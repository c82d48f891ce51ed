/**
 * All units of a run with their disks: who is started again, which instance of the scheduler answers,
 * and whether anything is still to be done.
 *
 * @module
 */

import { equalBytes } from "../../src/base/bytes.ts";
import { computeClient } from "../../src/client/compute-client.ts";
import { UnitCallError } from "../../src/client/unit-call.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import { parseHead } from "../../src/log/head.ts";
import type { StoreEngine, TableReader } from "../../src/node/store/engine.ts";
import type { MemoryDisk } from "../../src/node/store/memory-engine.ts";
import { unpackRow } from "../../src/node/store/rows.ts";
import type { StoreRole } from "../../src/node/store/schema.ts";
import { type StoresByRole, unitStores } from "../../src/node/store/unit-stores.ts";
import { type Digest, idText } from "../../src/protocol/ids.ts";
import type { History } from "./history.ts";
import { hashIdentity } from "./identities.ts";
import { LoadBalancer } from "./load-balancer.ts";
import type { Machine } from "./machine.ts";
import type { SimulatedNetwork } from "./network.ts";
import { Onlookers } from "./onlookers.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { headKeyOf, openScheduler } from "./scheduler.ts";
import { Seat } from "./seat.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";
import { SimulatedDisk, soundDisk } from "./storage.ts";
import type { TestMachine } from "./test-process.ts";
import { type OpenMessenger, openCompute, openMessenger, type UnitContext } from "./units.ts";
import { person } from "./workload.ts";

export const urls = {
  messenger: "http://messenger.test",
  scheduler: "http://scheduler.test",
  computes: ["http://compute-0.test", "http://compute-1.test"],
} as const;

const network: Digest = new Uint8Array(32).fill(5);
const schedulerIdentity = hashIdentity("scheduler");
const computeIdentities = urls.computes.map((_, i) => hashIdentity(`compute ${i}`));

export interface SiteOptions {
  readonly time: SimulatedTime;
  readonly history: History;
  readonly wire: SimulatedNetwork;
  readonly machineParts: TestMachine;
  readonly bug: PlantedBug | null;
  readonly random: (stream: number) => SeededRandom;
}

/** See the module comment. */
export class Site {
  readonly #options: SiteOptions;
  readonly #context: UnitContext;
  readonly #random: SeededRandom;
  readonly disks: Readonly<
    Record<"scheduler" | "messenger" | "compute-0" | "compute-1", SimulatedDisk>
  >;
  readonly seats: readonly Seat[];
  readonly onlookers: Onlookers;
  /** Two instances of the scheduler share one database, and the lease says which leads. */
  readonly isPair: boolean;
  readonly #balancer: LoadBalancer;
  readonly #checkpointSlots: number;
  #database: StoreEngine | null = null;
  #messenger: OpenMessenger | null = null;

  constructor(options: SiteOptions) {
    const { time, history, wire, machineParts, bug, random } = options;
    this.#options = options;
    this.#random = random(4);
    this.onlookers = new Onlookers(history, this.headKey);
    this.isPair = this.#random.chance(0.4);
    this.#checkpointSlots = this.#random.integer(1, 4);
    this.#balancer = new LoadBalancer({
      url: urls.scheduler,
      wire,
      time,
      history,
      random: random(10),
    });
    this.#context = {
      network,
      wire,
      history,
      random: random(5),
      machineParts,
      bug,
      schedulerUrl: urls.scheduler,
      computeUrls: urls.computes,
      onHead: (note) => {
        const stores = this.onDisk("scheduler", this.disks.scheduler.disk);
        const [seat] = this.seats;
        // What it shows has the bug of what it stands on.
        const shown = seat === undefined ? stores : bug?.scheduler?.(stores, seat.machine);
        this.onlookers.headShown(note, (shown ?? stores).log);
      },
    };
    const disk = (name: string, stream: number): SimulatedDisk =>
      new SimulatedDisk({ name, time, random: random(stream), history });
    this.disks = {
      scheduler: disk("scheduler", 6),
      messenger: disk("messenger", 7),
      "compute-0": disk("compute-0", 8),
      "compute-1": disk("compute-1", 9),
    };
    this.seats = [...this.#schedulerSeats(), this.#messengerSeat(), ...this.#computeSeats()];
  }

  /** Leaf 0 of the tree over the scheduler's log. */
  get headKey(): Uint8Array {
    return headKeyOf(network, schedulerIdentity);
  }

  get workloadParts(): {
    readonly network: Digest;
    readonly wire: SimulatedNetwork;
    readonly time: SimulatedTime;
    readonly history: History;
    readonly machineParts: TestMachine;
    readonly messengerUrl: string;
    readonly schedulerUrl: string;
    readonly scheduler: Digest;
    readonly headKey: Uint8Array;
    readonly computes: readonly Identity[];
  } {
    const { wire, time, history, machineParts } = this.#options;
    return {
      network,
      wire,
      time,
      history,
      machineParts,
      headKey: this.headKey,
      messengerUrl: urls.messenger,
      schedulerUrl: urls.scheduler,
      scheduler: schedulerIdentity.address,
      computes: computeIdentities,
    };
  }

  #seat(name: string, open: (machine: Machine, run: string) => Promise<void>): Seat {
    const { time, history, wire } = this.#options;
    const onCrash = (machine: Machine): void => {
      this.#balancer.remove(machine);
      const disk = this.disks[name as keyof typeof this.disks] as SimulatedDisk | undefined;
      disk?.kill();
      wire.broken(machine);
    };
    return new Seat({ name, time, history, random: this.#random, open, onCrash });
  }

  #schedulerSeats(): Seat[] {
    const names = this.isPair ? ["scheduler-0", "scheduler-1"] : ["scheduler"];
    return names.map((name) =>
      this.#seat(name, async (machine, run) => {
        const engine = this.isPair ? this.#sharedDatabase() : this.disks.scheduler.open();
        const unit = { identity: schedulerIdentity, engine, run };
        const open = await openScheduler(this.#context, machine, unit);
        if (this.isPair) this.#balancer.add(machine, open);
        else this.#options.wire.serve(urls.scheduler, machine, open.router);
      }),
    );
  }

  /** A database goes on when one of its clients crashes. */
  #sharedDatabase(): StoreEngine {
    this.#database ??= this.disks.scheduler.open();
    return this.#database;
  }

  #messengerSeat(): Seat {
    return this.#seat("messenger", async (machine) => {
      const engine = this.disks.messenger.open();
      const unit = { identity: hashIdentity("messenger"), engine, url: urls.messenger };
      this.#messenger = null;
      this.#messenger = await openMessenger(this.#context, machine, unit);
    });
  }

  #computeSeats(): Seat[] {
    return computeIdentities.map((identity, i) => {
      const name = `compute-${i}` as "compute-0" | "compute-1";
      return this.#seat(name, async (machine) => {
        const engine = this.disks[name].open();
        const checkpointSlots = this.#checkpointSlots;
        const unit = { identity, engine, url: urls.computes[i] ?? "", checkpointSlots };
        await openCompute(this.#context, machine, unit);
      });
    });
  }

  start(): void {
    for (const seat of this.seats) seat.start();
    if (this.isPair) this.#balancer.start();
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    for (const disk of Object.values(this.disks)) {
      disk.weather = soundDisk;
      disk.isFull = false;
    }
    for (const seat of this.seats) {
      seat.isInDanger = false;
      seat.machine.defuse();
      seat.machine.resume();
    }
  }

  /** Ends every run: nothing happens on any disk after this. */
  leave(): void {
    this.#balancer.stop();
    for (const { machine } of this.seats) machine.crash("end of the simulation");
    this.disks.scheduler.kill();
  }

  /** The stores of a role as they are on disk now. */
  onDisk<Role extends StoreRole>(role: Role, disk: MemoryDisk): StoresByRole[Role] {
    const clock = this.seats[0]?.machine.clock;
    if (clock === undefined) throw new RangeError("a site has units");
    return unitStores(role, { engine: lookingAt(disk), clock, bounds: {} });
  }

  /** Asks both compute units for the newest of every process, so that both follow all of them. */
  async look(): Promise<void> {
    const { log } = this.onDisk("scheduler", this.disks.scheduler.disk);
    const { wire } = this.#options;
    for (const process of await log.processes(null, 1_000)) {
      for (const url of urls.computes) {
        const client = computeClient(url, wire.fetchOf(null));
        await client.evaluations(process, { from: 0, limit: 1 }).catch((error: unknown) => {
          if (!(error instanceof UnitCallError)) throw error;
        });
      }
    }
  }

  /** What is still to be done; empty when all has come to rest. */
  async unrest(): Promise<string> {
    const messenger = this.#messenger;
    if (messenger === null) return "the messenger is away";
    const { inFlight, waiting, unevaluated, pushing } = messenger.service.load();
    if (inFlight + waiting + unevaluated + pushing > 0)
      return `at the messenger: ${[inFlight, waiting, unevaluated, pushing].join()}`;
    const { messages } = this.onDisk("messenger", this.disks.messenger.disk);
    if ((await messages.unassigned(null, 1)).length > 0) return "a message without a slot";
    if ((await messages.unevaluated(null, 1)).length > 0) return "a message without evaluation";
    const pushes = this.#pushes();
    if (pushes !== null) return pushes;
    const { log, heads } = this.onDisk("scheduler", this.disks.scheduler.disk);
    const note = await heads.published();
    if (note === null || parseHead(note).head.size < (await log.treeSize())) return "a head";
    return this.#unevaluated();
  }

  /** Only what is for a person may wait. */
  #pushes(): string | null {
    for (const { value } of this.disks.messenger.disk.table("push-item").range(everything)) {
      const row = unpackRow<readonly [target: Uint8Array, ...rest: unknown[]]>(value, 7 as never);
      if (!equalBytes(row[0], person)) return `a push to ${idText(row[0])}`;
    }
    return null;
  }

  async #unevaluated(): Promise<string> {
    const { log } = this.onDisk("scheduler", this.disks.scheduler.disk);
    for (const process of await log.processes(null, 1_000)) {
      const next = (await log.head(process))?.next ?? 0;
      for (const name of ["compute-0", "compute-1"] as const) {
        const { results } = this.onDisk("compute", this.disks[name].disk);
        for (let slot = 0; slot < next; slot++) {
          const stored = await results.get(process, slot);
          if (stored === null) return `slot ${slot} of ${idText(process)} at ${name}`;
          if (stored.attestation === null)
            return `the attestation of slot ${slot} of ${idText(process)} at ${name}`;
        }
      }
    }
    return "";
  }
}

const everything = { from: new Uint8Array(0) };

/** An engine that reads a disk without opening it. */
function lookingAt(disk: MemoryDisk): StoreEngine {
  const tables: TableReader = {
    get: (table, key) => disk.table(table).get(key),
    view: (table, key, use) => disk.table(table).view(key, use),
    range: (table, range) => disk.table(table).range(range),
  };
  return {
    read: async (query) => query(tables),
    update: () => Promise.reject(new RangeError("nobody writes here")),
    close: async () => undefined,
  };
}
