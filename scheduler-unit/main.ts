/**
 * Entry point of the scheduler.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { runUnit, type UnitContext, type UnitPart } from "../src/node/unit/unit-main.ts";
import type { UnitOptionValues } from "../src/node/unit/unit-options.ts";
import { VerifierPool } from "../src/node/verifier-pool/verifier-pool.ts";
import { schedulerCommand } from "./config.ts";
import { SchedulerInstance } from "./instance.ts";
import { schedulerRoutes } from "./routes.ts";
import { SchedulerService } from "./service.ts";

/** Runs a scheduler with these arguments until a signal ends it. */
export async function main(argv: readonly string[]): Promise<void> {
  await runUnit({ role: "scheduler", command: schedulerCommand, start }, argv);
}

async function start(context: UnitContext<"scheduler", UnitOptionValues>): Promise<UnitPart> {
  const { identity, network, stores, metrics, shutdown } = context;
  const clock = systemClock;
  const verifier = new VerifierPool({});
  shutdown.onEnd("verifier", () => verifier.close());
  const instance = new SchedulerInstance({ leases: stores.lease, clock, random: systemRandom });
  await instance.start();
  shutdown.onEnd("instance", () => instance.stop());
  const service = new SchedulerService({
    address: identity.address,
    network,
    log: stores.log,
    content: stores.content,
    verifier,
    clock,
    epoch: () => instance.epoch(),
    onFenced: (epoch) => instance.fenced(epoch),
    metrics,
  });
  shutdown.onEnd("assignments", () => service.drained());
  return {
    routes: schedulerRoutes(service),
    health: () => ({
      ok: instance.state === "leading",
      checks: { instance: instance.state, waiting: service.waitingCount },
    }),
  };
}
