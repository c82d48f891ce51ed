/**
 * One suite for every implementation of the stores: what the ports promise, each with a test.
 *
 * @module
 */

import { expect, test } from "vitest";
import { checkpointStoreCompliance } from "./checkpoint-store-compliance.ts";
import { contentStoreCompliance } from "./content-store-compliance.ts";
import { idOf, type StoreSubject, withStores } from "./harness.ts";
import { leaseStoreCompliance } from "./lease-store-compliance.ts";
import { appendRequest } from "./log-requests.ts";
import { logStoreCompliance } from "./log-store-compliance.ts";
import { ManualClock } from "./manual-clock.ts";
import { messageStoreCompliance } from "./message-store-compliance.ts";
import { proofStoreCompliance } from "./proof-store-compliance.ts";
import { provenStoreCompliance } from "./proven-store-compliance.ts";
import { pushStoreCompliance } from "./push-store-compliance.ts";
import { resultStoreCompliance } from "./result-store-compliance.ts";

/** Registers the tests of all stores for one engine. */
export function storeCompliance(subject: StoreSubject): void {
  logStoreCompliance(subject);
  contentStoreCompliance(subject);
  leaseStoreCompliance(subject);
  pushStoreCompliance(subject);
  messageStoreCompliance(subject);
  resultStoreCompliance(subject);
  proofStoreCompliance(subject);
  provenStoreCompliance(subject);
  checkpointStoreCompliance(subject);
  opening(subject);
}

function opening(subject: StoreSubject): void {
  test("stores: a second opener gets STORE_LOCKED until the first has closed", async () => {
    const place = await subject();
    const options = { clock: new ManualClock() };
    const first = await place.open("scheduler", options);
    await expect(place.open("scheduler", options)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await first.log.append([appendRequest(idOf("p"), "m", { slot: 0 })]);
    await first.close();
    const second = await place.open("scheduler", options);
    expect((await second.log.head(idOf("p")))?.next).toBe(1);
    await second.close();
    await place.drop();
  });

  test("stores: another role's stores are refused with STORE_FORMAT, and stay usable", async () => {
    const place = await subject();
    const options = { clock: new ManualClock() };
    await (await place.open("scheduler", options)).close();
    await expect(place.open("compute", options)).rejects.toMatchObject({ code: "STORE_FORMAT" });
    await (await place.open("scheduler", options)).close();
    await place.drop();
  });

  test("stores: closing waits for writes, refuses later ones and may be repeated", async () => {
    await withStores(subject, "scheduler", async (stores, opened) => {
      const appended = stores.log.append([appendRequest(idOf("p"), "m", { slot: 0 })]);
      await Promise.all([stores.close(), stores.close()]);
      expect((await appended)[0]?.kind).toBe("appended");
      const closed = { code: "STORE_CLOSED", indeterminate: false };
      await expect(stores.log.append([])).rejects.toMatchObject(closed);
      await expect(stores.log.head(idOf("p"))).rejects.toMatchObject(closed);
      expect((await (await opened.reopen()).log.head(idOf("p")))?.next).toBe(1);
    });
  });
}
