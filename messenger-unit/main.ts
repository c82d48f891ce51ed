/**
 * Entry point of the messenger.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { unitFetch } from "../src/node/http/unit-fetch.ts";
import { runUnit, type UnitContext, type UnitPart } from "../src/node/unit/unit-main.ts";
import { VerifierPool } from "../src/node/verifier-pool/verifier-pool.ts";
import { type MessengerOptionValues, messengerCommand } from "./config.ts";
import { builtConsole, consoleRoutes, readConsole } from "./console-files.ts";
import { publicUrlsOf } from "./public-urls.ts";
import { messengerRoutes } from "./routes.ts";
import { MessengerService } from "./service.ts";

/** Runs a messenger with these arguments until a signal ends it. */
export async function main(argv: readonly string[]): Promise<void> {
  await runUnit({ role: "messenger", command: messengerCommand, start }, argv);
}

async function start(context: UnitContext<"messenger", MessengerOptionValues>): Promise<UnitPart> {
  const { values, network, stores, logger, metrics, shutdown } = context;
  const verifier = new VerifierPool({});
  shutdown.onEnd("verifier", () => verifier.close());
  const service = new MessengerService({
    network,
    schedulers: values.scheduler,
    computes: values.compute,
    messages: stores.messages,
    pushes: stores.pushes,
    content: stores.content,
    verifier,
    clock: systemClock,
    random: systemRandom,
    logger,
    fetch: unitFetch(),
    metrics,
    isUnlisted: values.unlisted,
    publicUrls: publicUrlsOf(values["public-url"], [...values.scheduler, ...values.compute]),
    limits: {
      remotePerSecond: values["peer-messages"],
      remoteBurst: 2 * values["peer-messages"],
      ownerPerSecond: values["owner-messages"],
      ownerBurst: 2 * values["owner-messages"],
    },
  });
  await service.start();
  shutdown.onEnd("service", () => service.stop());
  // Streams would keep the server from ending until its grace is over.
  shutdown.signal.addEventListener("abort", () => service.endStreams(), { once: true });
  const page = await readConsole(builtConsole());
  return {
    routes: [...messengerRoutes(service), ...consoleRoutes(page)],
    drain: {
      refuses: "writes",
      finish: (signal) => service.settled(signal),
      left: () => service.unfinished(),
    },
    health: () => {
      const { schedulers, computes } = service.units();
      const known = (units: typeof schedulers) =>
        units.filter(({ address }) => address !== null).length;
      const checks = {
        schedulers: known(schedulers),
        computes: known(computes),
        ...service.load(),
      };
      return { ok: checks.schedulers > 0, checks };
    },
  };
}
