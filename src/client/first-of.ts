/**
 * Asking several units of one role in turn.
 *
 * @module
 */

import { UnitCallError } from "./unit-call.ts";

/** The first unit's answer; the next one is asked where one cannot be reached. */
export async function firstOf<Client, Value>(
  units: readonly Client[],
  ask: (unit: Client) => Promise<Value>,
): Promise<Value> {
  let last: unknown = new UnitCallError("UNREACHABLE", { status: 0 }, { expected: "a unit" });
  for (const unit of units) {
    try {
      return await ask(unit);
    } catch (error) {
      if (!(error instanceof UnitCallError) || !error.transient) throw error;
      last = error;
    }
  }
  throw last;
}
