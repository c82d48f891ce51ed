/**
 * The way every unit starts and ends: options, key, stores, verifier, server; on a signal the same in
 * reverse. A unit's `main.ts` says what is its own.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { systemClock } from "../../base/clock.ts";
import { CodedError } from "../../base/error.ts";
import type { HeadKey } from "../../crypto/head-key.ts";
import type { Identity } from "../../crypto/identity.ts";
import type { UnitRole } from "../../protocol/http.ts";
import { type Digest, idText, parseId } from "../../protocol/ids.ts";
import { configFileName, readConfig } from "../config.ts";
import {
  type CommandDeclaration,
  ConfigError,
  type OptionDeclaration,
  type OptionValues,
} from "../config-declaration.ts";
import type { Route } from "../http/router.ts";
import type { HttpChoice } from "../http/select.ts";
import { readKeyFile } from "../keyfile.ts";
import { createLogger, type Logger, type LogLevel, stderrSink } from "../logger.ts";
import { createMetrics, type Metrics } from "../metrics.ts";
import { passphraseFromFile, passphraseFromTerminal } from "../passphrase.ts";
import { createShutdown, type Shutdown } from "../shutdown.ts";
import { openStores } from "../store/open.ts";
import type { StoresByRole } from "../store/unit-stores.ts";
import { unitHeadKey, unitIdentity } from "../verifier-pool/unit-identity.ts";
import { commonRoutes, type Health, unitInfo } from "./common-routes.ts";
import { contentRoutes } from "./content-routes.ts";
import type { DrainPart } from "./drain.ts";
import { parseListen, UnitOptionError, type UnitOptionValues } from "./unit-options.ts";
import { startUnitRun } from "./unit-run.ts";
import { startUnitServer } from "./unit-server.ts";

/** What a unit's own part is given. */
export interface UnitContext<Role extends UnitRole, Values> {
  readonly values: Values;
  readonly identity: Identity;
  /** What a scheduler signs its heads with. */
  readonly headKey: HeadKey;
  readonly network: Digest;
  readonly stores: StoresByRole[Role];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Its `onEnd` registers what has to end before the stores close. */
  readonly shutdown: Shutdown;
}

/** What a unit's own part answers with. */
export interface UnitPart {
  readonly routes: readonly Route[];
  readonly health: () => Health;
  /** How it finishes what it has; absent: it has nothing between two requests. */
  readonly drain?: DrainPart;
  /** Called once the unit answers. */
  readonly onListening?: (url: string) => void;
}

/** A unit's command. */
export interface UnitDeclaration<
  Role extends UnitRole,
  Declarations extends readonly OptionDeclaration[],
> {
  readonly role: Role;
  readonly command: CommandDeclaration<Declarations>;
  /** Several processes may have the unit's store open, of which one leads. */
  readonly isShared?: boolean;
  readonly start: (
    context: UnitContext<Role, OptionValues<Declarations>>,
  ) => Promise<UnitPart> | UnitPart;
}

/** Series of one metric. */
const seriesMax = 1000;
/** How long running requests may finish when a unit ends. */
const closeGraceMs = 5000;
/** Content that nothing refers to is looked for this often. */
const sweepMs = 5 * 60 * 1000;

async function softwareVersion(): Promise<string> {
  const manifest = new URL("../../../../package.json", import.meta.url);
  return (JSON.parse(await readFile(manifest, "utf8")) as { version: string }).version;
}

async function configurationFile(): Promise<{ path: string; text: string } | null> {
  try {
    return { path: configFileName, text: await readFile(configFileName, "utf8") };
  } catch {
    return null;
  }
}

/** Runs a unit until a signal ends it. Mistakes in its options or key end it at once, with one line. */
export async function runUnit<
  Role extends UnitRole,
  const Declarations extends readonly OptionDeclaration[],
>(declaration: UnitDeclaration<Role, Declarations>, argv: readonly string[]): Promise<void> {
  try {
    const config = readConfig(declaration.command, {
      argv,
      env: process.env,
      file: await configurationFile(),
      otherNames: ["messenger", "scheduler", "compute", "network", "key", "port", "data"],
    });
    if (config.kind === "help") process.stdout.write(config.text);
    else await startUnit(declaration, config.values);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    process.stderr.write(`nymcompute ${declaration.role}: ${error.message}\n`);
    process.exit(error instanceof ConfigError || error instanceof UnitOptionError ? 2 : 1);
  }
}

async function startUnit<Role extends UnitRole, Declarations extends readonly OptionDeclaration[]>(
  declaration: UnitDeclaration<Role, Declarations>,
  all: OptionValues<Declarations>,
): Promise<void> {
  const { role, isShared = false } = declaration;
  // Every unit's command declares the common options among its own.
  const values = all as unknown as UnitOptionValues;
  const clock = systemClock;
  const listen = parseListen(values.listen);
  const network = parseId(values.network, "network");
  const level = values["log-level"] as LogLevel;
  const logger = createLogger({ level, clock, sink: stderrSink(), fields: { unit: role } });
  const { identity, headKey } = await readKeys(values, logger);
  const shutdown = createShutdown({ host: process, logger });
  const stores = await openStores({ dir: values.data, role, clock, isShared });
  shutdown.onEnd("stores", () => stores.close());
  const metrics = createMetrics({ prefix: `nymcompute_${role}_`, seriesMax, withProcess: true });
  const context = { values: all, identity, headKey, network, stores, logger, metrics, shutdown };
  const part = await declaration.start(context);
  const info = unitInfo({ role, identity, network, version: await softwareVersion() });
  const run = startUnitRun({
    ...{ role, dir: values.data, part: part.drain, host: process },
    ...{ shutdown, clock, logger, metrics },
  });
  const health = (): Health => drainingHealth(part.health(), run.drain.isDraining);
  const perSecond = values["peer-requests"];
  const server = await startUnitServer({
    listen,
    http: values.http as HttpChoice,
    routes: [
      ...commonRoutes({ info, metrics, metricsPublic: values["metrics-public"], health }),
      ...run.drain.guard([...contentRoutes(stores.content, clock), ...part.routes]),
    ],
    clock,
    logger,
    metrics,
    peerLimit: perSecond === 0 ? null : { perSecond, burst: 2 * perSecond },
    onAssertion: (error) => shutdown.fail(error),
  });
  shutdown.onEnd("http", () => server.close(closeGraceMs));
  const sweeping = setInterval(() => void stores.content.sweep(clock.now()), sweepMs);
  shutdown.onEnd("sweep", () => clearInterval(sweeping));
  part.onListening?.(server.url);
  run.listening(server.url);
  logger.info("listening", { url: server.url, address: info.address, network: info.network });
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...info, url: server.url })}\n`);
  }
}

/** A unit that ends is to get no more work of whoever looks at its health. */
function drainingHealth(health: Health, isDraining: boolean): Health {
  return isDraining ? { ok: false, checks: { ...health.checks, draining: true } } : health;
}

/** A unit's keys: they come from one seed. */
interface UnitKeys {
  readonly identity: Identity;
  readonly headKey: HeadKey;
}

/** The unit's keys. What can be read by others than the owner is refused; one in clear is named. */
async function readKeys(values: UnitOptionValues, logger: Logger): Promise<UnitKeys> {
  const file = values["passphrase-file"];
  const terminal = { input: process.stdin, output: process.stderr };
  const passphrase =
    file === undefined
      ? passphraseFromTerminal(terminal, `Passphrase of ${values.key}: `)
      : passphraseFromFile(file);
  const { seed, isEncrypted } = await readKeyFile(values.key, passphrase);
  const identity = await unitIdentity(seed, logger);
  const address = idText(identity.address);
  if (!isEncrypted) logger.warn("the key is not encrypted", { key: values.key, address });
  return { identity, headKey: await unitHeadKey(seed, logger) };
}
