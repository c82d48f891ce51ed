import { expect, test } from "vitest";
import { utf8Bytes } from "../../../base/bytes.ts";
import { systemClock as clock } from "../../../base/clock.ts";
import { appendRequest } from "../../../testing/store-compliance/log-requests.ts";
import { MemoryDisk, MemoryEngine } from "../memory-engine.ts";
import { KeyedLogStore } from "./log-store.ts";

const idOf = (byte: number) => new Uint8Array(32).fill(byte);
const spawnOf = (byte: number) => appendRequest(idOf(byte), `m${byte}`, { slot: 0 });

test("processes of a store that is older than their counter are counted once, and by the counter from then on", async () => {
  const engine = new MemoryEngine(new MemoryDisk(), {});
  const log = new KeyedLogStore({ engine, clock });
  await log.append([1, 2, 3].map(spawnOf));
  await engine.update((tables) => tables.remove("meta", utf8Bytes("processes")));
  // Spawns go on as ever in such a store, and begin no count that would leave the others out.
  await log.append([spawnOf(4)]);
  expect(await log.processCount()).toBe(4);
  const counted = await engine.read((tables) => tables.get("meta", utf8Bytes("processes")));
  expect(counted).not.toBeNull();
  await log.append([spawnOf(5), appendRequest(idOf(4), "later", { slot: 1 })]);
  expect(await log.processCount()).toBe(5);
  await engine.close();
});
