/**
 * What the parts of the store compliance suite share: the engine under test, stores for one test,
 * and ids made from names.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { StoreRole } from "../../node/store/schema.ts";
import type { StoreBounds, StoresByRole } from "../../node/store/unit-stores.ts";
import { ManualClock } from "./manual-clock.ts";

/** Where one test's stores live: they can be opened again and again, and are dropped at the end. */
export interface StorePlace {
  open<Role extends StoreRole>(
    role: Role,
    options: StoreBounds & { readonly clock: ManualClock },
  ): Promise<StoresByRole[Role]>;
  drop(): Promise<void>;
}

/** An engine under test: gives a new, empty place. */
export type StoreSubject = () => Promise<StorePlace>;

/** One unit's stores during a test. */
export class TestStores<Role extends StoreRole> {
  readonly clock: ManualClock = new ManualClock();
  readonly #place: StorePlace;
  readonly #role: Role;
  readonly #bounds: StoreBounds;
  #stores: StoresByRole[Role] | null = null;

  constructor(place: StorePlace, role: Role, bounds: StoreBounds) {
    this.#place = place;
    this.#role = role;
    this.#bounds = bounds;
  }

  async open(): Promise<StoresByRole[Role]> {
    this.#stores ??= await this.#place.open(this.#role, { ...this.#bounds, clock: this.clock });
    return this.#stores;
  }

  /** Closes the stores and opens them again. */
  async reopen(): Promise<StoresByRole[Role]> {
    await this.close();
    return await this.open();
  }

  async close(): Promise<void> {
    await this.#stores?.close();
    this.#stores = null;
  }
}

/** Runs `body` on new stores of a role, and drops them whatever happens. */
export async function withStores<Role extends StoreRole>(
  subject: StoreSubject,
  role: Role,
  body: (stores: StoresByRole[Role], test: TestStores<Role>) => Promise<void>,
  bounds: StoreBounds = {},
): Promise<void> {
  const place = await subject();
  const test = new TestStores(place, role, bounds);
  try {
    await body(await test.open(), test);
  } finally {
    await test.close();
    await place.drop();
  }
}

/** 32 bytes that stand for a name. */
export function idOf(name: string): Uint8Array {
  return sha256Of(new TextEncoder().encode(name));
}

/** SHA-256, by the platform. */
export function sha256Of(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** `length` bytes that depend on a seed and repeat nowhere soon. */
export function bytesOf(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/**
 * A value with every byte string written as length and SHA-256, all else as it is: comparing large
 * arrays element by element took 12 s for 1 MiB.
 */
export function digested(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return `${value.length} bytes ${Buffer.from(sha256Of(value)).toString("hex")}`;
  }
  if (Array.isArray(value)) return value.map(digested);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, digested(each)]));
}
