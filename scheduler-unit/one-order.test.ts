import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { AppendRequest, LogStore } from "../src/node/store/ports/log-store.ts";
import { contentIdOf } from "../src/protocol/ids.ts";
import { TestSender, testIdentity } from "../src/testing/sender.ts";
import { SchedulerService } from "./service.ts";

const network = new Uint8Array(32).fill(5);
const { address } = testIdentity(2);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const module = Uint8Array.of(0, 1, 2, 3);

test("two instances on one store never give a slot twice, and the earlier one is fenced by its epoch", async () => {
  const stores = await openMemoryStores({ role: "scheduler" });
  const { log, content } = stores;
  await content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await content.put(contentIdOf(module), module);
  // Each believes that it leads: what keeps them apart is the store's own transaction.
  const [former, latter] = [0, 1].map(
    (epoch) =>
      new SchedulerService({
        address,
        network,
        log,
        content,
        verifier: referenceVerifier,
        clock: systemClock,
        epoch: () => epoch,
      }),
  ) as [SchedulerService, SchedulerService];
  const spawn = sender.spawn({ module: contentIdOf(module), scheduler: address });
  const { process } = await former.submit(spawn);
  const messages = Array.from({ length: 20 }, (_, i) => sender.message(process, `A${i}`));
  const outcomes = await Promise.all(
    messages.map((message, i) =>
      (i % 2 === 0 ? former : latter).submit(message).then(
        ({ slot }) => slot,
        (error: { code: string }) => error.code,
      ),
    ),
  );
  const slots = outcomes.filter((outcome) => typeof outcome === "number");
  expect(new Set(slots).size).toBe(slots.length);
  const refusals = outcomes.filter((outcome) => typeof outcome === "string");
  expect(refusals.every((code) => code === "FENCED")).toBe(true);
  await expect(former.submit(sender.message(process, "Late"))).rejects.toThrow(/^FENCED/);
  const page = await latter.page(
    process,
    { from: 0, limit: 256, waitMs: 0 },
    new AbortController().signal,
  );
  expect(page.next).toBe(slots.length + 1);
  await stores.close();
});

test("acknowledges a slot only when its entry is durable, and not at all where that fails", async () => {
  const stores = await openMemoryStores({ role: "scheduler" });
  const { content } = stores;
  await content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await content.put(contentIdOf(module), module);
  let write: () => Promise<void> = () => Promise.resolve();
  const log: LogStore = Object.assign(Object.create(stores.log) as LogStore, {
    head: (process: Uint8Array) => stores.log.head(process),
    entry: (process: Uint8Array, slot: number) => stores.log.entry(process, slot),
    slotOf: (process: Uint8Array, id: Uint8Array) => stores.log.slotOf(process, id),
    append: async (requests: readonly AppendRequest[]) => {
      await write();
      return stores.log.append(requests);
    },
  });
  const service = new SchedulerService({
    address,
    network,
    log,
    content,
    verifier: referenceVerifier,
    clock: systemClock,
    epoch: () => 0,
  });
  const spawn = sender.spawn({ module: contentIdOf(module), scheduler: address });
  write = () => Promise.reject(new Error("the disk is full"));
  await expect(service.submit(spawn)).rejects.toThrow("the disk is full");
  expect(await stores.log.head(spawn.id)).toBeNull();
  let go: () => void = () => undefined;
  const waited = new Promise<void>((resolve) => {
    go = resolve;
  });
  write = () => waited;
  let acknowledged = false;
  const submitted = service.submit(spawn).then((placement) => {
    acknowledged = true;
    return placement;
  });
  await systemClock.sleep(50);
  expect(acknowledged).toBe(false);
  go();
  expect((await submitted).slot).toBe(0);
  expect((await stores.log.head(spawn.id))?.next).toBe(1);
  await stores.close();
});
