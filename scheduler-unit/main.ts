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
import { headKeyRecord, originOf, stateHeadKey } from "../src/protocol/head-key.ts";
import { schedulerCommand } from "./config.ts";
import { headRoutes } from "./head-routes.ts";
import { HeadSigner } from "./head-signer.ts";
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
  const heads = await startHeads(context, instance);
  shutdown.onEnd("heads", () => heads.stop());
  const service = new SchedulerService({
    address: identity.address,
    network,
    log: stores.log,
    content: stores.content,
    verifier,
    clock,
    epoch: () => instance.epoch(),
    onFenced: (epoch) => instance.fenced(epoch),
    onGrown: () => heads.grown(),
    metrics,
  });
  shutdown.onEnd("assignments", () => service.drained());
  return {
    routes: [...schedulerRoutes(service), ...headRoutes(heads, stores.log)],
    health: () => ({
      ok: instance.state === "leading",
      checks: { instance: instance.state, waiting: service.waitingCount },
    }),
  };
}

function startHeads(
  { identity, headKey, network, stores, logger }: UnitContext<"scheduler", UnitOptionValues>,
  instance: SchedulerInstance,
): Promise<HeadSigner> {
  const origin = originOf(network, identity.address);
  const statement = stateHeadKey(identity, { origin, headKey: headKey.publicKey });
  return HeadSigner.start({
    log: stores.log,
    heads: stores.heads,
    key: headKey,
    statement: headKeyRecord.encode(statement),
    clock: systemClock,
    epoch: () => instance.epoch(),
    logger,
  });
}
