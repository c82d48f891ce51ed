/**
 * Entry point of the scheduler.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { ProvenChains } from "../src/client/proven-chains.ts";
import { unitCaller } from "../src/client/unit-call.ts";
import { unitFetch } from "../src/node/http/unit-fetch.ts";
import { ProvenPool } from "../src/node/proven-pool.ts";
import { confirmRestored, isRestored } from "../src/node/store/backup.ts";
import { runUnit, type UnitContext, type UnitPart } from "../src/node/unit/unit-main.ts";
import { VerifierPool } from "../src/node/verifier-pool/verifier-pool.ts";
import { Waiters } from "../src/node/waiters.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../src/protocol/head-key.ts";
import { idText } from "../src/protocol/ids.ts";
import { type SchedulerOptionValues, schedulerCommand } from "./config.ts";
import { headRoutes } from "./head-routes.ts";
import { HeadSigner } from "./head-signer.ts";
import { SchedulerInstance } from "./instance.ts";
import { provenRoutes } from "./proven-routes.ts";
import { ProvenSlots } from "./proven-slots.ts";
import { Restored } from "./restored.ts";
import { schedulerRoutes } from "./routes.ts";
import { SchedulerService } from "./service.ts";
import type { Published } from "./signed-heads.ts";
import { WitnessPush } from "./witness-push.ts";

/** How long a scheduler that drains waits for the last cosignatures: they hold up no other instance. */
const witnessPatienceMs = 5000;

/** Runs a scheduler with these arguments until a signal ends it. */
export async function main(argv: readonly string[]): Promise<void> {
  await runUnit({ role: "scheduler", command: schedulerCommand, isShared: true, start }, argv);
}

async function start(context: UnitContext<"scheduler", SchedulerOptionValues>): Promise<UnitPart> {
  const { identity, network, stores, metrics, shutdown } = context;
  const clock = systemClock;
  const verifier = new VerifierPool({});
  shutdown.onEnd("verifier", () => verifier.close());
  const instance = new SchedulerInstance({ leases: stores.lease, clock, random: systemRandom });
  await instance.start();
  shutdown.onEnd("instance", () => instance.stop());
  const waiters = new Waiters();
  const { heads, witnesses, restored } = await startHeads(context, instance, waiters);
  shutdown.onEnd("heads", () => heads.stop());
  const proven = startProven(context, verifier);
  const service = new SchedulerService({
    address: identity.address,
    network,
    log: stores.log,
    content: stores.content,
    verifier,
    chains: proven.chains,
    clock,
    epoch: () => heads.epoch(),
    onFenced: (epoch) => instance.fenced(epoch),
    onGrown: () => heads.grown(),
    checkSeen: (size) => heads.checkSeen(size),
    waiters,
    metrics,
  });
  // Before the server waits for requests under way: another instance need not wait for them.
  const handOver = async (): Promise<void> => {
    await service.end();
    await instance.stop();
  };
  shutdown.signal.addEventListener("abort", () => void handOver(), { once: true });
  const cosigners = () => witnesses.flatMap(({ cosigner }) => cosigner ?? []);
  return {
    routes: [
      ...schedulerRoutes(service),
      ...headRoutes({ heads, log: stores.log, witnesses: cosigners }),
      ...provenRoutes(proven.slots),
    ],
    drain: {
      refuses: "writes",
      finish: async (signal) => {
        await service.end();
        await heads.settled(signal);
        await instance.stop();
        const patience = AbortSignal.any([signal, AbortSignal.timeout(witnessPatienceMs)]);
        await Promise.all(witnesses.map((witness) => witness.settled(patience)));
      },
      left: async () => ({
        messages: service.waitingCount,
        entriesWithoutHead: await heads.uncovered(),
      }),
    },
    health: () => ({
      ok: instance.state === "leading" && !heads.isOvertaken && !restored.isPending,
      checks: {
        instance: instance.state,
        waiting: service.waitingCount,
        ...(restored.isPending ? { restored: "not confirmed" } : {}),
      },
    }),
  };
}

/** Chains of proofs of the processes that send to those which demand them. */
function startProven(
  context: UnitContext<"scheduler", SchedulerOptionValues>,
  verifier: VerifierPool,
): { readonly chains: ProvenChains; readonly slots: ProvenSlots } {
  const { network, stores, metrics, shutdown } = context;
  const { proven: store, content } = stores;
  const pool = new ProvenPool();
  shutdown.onEnd("proofs", () => pool.close());
  const chains = new ProvenChains({
    network,
    store,
    verifier,
    checkStep: (step) => pool.check(step),
    moduleOf: async (module) => {
      const bytes = await content.get(module);
      if (bytes !== null) return bytes;
      throw new ProtocolError("MODULE_MISSING", { module: idText(module) });
    },
  });
  const slots = new ProvenSlots({ chains, store, content, clock: systemClock });
  metrics.measured(
    { name: "announced_proofs", help: "Proofs of other processes that are awaited." },
    () => slots.announcedCount,
  );
  return { chains, slots };
}

async function startHeads(
  context: UnitContext<"scheduler", SchedulerOptionValues>,
  instance: SchedulerInstance,
  waiters: Waiters,
): Promise<{
  readonly heads: HeadSigner;
  readonly witnesses: readonly WitnessPush[];
  readonly restored: Restored;
}> {
  const { identity, headKey, network, stores, values, logger, shutdown } = context;
  const origin = originOf(network, identity.address);
  const statement = stateHeadKey(identity, { origin, headKey: headKey.publicKey });
  const fetch = unitFetch();
  const witnesses: readonly WitnessPush[] = values.witness.map(
    (url, at) =>
      new WitnessPush({
        witness: unitCaller(url, fetch),
        clock: systemClock,
        logger,
        log: { name: origin, publicKey: headKey.publicKey },
        onNewer: async (head) => {
          await heads.overtaken(head);
          if (!heads.isOvertaken) restored.shown(head);
        },
        askedOfOthers: () => newestOf(witnesses.filter((_, i) => i !== at)),
        onCosigned: (size, line) => heads.cosigned(size, line),
      }),
  );
  const restored = new Restored({
    isMarked: () => isRestored(values.data),
    unmark: () => confirmRestored(values.data),
    signedSize: () => heads.newest?.signed.head.size ?? null,
    clock: systemClock,
    logger,
  });
  const heads: HeadSigner = await HeadSigner.open({
    log: stores.log,
    heads: stores.heads,
    key: headKey,
    statement: headKeyRecord.encode(statement),
    clock: systemClock,
    epoch: () => {
      restored.check();
      return instance.epoch();
    },
    logger,
    onEntry: (process) => waiters.wake(process),
    onHead: (head) => {
      for (const witness of witnesses) witness.push(head);
    },
  });
  shutdown.onEnd("witnesses", async () => {
    await Promise.all(witnesses.map((witness) => witness.stop()));
  });
  // Before anything is assigned: a witness that has seen more says that this store is an old copy.
  const look = async (): Promise<void> => {
    await Promise.all(witnesses.map((witness) => witness.look()));
  };
  await look();
  void restored.watch(look, shutdown.signal);
  // What an earlier run signed last may have ended before its cosignatures came.
  if (heads.newest !== null) for (const witness of witnesses) witness.push(heads.newest);
  heads.start();
  return { heads, witnesses, restored };
}

/** The newest head that one of these is being asked for. */
function newestOf(witnesses: readonly WitnessPush[]): Published | null {
  const asked = witnesses.flatMap(({ asking }) => asking ?? []);
  return asked.toSorted((a, b) => b.signed.head.size - a.signed.head.size)[0] ?? null;
}
