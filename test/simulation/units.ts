/**
 * Whole units on simulated machines: the services and routes that run in production, over simulated
 * disks, clocks and network. A planted bug wraps what a unit stands on; no unit knows of it.
 *
 * @module
 */

import {
  ComputeService,
  computeRoutes,
  type EvaluationPool,
  EvaluationWork,
  HeadGate,
} from "../../compute-unit/index.ts";
import { MessengerService, messengerRoutes } from "../../messenger-unit/index.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import type { HttpMetrics } from "../../src/node/http/http-metrics.ts";
import { createRouter, type Route, type Router } from "../../src/node/http/router.ts";
import type { Logger } from "../../src/node/logger.ts";
import { createMetrics } from "../../src/node/metrics.ts";
import type { StoreEngine } from "../../src/node/store/engine.ts";
import type { StoreRole } from "../../src/node/store/schema.ts";
import {
  type CommonStores,
  checkFormat,
  type StoresByRole,
  unitStores,
} from "../../src/node/store/unit-stores.ts";
import { commonRoutes, unitInfo } from "../../src/node/unit/common-routes.ts";
import { contentRoutes } from "../../src/node/unit/content-routes.ts";
import { statusOfCode } from "../../src/node/unit/error-status.ts";
import type { UnitRole } from "../../src/protocol/http.ts";
import type { Digest } from "../../src/protocol/ids.ts";
import type { History } from "./history.ts";
import { hashVerifier } from "./identities.ts";
import type { Machine } from "./machine.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { PlantedBug } from "./planted-bug.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { TestMachine } from "./test-process.ts";

/** What all units of a run share. */
export interface UnitContext {
  readonly network: Digest;
  readonly wire: SimulatedNetwork;
  readonly history: History;
  readonly random: SeededRandom;
  readonly machineParts: TestMachine;
  readonly bug: PlantedBug | null;
  readonly schedulerUrl: string;
  readonly computeUrls: readonly string[];
  /** Told of every head that is shown, as a note. */
  readonly onHead: (note: Uint8Array) => void;
}

const noMetrics: HttpMetrics = { answered: () => undefined, refused: () => undefined };
const metrics = createMetrics({ prefix: "sim_", seriesMax: 10, withProcess: false });

/** Errors that are not the environment's are the unit's own. */
export function loggerOf(machine: Machine, history: History): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (event, fields = {}) => {
      const { error } = fields;
      const isCoded = error instanceof Error && "code" in error && error.code !== "HOST_FAULT";
      history.note(`${machine.name} says ${event}: ${String(error)}`);
      const isOurs = error !== undefined && !isCoded;
      if (isOurs || event === "a second result for one entry" || event === "faulty log") {
        history.violate(
          "no failure of a unit's own",
          `${machine.name}: ${event}: ${stackOf(error)}`,
        );
      }
    },
    with: () => logger,
  };
  return logger;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function routerOf(
  context: UnitContext,
  machine: Machine,
  unit: {
    readonly role: UnitRole;
    readonly identity: Identity;
    readonly stores: CommonStores;
    readonly routes: readonly Route[];
    readonly logger: Logger;
  },
): Router {
  const { role, identity, stores, routes, logger } = unit;
  const info = unitInfo({ role, identity, network: context.network, version: "simulated" });
  const health = () => ({ ok: true, checks: {} });
  return createRouter({
    routes: [
      ...commonRoutes({ info, metrics, metricsPublic: true, health }),
      ...contentRoutes(stores.content, machine.clock),
      ...routes,
    ],
    statusOf: statusOfCode,
    clock: machine.clock,
    logger,
    metrics: noMetrics,
    limiter: null,
    onAssertion: (error) => context.history.violate("no assertion fails", stackOf(error)),
  });
}

/** The stores over an engine: the bug inside, the machine's crashes around it. */
export function storesOf<Role extends Exclude<StoreRole, "witness">>(
  context: UnitContext,
  machine: Machine,
  role: Role,
  engine: StoreEngine,
): { readonly bare: StoresByRole[Role]; readonly stores: StoresByRole[Role] } {
  const { bug } = context;
  const tables = bug?.engine?.(engine, role) ?? engine;
  const bare = unitStores(role, { engine: tables, clock: machine.clock, bounds: {} });
  const plant = bug?.[role] as
    | ((stores: StoresByRole[Role], machine: Machine) => StoresByRole[Role])
    | undefined;
  const planted = plant?.(bare, machine) ?? bare;
  const stores: Record<string, unknown> = {};
  for (const [name, store] of Object.entries(planted)) {
    stores[name] = typeof store === "object" ? machine.port(name, store as object) : store;
  }
  return { bare, stores: stores as unknown as StoresByRole[Role] };
}

/** Opens a compute unit; resolves when it answers. */
export async function openCompute(
  context: UnitContext,
  machine: Machine,
  unit: {
    readonly identity: Identity;
    readonly engine: StoreEngine;
    readonly url: string;
    readonly checkpointSlots: number;
  },
): Promise<StoresByRole["compute"]> {
  const { history, network, wire, machineParts, bug } = context;
  const { identity, engine, url, checkpointSlots } = unit;
  await machine.call("open", () => checkFormat(engine, "compute"));
  const { bare, stores } = storesOf(context, machine, "compute", engine);
  const logger = loggerOf(machine, history);
  const work = new EvaluationWork(machineParts);
  const honest: EvaluationPool = {
    run: (_key, job) =>
      machine.call(`pool.${job.kind}`, async () => structuredClone(work.answer(job))),
  };
  const verifier = bug?.verifier ?? hashVerifier;
  const { clock } = machine;
  const gate = new HeadGate({ network, verifier, store: stores.witnessed, clock, logger });
  const service = new ComputeService({
    identity,
    network,
    results: stores.results,
    checkpoints: stores.checkpoints,
    schedulers: [context.schedulerUrl],
    pool: bug?.pool?.(honest, machine) ?? honest,
    verifier: bug?.verifier ?? hashVerifier,
    gate: bug?.gate?.(gate) ?? gate,
    clock: machine.clock,
    logger,
    fetchUnit: wire.fetchOf(machine),
    checkpointSlots,
  });
  const routes = computeRoutes(service);
  const router = routerOf(context, machine, { role: "compute", identity, stores, routes, logger });
  wire.serve(url, machine, router);
  return bare;
}

/** An open messenger. */
export interface OpenMessenger {
  readonly service: MessengerService;
  /** Without crashes, for whoever looks on. */
  readonly bare: StoresByRole["messenger"];
}

/** Opens a messenger; resolves when it answers. */
export async function openMessenger(
  context: UnitContext,
  machine: Machine,
  unit: { readonly identity: Identity; readonly engine: StoreEngine; readonly url: string },
): Promise<OpenMessenger> {
  const { history, network, wire, random, bug } = context;
  const { identity, engine, url } = unit;
  await machine.call("open", () => checkFormat(engine, "messenger"));
  const { bare, stores } = storesOf(context, machine, "messenger", engine);
  const logger = loggerOf(machine, history);
  const service = new MessengerService({
    network,
    schedulers: [context.schedulerUrl],
    computes: context.computeUrls,
    messages: stores.messages,
    pushes: stores.pushes,
    content: stores.content,
    verifier: bug?.verifier ?? hashVerifier,
    clock: machine.clock,
    random,
    logger,
    fetch: wire.fetchOf(machine),
  });
  const routes = messengerRoutes(service);
  const router = routerOf(context, machine, {
    role: "messenger",
    identity,
    stores,
    routes,
    logger,
  });
  await service.start();
  wire.serve(url, machine, router);
  return { service, bare };
}
