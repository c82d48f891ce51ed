/**
 * The directory (spec/09-http.md §3): which units the operator configured, and where a process
 * is. A process's scheduler is the one that its spawn names, and the spawn is what its id is the
 * hash of, so no unit has to be believed: "not here" is the only thing that a scheduler can claim.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import { type ComputeClient, computeClient } from "../src/client/compute-client.ts";
import type { KnownUnits } from "../src/client/messenger-client.ts";
import { type SchedulerClient, schedulerClients } from "../src/client/scheduler-client.ts";
import type { UnitFetch } from "../src/client/unit-call.ts";
import type { Logger } from "../src/node/logger.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, messageIdOf } from "../src/protocol/ids.ts";
import { bodyRecord } from "../src/protocol/message.ts";
import { type SpawnTerms, spawnTermsOf } from "../src/protocol/spawn.ts";
import { callFailure } from "./call-failure.ts";
import { KnownUnit } from "./known-unit.ts";
import { learnMs, locatedMax, unknownProcessMs } from "./limits.ts";

export type KnownScheduler = KnownUnit<SchedulerClient>;
export type KnownCompute = KnownUnit<ComputeClient>;

/** A compute unit under the address by which a process names it. */
export interface NamedCompute {
  readonly unit: KnownCompute;
  readonly address: Digest;
}

/** Where a process is, and what its spawn fixed. */
export interface Located {
  readonly process: Digest;
  /** The canonical spawn body. */
  readonly spawn: Uint8Array;
  readonly terms: SpawnTerms;
  readonly scheduler: KnownScheduler;
}

export class Directory {
  readonly #network: Digest;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #schedulers: readonly KnownScheduler[];
  readonly #computes: readonly KnownCompute[];
  readonly #publicUrls: ReadonlyMap<string, string>;
  /**
   * Both in the order of insertion, which evicts the oldest; what was found stays true for ever.
   */
  readonly #found = new Map<string, Located>();
  readonly #absent = new Map<string, number>();
  readonly #asking = new Map<string, Promise<Located | null>>();

  constructor(options: {
    readonly network: Digest;
    readonly schedulers: readonly string[];
    readonly computes: readonly string[];
    readonly clock: Clock;
    readonly logger: Logger;
    readonly fetch?: UnitFetch | undefined;
    /** By configured URL: by which URL others reach the unit, where that is another. */
    readonly publicUrls?: ReadonlyMap<string, string>;
  }) {
    const { network, clock, logger } = options;
    this.#publicUrls = options.publicUrls ?? new Map();
    this.#network = network;
    this.#clock = clock;
    this.#logger = logger;
    const clients = schedulerClients(options.schedulers, options.fetch);
    this.#schedulers = clients.map(
      (client) => new KnownUnit({ url: client.unit.url, client, role: "scheduler", network }),
    );
    this.#computes = options.computes.map((url) => {
      const client = computeClient(url, options.fetch);
      return new KnownUnit({ url, client, role: "compute", network });
    });
  }

  /** Asks every unit for its address, and says which cannot be used now. */
  async learn(): Promise<void> {
    await Promise.all(
      [...this.#schedulers, ...this.#computes].map((unit) =>
        unit
          .address()
          .catch((error: unknown) =>
            this.#logger.warn("unit not usable", { url: unit.url, error }),
          ),
      ),
    );
  }

  /** The units in the order of the configuration, as others reach them. */
  units(): KnownUnits {
    const shown = (unit: KnownScheduler | KnownCompute) => ({
      url: this.#publicUrls.get(unit.url) ?? unit.url,
      address: unit.knownAddress === null ? null : idText(unit.knownAddress),
    });
    return { schedulers: this.#schedulers.map(shown), computes: this.#computes.map(shown) };
  }

  /**
   * The scheduler of an address, or null where every configured one is another. Rejects with
   * `UNAVAILABLE` where one that does not answer may be it.
   */
  schedulerAt(address: Digest): Promise<KnownScheduler | null> {
    return firstFound(
      this.#schedulers.map(async (unit) => {
        try {
          return equalBytes(await unit.address(), address) ? unit : null;
        } catch (error) {
          const failure = callFailure(error, unit.url);
          if (failure.status >= 500) throw failure;
          // It belongs to another network: none of ours.
          return null;
        }
      }),
    );
  }

  /**
   * The configured compute units among the named ones, in the order of the naming. One whose
   * address is not known is waited for only where a name is missing, and not for long.
   */
  async computesOf(named: readonly Digest[]): Promise<readonly NamedCompute[]> {
    const known = this.#knownComputes(named);
    if (known.length === named.length) return known;
    const unknown = this.#computes.filter(({ knownAddress }) => knownAddress === null);
    if (unknown.length === 0) return known;
    const over = new AbortController();
    const learned = Promise.allSettled(unknown.map((unit) => unit.address()));
    const slept = this.#clock.sleep(learnMs, over.signal).catch(() => undefined);
    await Promise.race([learned, slept]);
    over.abort();
    return this.#knownComputes(named);
  }

  #knownComputes(named: readonly Digest[]): readonly NamedCompute[] {
    return named.flatMap((address) => {
      const unit = this.#computes.find(
        ({ knownAddress }) => knownAddress !== null && equalBytes(knownAddress, address),
      );
      return unit === undefined ? [] : [{ unit, address }];
    });
  }

  /**
   * Where the process is; null where every scheduler says that it has no such process. Rejects with
   * `UNAVAILABLE` where one of them does not answer and no other has it.
   */
  locate(process: Digest): Promise<Located | null> {
    const key = idText(process);
    const found = this.#found.get(key);
    if (found !== undefined) return Promise.resolve(found);
    const absentUntil = this.#absent.get(key);
    if (absentUntil !== undefined && this.#clock.monotonic() < absentUntil) {
      return Promise.resolve(null);
    }
    const asking = this.#asking.get(key) ?? this.#ask(process, key);
    this.#asking.set(key, asking);
    return asking;
  }

  /** Notes a process that has just been spawned. */
  spawned(located: Located): void {
    const key = idText(located.process);
    this.#absent.delete(key);
    keep(this.#found, key, located);
  }

  async #ask(process: Digest, key: string): Promise<Located | null> {
    try {
      const found = await firstFound(this.#schedulers.map((unit) => this.#askOne(unit, process)));
      if (found !== null) this.spawned(found);
      else keep(this.#absent, key, this.#clock.monotonic() + unknownProcessMs);
      return found;
    } finally {
      this.#asking.delete(key);
    }
  }

  async #askOne(scheduler: KnownScheduler, process: Digest): Promise<Located | null> {
    try {
      const address = await scheduler.address();
      const item = await scheduler.call((client) => client.spawnOf(process));
      if (item === null) return null;
      const terms = this.#spawnTerms(item.body, process);
      if (equalBytes(terms.scheduler, address)) {
        return { process, spawn: item.body, terms, scheduler };
      }
      throw new ProtocolError("SCHEDULER_MISMATCH", {
        expected: idText(terms.scheduler),
        got: idText(address),
      });
    } catch (error) {
      const failure = callFailure(error, scheduler.url);
      if (failure.status >= 500) throw failure;
      // It answers something that is not this process's spawn: as if it had none.
      this.#logger.warn("scheduler not believed", { url: scheduler.url, error: failure });
      return null;
    }
  }

  #spawnTerms(spawn: Uint8Array, process: Digest): SpawnTerms {
    const id = messageIdOf(spawn);
    if (!equalBytes(id, process)) {
      throw new ProtocolError("ENTRY_MESSAGE", { expected: idText(process), got: idText(id) });
    }
    const body = bodyRecord.decode(spawn);
    if (!equalBytes(body.network, this.#network)) {
      throw new ProtocolError("NETWORK_MISMATCH", {
        expected: idText(this.#network),
        got: idText(body.network),
      });
    }
    return spawnTermsOf(body);
  }
}

function keep<Value>(table: Map<string, Value>, key: string, value: Value): void {
  table.delete(key);
  table.set(key, value);
  if (table.size <= locatedMax) return;
  for (const oldest of table.keys()) {
    table.delete(oldest);
    return;
  }
}

/**
 * The first answer that is not null, without waiting for the others; a failure only if there is
 * none.
 */
function firstFound<Value>(asked: readonly Promise<Value | null>[]): Promise<Value | null> {
  return new Promise((resolve, reject) => {
    let left = asked.length;
    let failure: unknown = null;
    const end = (): void => {
      left--;
      if (left > 0) return;
      if (failure === null) resolve(null);
      else reject(failure);
    };
    if (left === 0) resolve(null);
    for (const one of asked) {
      one.then(
        (value) => {
          if (value !== null) resolve(value);
          end();
        },
        (error: unknown) => {
          failure = error;
          end();
        },
      );
    }
  });
}
