import { expect, test } from "vitest";
import type { SchedulerClient } from "../src/client/scheduler-client.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import type { LogPage } from "../src/protocol/envelope.ts";
import { EntryWriter } from "../src/testing/honest-entries.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { LogReader } from "./log-reader.ts";

const network = new Uint8Array(32).fill(7);
const scheduler = testIdentity(1).address;
const source = { client: {} as SchedulerClient, address: scheduler };
const { signal } = new AbortController();

/** What is stored of an evaluation, as far as the reader looks. */
function resultOf({ process, slot, messageId, entryHash }: StoredEntry): StoredResult {
  const nothing = new Uint8Array(0);
  return {
    ...{ process, slot, messageId, entryHash, result: Uint8Array.of(slot) },
    ...{ output: nothing, diagnostics: nothing, attestation: null },
  };
}

async function story() {
  const writer = new EntryWriter({ network, scheduler, owner: testIdentity(2) });
  const spawn = writer.spawn();
  const items = [writer.place(spawn), writer.send(spawn.id), writer.send(spawn.id)];
  const { results } = await openMemoryStores({ role: "compute" });
  const reader = (): LogReader =>
    new LogReader({
      process: spawn.id,
      network,
      results,
      verifier: referenceVerifier,
      chains: undefined,
    });
  const page = (from: number): LogPage => ({
    process: spawn.id,
    items: items.slice(from),
    next: items.length,
  });
  return { writer, spawn, items, results, reader, page };
}

test("an entry that was stored by a commit of which nobody heard is good when it is read again", async () => {
  const { results, reader, page } = await story();
  const first = await reader().take(page(0), source, signal);
  await results.put(first.entries.map(resultOf), { entries: first.entries });
  const again = await reader().take(page(0), source, signal);
  expect(again).toMatchObject({ fault: null, isEnd: true });
  expect(again.entries).toHaveLength(3);
});

test("a message that an earlier slot has ends the log, also where that slot was read long before", async () => {
  const { writer, items, results, reader, page, spawn } = await story();
  const early = reader();
  const { entries } = await early.take(page(0), source, signal);
  await results.put(entries.map(resultOf), { entries });
  const [, sent] = items;
  if (sent === undefined) throw new Error("three items were placed");
  const { body, data, authorisation } = sent;
  const repeated = writer.place({ body, data, authorisation, id: spawn.id });
  const news = await early.take({ process: spawn.id, items: [repeated], next: 4 }, source, signal);
  expect(news).toMatchObject({ entries: [], fault: { slot: 3, code: "ENTRY_REPEATED" } });
});
