/**
 * Durable appends by the number in flight, and checkpoints. A round is 256 appends of 6 KB bodies:
 * divide 256 by a round's time for appends a second. Read ratios: the disk decides the rest.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, bench } from "vitest";
import { bytesOf, idOf } from "../../testing/store-compliance/harness.ts";
import { appendRequest } from "../../testing/store-compliance/log-requests.ts";
import { openStores } from "./open.ts";
import { type CheckpointSave, deltaPageBytes } from "./ports/checkpoint-store.ts";

const appendsPerRound = 256;
const folder = mkdtempSync(join(tmpdir(), "nymcompute-bench-"));
const scheduler = await openStores({ dir: join(folder, "scheduler"), role: "scheduler" });
const compute = await openStores({ dir: join(folder, "compute"), role: "compute" });

afterAll(async () => {
  await scheduler.close();
  await compute.close();
  rmSync(folder, { recursive: true, force: true });
});

const slots = new Map<string, number>();

async function appendOne(name: string): Promise<void> {
  const slot = slots.get(name) ?? 0;
  slots.set(name, slot + 1);
  const request = appendRequest(idOf(name), `${name} ${slot}`, { slot, bodyBytes: 6_000 });
  const [outcome] = await scheduler.log.append([request]);
  if (outcome?.kind !== "appended") throw new Error(`slot ${slot} of ${name} was refused`);
}

for (const inFlight of [1, 16, 64, 256]) {
  bench(`256 appends, ${inFlight} in flight`, async () => {
    const writers = Array.from({ length: inFlight }, async (_, writer) => {
      for (let done = 0; done < appendsPerRound / inFlight; done++) {
        await appendOne(`writer ${writer} of ${inFlight}`);
      }
    });
    await Promise.all(writers);
  });
}

let slotOfDeltas = 0;

function checkpointSave(name: string, slot: number, pages: readonly number[]): CheckpointSave {
  return {
    process: idOf(name),
    slot,
    root: idOf(`${name} ${slot}`),
    pageCount: 1_024,
    globals: new Uint8Array(64),
    pages: pages.map((index) => ({ index, bytes: bytesOf(index + slot, deltaPageBytes) })),
    full: slot === 0,
  };
}

const everyPage = Array.from({ length: 16_384 }, (_, index) => index);
await compute.checkpoints.save([checkpointSave("large", 0, everyPage)]);
for (let slot = 1; slot <= 200; slot++) {
  const pages = Array.from({ length: 24 }, (_, index) => (index * 677 + slot * 31) % 16_384);
  await compute.checkpoints.save([checkpointSave("large", slot, [...new Set(pages)])]);
}
const small = Array.from({ length: 50 }, (_, index) => `small ${index}`);
await compute.checkpoints.save(small.map((name) => checkpointSave(name, 0, [0])));

bench("load a process of 64 MiB with 200 deltas of 24 pages", async () => {
  await compute.checkpoints.load(idOf("large"));
});

bench("save 24 pages of each of 50 processes in one transaction", async () => {
  slotOfDeltas++;
  const pages = Array.from({ length: 24 }, (_, index) => index * 16);
  await compute.checkpoints.save(small.map((name) => checkpointSave(name, slotOfDeltas, pages)));
});
