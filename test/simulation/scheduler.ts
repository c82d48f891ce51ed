/**
 * A whole scheduler on a simulated machine: it gives slots and signs heads as in production, over a
 * simulated disk. Under which epochs it assigns, and what its heads say, goes into the history.
 *
 * @module
 */

import {
  HeadSigner,
  headRoutes,
  SchedulerInstance,
  SchedulerService,
  schedulerRoutes,
} from "../../scheduler-unit/index.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import type { Router } from "../../src/node/http/router.ts";
import type { Logger } from "../../src/node/logger.ts";
import type { StoreEngine } from "../../src/node/store/engine.ts";
import type { LogStore } from "../../src/node/store/ports/log-store.ts";
import { checkFormat, type StoresByRole } from "../../src/node/store/unit-stores.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../../src/protocol/head-key.ts";
import type { Digest } from "../../src/protocol/ids.ts";
import type { History } from "./history.ts";
import { hashHeadKey, hashVerifier } from "./identities.ts";
import type { Machine } from "./machine.ts";
import { loggerOf, routerOf, storesOf, type UnitContext } from "./units.ts";

/** Tells the history under which epochs a run assigns. */
function watchedLog(log: LogStore, machine: Machine, run: string, history: History): LogStore {
  return new Proxy(log, {
    get: (target, name) => {
      if (name !== "append") return Reflect.get(target, name) as unknown;
      const append: LogStore["append"] = async (requests) => {
        const outcomes = await target.append(requests);
        for (const [i, { kind }] of outcomes.entries()) {
          history.reach(`append ${kind}`);
          const epoch = requests[i]?.epoch;
          if (kind === "appended" && epoch !== undefined) history.assignedUnder(epoch, run);
        }
        if (requests.length > 1) history.reach(`batch at ${machine.name}`);
        return outcomes;
      };
      return append;
    },
  });
}

/** An open scheduler. */
export interface OpenScheduler {
  readonly instance: SchedulerInstance;
  readonly router: Router;
}

/** Opens a scheduler; resolves when it could answer. Which one of a pair does is not its business. */
export async function openScheduler(
  context: UnitContext,
  machine: Machine,
  unit: { readonly identity: Identity; readonly engine: StoreEngine; readonly run: string },
): Promise<OpenScheduler> {
  const { history, network, random, bug } = context;
  const { identity, engine, run } = unit;
  const logger = loggerOf(machine, history);
  await machine.call("open", () => checkFormat(engine, "scheduler"));
  const { stores } = storesOf(context, machine, "scheduler", engine);
  const { clock } = machine;
  const instance = new SchedulerInstance({ leases: stores.lease, clock, random });
  await instance.start();
  const heads = await openHeads(context, machine, { identity, stores, instance, logger });
  const service = new SchedulerService({
    address: identity.address,
    network,
    log: watchedLog(stores.log, machine, run, history),
    content: stores.content,
    verifier: bug?.verifier ?? hashVerifier,
    clock,
    epoch: () => heads.epoch(),
    onGrown: () => heads.grown(),
    onFenced: (late) => {
      instance.fenced(late);
      history.reach(instance.state === "standby" ? "scheduler fenced" : "late append fenced");
    },
  });
  const sources = { heads, log: stores.log, witnesses: () => [] };
  const routes = [...schedulerRoutes(service), ...headRoutes(sources)];
  const router = routerOf(context, machine, {
    role: "scheduler",
    identity,
    stores,
    routes,
    logger,
  });
  heads.start();
  return { instance, router };
}

const headKey = hashHeadKey("scheduler");

/** Leaf 0 of the tree over a scheduler's log. */
export function headKeyOf(network: Digest, identity: Identity): Uint8Array {
  const origin = originOf(network, identity.address);
  const statement = stateHeadKey(identity, { origin, headKey: headKey.publicKey });
  return headKeyRecord.encode(statement);
}

/** The signer of a scheduler's heads, before it signs. */
function openHeads(
  { network, history, onHead }: UnitContext,
  { clock }: Machine,
  unit: {
    readonly identity: Identity;
    readonly stores: StoresByRole["scheduler"];
    readonly instance: SchedulerInstance;
    readonly logger: Logger;
  },
): Promise<HeadSigner> {
  const { identity, stores, instance, logger } = unit;
  return HeadSigner.open({
    log: stores.log,
    heads: stores.heads,
    key: headKey,
    statement: headKeyOf(network, identity),
    clock,
    epoch: () => instance.epoch(),
    logger,
    onHead: ({ note, signed }) => {
      history.headSigned(signed.head.size, signed.head.root);
      onHead(note);
    },
  });
}
