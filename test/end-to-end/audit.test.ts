/** Audits of whole processes: what is proven from slot 0, what is missing, and what is forged. @module */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { auditProcess } from "../../src/client/audit.ts";
import type { AuditSource } from "../../src/client/audit-source.ts";
import type { AuditVerdict } from "../../src/client/audit-verdict.ts";
import { verifySignature } from "../../src/crypto/signature.ts";
import { entryHashOf } from "../../src/protocol/entry.ts";
import { type LogItem, logPageRecord } from "../../src/protocol/envelope.ts";
import { type Evaluation, evaluationRecord } from "../../src/protocol/evaluation.ts";
import { messageIdOf, parseId } from "../../src/protocol/ids.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { slotProofRecord } from "../../src/protocol/slot-proof.ts";
import { termsOfSpawn } from "../../src/protocol/spawn.ts";
import { evaluateNext } from "../../src/runtime/evaluate.ts";
import { evaluationOf, inputOf } from "../../src/runtime/evaluation-input.ts";
import { Process } from "../../src/runtime/process.ts";
import { compileProcessModule } from "../../src/runtime/process-module.ts";
import { createWasmEngine } from "../../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { createProver, proveSlot } from "../../src/zkvm/prove-slot.ts";
import { type Ran, type Running, Sandbox } from "./command-line.ts";

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));

// Proofs yield to everything else that the machine has to do.
vi.setConfig({ testTimeout: 180_000 });

let sandbox: Sandbox;
let dev: Running;
let network: string;
/** A counter with three slots, and everything that its audit fetched. */
let counter: string;
let saved: SavedProcess;

beforeAll(async () => {
  sandbox = await Sandbox.make();
  dev = await sandbox.start(["dev", "--port", "0", "--prover", "1"]);
  network = String(dev.document["network"]);
  counter = await spawn(counterWasm);
  for (let i = 0; i < 2; i++) await send(counter);
  await sandbox.json(["audit", counter, "--wait", "proof", "--save", "saved"]);
  saved = await readSaved("saved");
}, 240_000);
afterAll(() => sandbox.remove());

async function spawn(file: string, ...tags: string[]): Promise<string> {
  const argv = ["spawn", file, ...tags.flatMap((tag) => ["--tag", tag]), "--json"];
  return (JSON.parse((await sandbox.run(argv)).out) as { process: string }).process;
}

async function send(process: string): Promise<void> {
  await sandbox.run(["send", process, "--action", "Increment"]);
}

type AuditDocument = AuditVerdict & { readonly error?: { readonly code: string } };

async function audit(...argv: string[]): Promise<Ran & { readonly document: AuditDocument }> {
  const ran = await sandbox.run(["audit", ...argv, "--json"]);
  return { ...ran, document: JSON.parse(ran.out) as AuditDocument };
}

function statusesOf(verdict: Pick<AuditVerdict, "checks">): Record<string, string> {
  return Object.fromEntries(verdict.checks.map(({ name, status }) => [name, status]));
}

/** A saved process, to be tampered with. */
interface SavedProcess {
  readonly module: Uint8Array;
  readonly items: readonly LogItem[];
  readonly evaluations: readonly Evaluation[];
  readonly proofs: readonly Uint8Array[];
  /** Of the last slot. */
  readonly receipt: Uint8Array | null;
}

async function readSaved(folder: string): Promise<SavedProcess> {
  const bytesOf = async (name: string) =>
    new Uint8Array(await readFile(sandbox.path(folder, name)));
  const names = await readdir(sandbox.path(folder));
  const slots = names.filter((name) => name.endsWith(".entry")).map((_, slot) => slot);
  const all = <Value>(read: (slot: number) => Promise<Value>) => Promise.all(slots.map(read));
  return {
    module: await bytesOf("module.wasm"),
    items: await all(async (i) => logPageRecord.decode(await bytesOf(`${i}.entry`)).items[0]!),
    evaluations: await all(async (i) => evaluationRecord.decode(await bytesOf(`${i}.evaluation`))),
    proofs: await all((i) => bytesOf(`${i}.proof`)),
    receipt: await bytesOf(`${slots.length - 1}.receipt`),
  };
}

function sourceOf({ module, items, evaluations, proofs, receipt }: SavedProcess): AuditSource {
  return {
    scheduler: null,
    log: async (from, limit) => ({
      process: parseId(counter),
      items: items.slice(from, from + limit),
      next: items.length,
    }),
    module: async () => module,
    receipt: async () => receipt,
    units: [
      {
        evaluation: async (slot) => evaluations[slot] ?? null,
        proof: async (slot) => proofs[slot] ?? null,
      },
    ],
  };
}

function auditOf(
  changes: Partial<SavedProcess>,
  more: Partial<Parameters<typeof auditProcess>[0]> = {},
): Promise<AuditVerdict> {
  return auditProcess({
    network: parseId(network),
    process: parseId(counter),
    source: sourceOf({ ...saved, ...changes }),
    verifier: { verify: async (claims) => claims.map(verifySignature) },
    ...more,
  });
}

const flipped = (part: Uint8Array, at: number): Uint8Array => part.with(at, (part[at] ?? 0) ^ 1);
const atSlot = <Value>(list: readonly Value[], slot: number, value: Value): Value[] =>
  list.map((one, i) => (i === slot ? value : one));

test("a process is proven from slot 0, and a second audit verifies new slots alone", async () => {
  const first = await audit(counter);
  expect(first.code).toBe(0);
  expect(first.document).toMatchObject({ ok: true, level: "proven", slots: 3, provenTo: 2 });
  expect(statusesOf(first.document)).toEqual({
    ...{ spawn: "valid", module: "valid", genesis: "valid", log: "valid", steps: "valid" },
    ...{ roots: "valid", head: "valid", cosignatures: "absent" },
  });
  // An audit that saves what it fetched is from scratch, and keeps what it verified.
  expect(first.document.verified).toBe(0);
  await send(counter);
  const second = await audit(counter, "--wait", "proof");
  expect(second.document).toMatchObject({ ok: true, provenTo: 3, shown: 4, verified: 1 });
  const early = await audit(counter, "--to", "1");
  expect(early.document).toMatchObject({ ok: true, slots: 2, provenTo: 1, verified: 0 });
});

async function cacheFile(home = sandbox.folder): Promise<string> {
  return join(home, ".cache", "nymcompute", "audit", network, `${counter}.json`);
}

test("what an earlier audit kept is believed only as this machine wrote it", async () => {
  const path = await cacheFile();
  const kept = await readFile(path, "utf8");
  // The last root, claimed by whoever can write to a cache: another digit of it, or of the seal.
  for (const at of [kept.lastIndexOf('\\",0]') - 8, kept.length - 8]) {
    const other = kept[at] === "A" ? "B" : "A";
    await writeFile(path, `${kept.slice(0, at)}${other}${kept.slice(at + 1)}`);
    const { code, err, document } = await audit(counter);
    expect(code).toBe(0);
    expect(err).toMatch(/not believed/);
    expect(document).toMatchObject({ ok: true, provenTo: 3, verified: 4 });
  }
  // A seal of another machine.
  const otherHome = await Sandbox.make();
  try {
    const named = ["messenger", "scheduler", "compute"].flatMap((role) => [
      `--${role}`,
      String(dev.document[role]),
    ]);
    const theirs = await cacheFile(otherHome.folder);
    await mkdir(dirname(theirs), { recursive: true });
    await writeFile(theirs, kept);
    const ran = await otherHome.json<AuditDocument>(["audit", counter, ...named]);
    expect(ran).toMatchObject({ ok: true, verified: 4 });
  } finally {
    await otherHome.remove();
  }
  const scratch = await audit(counter, "--from-scratch", "--to", "0");
  expect(scratch.document).toMatchObject({ ok: true, verified: 1 });
});

test("a saved folder is audited offline, and says no more than it holds", async () => {
  const whole = await audit(counter, "--offline", "saved", "--network", network);
  expect(whole.document).toMatchObject({ ok: true, level: "proven", provenTo: 2, verified: 3 });
  const none = await auditOf({ proofs: saved.proofs.slice(0, 1) });
  expect(none).toMatchObject({ ok: false, level: "none", provenTo: 0 });
  expect(none.missing).toMatchObject([{ from: 1, to: 2, state: "absent" }]);
  const unsigned = await auditOf({ receipt: null });
  expect(unsigned).toMatchObject({ ok: false, level: "none", provenTo: 2 });
  expect(statusesOf(unsigned)["head"]).toBe("absent");
  const other = await audit(counter, "--offline", "saved", "--network", "A".repeat(43));
  expect(other.code).toBe(1);
  expect(statusesOf(other.document)["spawn"]).toBe("invalid");
});

test("a byte changed anywhere makes the audit name the line", async () => {
  const { items, evaluations, proofs, module, receipt } = saved;
  const [, item] = items as [LogItem, LogItem];
  const [, evaluation] = evaluations as [Evaluation, Evaluation];
  const changes: readonly (readonly [string, Partial<SavedProcess>])[] = [
    ["spawn", { items: atSlot(items, 0, { ...items[0]!, body: flipped(items[0]!.body, 60) }) }],
    ["module", { module: flipped(module, module.length - 9) }],
    ["log", { items: atSlot(items, 1, { ...item, entry: flipped(item.entry, 40) }) }],
    [
      "log",
      { items: atSlot(items, 1, { ...item, authorisation: flipped(item.authorisation, 3000) }) },
    ],
    ["log", { items: [items[0]!, items[2]!] }],
    ["log", { items: [...items.slice(0, 2), item] }],
    ["head", { receipt: flipped(receipt!, 60) }],
    ["head", { receipt: flipped(receipt!, receipt!.length - 50) }],
    ["steps", { proofs: atSlot(proofs, 1, flipped(proofs[1]!, 90_000)) }],
    ["steps", { proofs: atSlot(proofs, 1, proofs[2]!) }],
    ["steps", { evaluations: atSlot(evaluations, 1, evaluations[2]!) }],
    [
      "steps",
      {
        evaluations: atSlot(evaluations, 1, {
          ...evaluation,
          result: flipped(evaluation.result, evaluation.result.length - 3),
        }),
      },
    ],
  ];
  for (const [i, [name, change]] of changes.entries()) {
    const verdict = await auditOf(change);
    expect(verdict, `change ${i}`).toMatchObject({ ok: false, level: "none" });
    expect(statusesOf(verdict)[name], `change ${i}: ${name}`).toBe("invalid");
  }
});

test("a true proof of a step from a state that the process never had is no part of the chain", async () => {
  const forged = await stepFromGenesis(2);
  const verdict = await auditOf({
    evaluations: atSlot(saved.evaluations, 2, forged.evaluation),
    proofs: atSlot(saved.proofs, 2, forged.proof),
  });
  expect(statusesOf(verdict)).toMatchObject({ steps: "valid", roots: "invalid" });
  expect(verdict).toMatchObject({ ok: false, level: "none", provenTo: 1 });
});

/** What a lying unit would answer for a slot: proven, from the genesis. */
async function stepFromGenesis(slot: number): Promise<{
  readonly evaluation: Evaluation;
  readonly proof: Uint8Array;
}> {
  const { items, module: bytes, evaluations } = saved;
  const terms = termsOfSpawn(items[0]!.body);
  const item = items[slot]!;
  const ids = { entryHash: entryHashOf(item.entry), messageId: messageIdOf(item.body) };
  const input = inputOf({ ...item, slot, ...ids }, terms);
  const kernel = new StateKernel();
  const memoryPagesMax = terms.memoryLimit / 65_536;
  const limits = { gasLimit: terms.gasLimit, memoryPagesMax };
  const process = Process.genesis({ module: compileProcessModule(bytes), memoryPagesMax, kernel });
  const pre = { memory: process.memory.slice(), globals: process.globals.slice() };
  const hot = { process, next: slot, root: process.root() };
  const evaluated = evaluateNext(hot, counter, terms, input);
  const prover = await createProver(await createWasmEngine({ memoryBytes: 2 ** 30 }), kernel);
  const { inbox } = input;
  const proven = await proveSlot(prover, { module: bytes, limits, first: false, pre, inbox });
  const { first, limits: _, ...rest } = proven.statement;
  const record = { ...rest, ...limits, first: first ? 1 : 0, proof: proven.proof };
  const parts = { body: item.body, terms, proof: evaluations[slot]!.proof };
  return {
    evaluation: evaluationOf({ ...evaluated, attestation: null }, parts),
    proof: slotProofRecord.encode(record),
  };
}

test("another log than the one that was audited before is refused, also where it is shorter", async () => {
  const kept = saved.items.map(({ entry, body }, slot) => {
    const { preRoot, postRoot } = resultRecord.decode(saved.evaluations[slot]!.result);
    const step = { preRoot, postRoot, failed: false };
    return { entryHash: entryHashOf(entry), messageId: messageIdOf(body), step };
  });
  expect(await auditOf({}, { known: kept })).toMatchObject({ ok: true, verified: 0 });
  const shorter = await auditOf({ items: saved.items.slice(0, 2) }, { known: kept });
  expect(statusesOf(shorter)["log"]).toBe("invalid");
  const other = kept.map((one, i) => (i === 2 ? { ...one, entryHash: kept[0]!.entryHash } : one));
  expect(statusesOf(await auditOf({}, { known: other }))["log"]).toBe("invalid");
  // A gap in what was kept is filled, from the entry that was there.
  const gap = kept.map((one, i) => (i === 1 ? { ...one, step: null } : one));
  expect(await auditOf({}, { known: gap })).toMatchObject({ ok: true, verified: 1, shown: 3 });
});

test("what has no proof is named with its reason, and what cannot run is proven by the rules", async () => {
  const small = await spawn(counterWasm, "Prove-Gas-Limit=100");
  const { code, document } = await audit(small, "--wait", "proof");
  expect(code).toBe(1);
  expect(document).toMatchObject({ level: "none", provenTo: null });
  expect(document.missing).toEqual([{ from: 0, to: 0, state: "unprovable", reason: "gas" }]);
  await writeFile(sandbox.path("none.wasm"), "no module");
  const stillborn = await spawn("none.wasm");
  await send(stillborn);
  const failed = await audit(stillborn);
  expect(failed.document).toMatchObject({ ok: true, level: "proven", slots: 2, shown: 2 });
});
