/** A process that takes from processes only what is proven, on a network of real units. @module */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Located } from "../../messenger-unit/directory.ts";
import { planOutbox } from "../../messenger-unit/outbox-plan.ts";
import { type ComputeClient, computeClient } from "../../src/client/compute-client.ts";
import {
  announceProvenSlot,
  provenSlot,
  provenStand,
  putProof,
} from "../../src/client/proven-client.ts";
import { type SchedulerClient, schedulerClient } from "../../src/client/scheduler-client.ts";
import { sourceReceiptOf } from "../../src/log/source-receipt.ts";
import type { Evaluation } from "../../src/protocol/evaluation.ts";
import type { MessageStatus } from "../../src/protocol/http.ts";
import { contentIdOf, type Digest, idText, parseId } from "../../src/protocol/ids.ts";
import { logReceiptRecord } from "../../src/protocol/log-receipt.ts";
import { type ProvenSlot, provenSlotRecord } from "../../src/protocol/proven-slot.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { termsOfSpawn } from "../../src/protocol/spawn.ts";
import { type Running, Sandbox } from "./command-line.ts";

const wasm = (name: string): string =>
  fileURLToPath(new URL(`../../dist/processes/${name}.wasm`, import.meta.url));
const proofMs = 120_000;

// Proofs yield to everything else that the machine has to do.
vi.setConfig({ testTimeout: 180_000 });

let sandbox: Sandbox;
let dev: Running;
let scheduler: SchedulerClient;
let compute: ComputeClient;
/** A token that proves its slots, and a counter that takes only what is proven. */
let token: string;
let counter: string;

beforeAll(async () => {
  sandbox = await Sandbox.make();
  dev = await sandbox.start(["dev", "--port", "0", "--prover", "1"]);
  scheduler = schedulerClient(String(dev.document["scheduler"]));
  compute = computeClient(String(dev.document["compute"]));
  token = await spawn(wasm("token"), "--tag", "Supply=1000");
  counter = await spawn(wasm("counter"), "--evidence", "proven");
}, 120_000);
afterAll(() => sandbox.remove());

async function spawn(...argv: string[]): Promise<string> {
  return (await sandbox.json<{ process: string }>(["spawn", ...argv])).process;
}

/** The code that a unit refuses a request with, or "none". */
async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "none",
    (error: { code?: string }) => error.code ?? "no code",
  );
}

async function proven(process: Digest, slot: number): Promise<Evaluation> {
  const wait = { timeoutMs: proofMs / 2, until: "proof" } as const;
  const evaluation = await compute.evaluation(process, slot, wait);
  if (evaluation?.proof.state !== "proven") throw new Error("it is not proven");
  return evaluation;
}

/** What announces a slot of the token. */
async function announcement(slot: number): Promise<ProvenSlot> {
  const process = parseId(token);
  const { result, attestation } = await proven(process, slot);
  const [item] = (await scheduler.log(process, { from: slot, limit: 1 })).items;
  const receipt = await scheduler.receipt(process, slot, { waitMs: 10_000 });
  const proof = await compute.proof(process, slot);
  if (item === undefined || receipt === null || attestation === null || proof === null) {
    throw new Error("something is not there");
  }
  const { entry, body, authorisation, data } = item;
  const about = { entry, body, authorisation, data, result, receipt };
  const [proofHash, proofSize] = [contentIdOf(proof), proof.length];
  return { ...about, attestations: [attestation], proofHash, proofSize };
}

test("a scheduler verifies a slot by its own proof, and refuses every other one", async () => {
  const process = parseId(token);
  const place = { process, slot: 0 };
  const good = await announcement(0);
  const proof = (await compute.proof(process, 0)) ?? new Uint8Array(0);
  const another = await proven(parseId(counter), 0).then(() => compute.proof(parseId(counter), 0));
  const announce = (bytes: Uint8Array) =>
    announceProvenSlot(
      scheduler.unit,
      place,
      provenSlotRecord.encode({
        ...good,
        proofHash: contentIdOf(bytes),
        proofSize: bytes.length,
      }),
    );
  const put = (bytes: Uint8Array) => codeOf(putProof(scheduler.unit, place, bytes));
  expect(await put(proof)).toBe("BODY_TOO_LARGE");
  const middle = proof.length >>> 1;
  const forgeries = [
    new Uint8Array(1000),
    proof.with(middle, (proof[middle] ?? 0) ^ 1),
    another ?? new Uint8Array(0),
  ];
  for (const forged of forgeries) {
    expect(await announce(forged)).toBe(true);
    expect(await put(forged)).toBe("PROOF_INVALID");
  }
  expect((await provenStand(scheduler.unit, process))?.next).toBe(0);
  expect(await announce(proof)).toBe(true);
  expect(await put(proof)).toBe("none");
  const stand = await provenStand(scheduler.unit, process);
  const { postRoot, entryHash } = resultRecord.decode(good.result);
  expect(stand).toEqual({ process, next: 1, entryHash, root: postRoot });
  expect(await announce(proof)).toBe(false);
  expect((await provenSlot(scheduler.unit, process, 0))?.proof?.length).toBe(proof.length);
});

/** The message that a slot of the token sent to the counter, with all that attests it. */
async function attestedMessage(slot: number) {
  const process = parseId(token);
  const wait = { timeoutMs: 30_000, until: "result" } as const;
  const evaluation = await compute.evaluation(process, slot, wait);
  const [spawned, item] = (await scheduler.log(process, { from: 0, limit: slot + 1 })).items;
  const receipt = await scheduler.receipt(process, slot, { waitMs: 10_000 });
  if (evaluation?.attestation == null || spawned === undefined) throw new Error("not attested");
  if (item === undefined || receipt === null) throw new Error("not under a head");
  const terms = termsOfSpawn(spawned.body);
  const located: Located = { process, spawn: spawned.body, terms, scheduler: null as never };
  const attestations = [evaluation.attestation];
  const believed = { evaluation, result: resultRecord.decode(evaluation.result), attestations };
  const covered = sourceReceiptOf(item.entry, logReceiptRecord.decode(receipt));
  const network = parseId(String(dev.document["network"]));
  const planned = planOutbox(located, { believed, receipt: covered }, network);
  const sent = planned.find(({ target }) => target !== null && idText(target) === counter);
  if (sent === undefined) throw new Error("nothing was sent to the counter");
  return sent;
}

async function statusOf(id: string): Promise<MessageStatus> {
  const response = await fetch(`${String(dev.document["messenger"])}/messages/${id}`);
  return (await response.json()) as MessageStatus;
}

test("a message waits for the proofs of its sender, and its attestation alone is refused", async () => {
  const transfer = ["--action", "Transfer", "--tag", `Recipient=${counter}`];
  const sent = await sandbox.json<{ id: string; slot: number }>([
    ...["send", token, ...transfer, "--tag", "Quantity=5"],
  ]);
  const message = await attestedMessage(sent.slot);
  expect(await codeOf(scheduler.submit(message.envelope))).toBe("EVIDENCE_LEVEL");
  await vi.waitFor(async () => expect((await statusOf(idText(message.id))).slot).toBe(1), {
    timeout: proofMs,
    interval: 250,
  });
  const { events } = await statusOf(idText(message.id));
  // A proof that comes while it is asked for is not said to be awaited.
  const kinds = events.map(({ kind }) => kind).filter((kind) => kind !== "awaiting-proof");
  expect(kinds.slice(0, 2)).toEqual(["accepted", "assigned"]);
  // Its compute unit verifies the same chain before it evaluates the message.
  const wait = { timeoutMs: 60_000, until: "result" } as const;
  expect(await compute.evaluation(parseId(counter), 1, wait)).not.toBeNull();
  expect((await provenStand(scheduler.unit, parseId(token)))?.next).toBe(sent.slot + 1);
  // The same bytes are good now, and have their slot.
  expect((await scheduler.submit(message.envelope)).slot).toBe(1);
});

test("who audits or replays such a process verifies its senders, offline as well", async () => {
  const statuses = async (...argv: string[]): Promise<Record<string, string>> => {
    const { out } = await sandbox.run(["audit", counter, ...argv, "--json"]);
    const { checks } = JSON.parse(out) as { checks: { name: string; status: string }[] };
    return Object.fromEntries(checks.map(({ name, status }) => [name, status]));
  };
  expect(await statuses("--save", "saved")).toMatchObject({ log: "valid", head: "valid" });
  expect(await statuses("--offline", "saved")).toMatchObject({ log: "valid" });
  const replayed = await sandbox.json(["replay", counter]);
  expect(replayed).toMatchObject({ ok: true, slots: 2 });
  const network = ["--network", String(dev.document["network"])];
  await sandbox.json(["receipt", idText((await attestedMessage(1)).id), "-o", "one.receipt"]);
  const verdict = await sandbox.run(["verify", "one.receipt", ...network, "--json"]);
  expect(JSON.parse(verdict.out)).toMatchObject({
    checks: expect.arrayContaining([
      expect.objectContaining({ name: "message", status: "valid" }),
      expect.objectContaining({ name: "sender", status: "absent" }),
    ]),
  });
});
