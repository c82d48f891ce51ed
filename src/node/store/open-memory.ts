/**
 * Opens a unit's stores in memory, for tests, the simulated network and the test kit.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { MemoryDisk, MemoryEngine, type MemoryFaults } from "./memory-engine.ts";
import type { StoreRole } from "./schema.ts";
import { checkFormat, type StoreBounds, type StoresByRole, unitStores } from "./unit-stores.ts";

export interface OpenMemoryOptions<Role extends StoreRole> extends StoreBounds {
  readonly role: Role;
  /** What stays across openings; a new one if not given. */
  readonly disk?: MemoryDisk;
  readonly faults?: MemoryFaults;
  readonly clock?: Clock;
}

/**
 * The stores of a unit in memory, with the semantics of `openStores`.
 *
 * @throws StoreError STORE_LOCKED while another opener has the disk; STORE_FORMAT if it is another
 *   role's; STORE_IO if a fault says so.
 */
export async function openMemoryStores<Role extends StoreRole>(
  options: OpenMemoryOptions<Role>,
): Promise<StoresByRole[Role]> {
  const { role, disk = new MemoryDisk(), faults = {}, clock = systemClock } = options;
  const engine = new MemoryEngine(disk, faults);
  try {
    await checkFormat(engine, role);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return unitStores(role, { engine, clock, bounds: options });
}
