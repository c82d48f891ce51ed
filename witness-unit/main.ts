/**
 * Entry point of the witness.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { logSource } from "../src/client/log-source.ts";
import { unitCaller } from "../src/client/unit-call.ts";
import { witnessName } from "../src/log/vkey.ts";
import { unitFetch } from "../src/node/http/unit-fetch.ts";
import { runUnit, type UnitContext, type UnitPart } from "../src/node/unit/unit-main.ts";
import { idText } from "../src/protocol/ids.ts";
import { type WitnessOptionValues, witnessCommand } from "./config.ts";
import { ForkWatch } from "./fork-watch.ts";
import { KnownLogs } from "./known-logs.ts";
import { witnessRoutes } from "./routes.ts";
import { WitnessService } from "./service.ts";

/** Runs a witness with these arguments until a signal ends it. */
export async function main(argv: readonly string[]): Promise<void> {
  await runUnit({ role: "witness", command: witnessCommand, start }, argv);
}

/** A second head key of a scheduler is looked for this often. */
const lookMs = 60 * 60 * 1000;

async function start(context: UnitContext<"witness", WitnessOptionValues>): Promise<UnitPart> {
  const { identity, headKey, network, stores, values, logger, metrics, shutdown } = context;
  const fetch = unitFetch();
  const schedulers = values.scheduler.map((url) => unitCaller(url, fetch));
  const logs = new KnownLogs({
    network,
    schedulers,
    store: stores.witnessed,
    logger,
    now: () => systemClock.monotonic(),
  });
  const forks = new ForkWatch({
    tiles: schedulers.map((scheduler) => logSource(scheduler).tile),
    store: stores.witnessed,
    clock: systemClock,
    logger,
  });
  shutdown.onEnd("forks", () => forks.stop());
  const service = new WitnessService({
    name: witnessName(idText(identity.address)),
    key: headKey,
    logs,
    store: stores.witnessed,
    clock: systemClock,
    forks,
  });
  metrics.counted(
    { name: "cosigned_heads_total", help: "Heads that were cosigned." },
    () => service.counts.cosigned,
  );
  metrics.counted(
    { name: "refused_heads_total", help: "Heads that were refused." },
    () => service.counts.refused,
  );
  await logs.look();
  const looking = setInterval(() => void logs.look(), lookMs);
  shutdown.onEnd("looking", () => clearInterval(looking));
  return {
    routes: witnessRoutes(service, stores.witnessed),
    health: () => ({ ok: true, checks: { ...service.counts } }),
  };
}
