/** Results with their proofs, from a message to a file that is checked offline. @module */

import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { Check } from "../../src/client/check-lines.ts";
import { type EvidenceVerdict, judgeEvidence } from "../../src/client/judge-evidence.ts";
import { verifyReceipt } from "../../src/client/verify-receipt.ts";
import { attest, attestationRecord } from "../../src/protocol/attestation.ts";
import { idText } from "../../src/protocol/ids.ts";
import { type Receipt, receiptRecord } from "../../src/protocol/receipt.ts";
import { type Result, resultRecord } from "../../src/protocol/result.ts";
import { unitEvidenceRecord, unitEvidenceTypes } from "../../src/protocol/unit-evidence.ts";
import { functionOf, minimalProcess } from "../../src/testing/minimal-process.ts";
import { testIdentity } from "../../src/testing/sender.ts";
import { encodeModule } from "../../src/wasm/binary/encode.ts";
import { Op } from "../../src/wasm/binary/op.ts";
import { type Running, Sandbox } from "./command-line.ts";

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));

// Proofs yield to everything else that the machine has to do.
vi.setConfig({ testTimeout: 180_000 });

let sandbox: Sandbox;
let dev: Running;

beforeAll(async () => {
  sandbox = await Sandbox.make();
  dev = await sandbox.start(["dev", "--port", "0", "--prover", "1"]);
});
afterAll(() => sandbox.remove());

interface SentDocument {
  readonly id: string;
  readonly process: string;
  readonly slot: number;
  readonly result: { readonly exit: string; readonly gasUsed: number };
  readonly proof: { readonly state: string; readonly reason: string | null };
}

interface VerdictDocument {
  readonly ok: boolean;
  readonly levels: readonly string[];
  readonly checks: readonly { readonly name: string; readonly status: string }[];
}

const spawn = (...tags: string[]): Promise<SentDocument> =>
  sandbox.json<SentDocument>(["spawn", counterWasm, ...tags.flatMap((tag) => ["--tag", tag])]);

const sendForProof = (process: string, ...more: string[]): string[] => [
  ...["send", process, "--action", "Increment", "--wait", "proof", "--timeout", "50000", ...more],
];

async function receiptOf(message: string): Promise<Uint8Array> {
  await sandbox.json(["receipt", message, "-o", "message.receipt"]);
  return new Uint8Array(await readFile(sandbox.path("message.receipt")));
}

function statusesOf(verdict: VerdictDocument): Record<string, string> {
  return Object.fromEntries(verdict.checks.map(({ name, status }) => [name, status]));
}

test("a counter's message is proven, and its receipt holds offline for who names the process", async () => {
  const { process } = await spawn();
  const sent = await sandbox.json<SentDocument>(sendForProof(process));
  expect(sent.proof).toEqual({ state: "proven", reason: null });
  const bytes = await receiptOf(sent.id);
  const network = String(dev.document["network"]);
  const named = ["--process", process, "--network", network];
  const argv = ["verify", "message.receipt", ...named, "--require", "step-proven"];
  const verdict = await sandbox.json<VerdictDocument>(argv);
  expect(verdict.levels).toEqual(["attested", "step-proven"]);
  expect(statusesOf(verdict)).toEqual({
    ...{ encoding: "valid", spawn: "valid", process: "valid", network: "valid", log: "valid" },
    ...{ message: "valid", module: "valid", result: "valid", attestation: "valid" },
    ...{ proof: "valid", "earlier slots": "absent", head: "valid", cosignatures: "absent" },
  });
  const tooMuch = await sandbox.run(["verify", "message.receipt", "--require", "proven"]);
  expect(tooMuch.code).toBe(1);
  expect(tooMuch.err).toMatch(/LEVEL_UNMET/);
  await tamperedReceipts(bytes);
});

test("disproved: a compute unit attests another result than is proven", async () => {
  const bytes = new Uint8Array(await readFile(sandbox.path("message.receipt")));
  const { result } = receiptRecord.decode(bytes);
  const unit = testIdentity(5);
  const verdictOn = (changes: Partial<Result>): EvidenceVerdict => {
    const claimed = resultRecord.encode({ ...resultRecord.decode(result), ...changes });
    const [attestation] = attest(unit, [claimed]).map(attestationRecord.encode);
    const parts = [claimed, attestation ?? new Uint8Array(), bytes];
    const { disproved: type } = unitEvidenceTypes;
    return judgeEvidence(unitEvidenceRecord.encode({ type, parts }));
  };
  const convicted = { convicts: true, role: "compute", lie: "A2", unit: idText(unit.address) };
  const other = new Uint8Array(32).fill(1);
  expect(verdictOn({ gasUsed: 1 })).toMatchObject(convicted);
  expect(verdictOn({ postRoot: other })).toMatchObject(convicted);
  // What is proven, another state before, and another history, which a proof of this one is silent about.
  for (const changes of [{}, { preRoot: other }, { entryHash: other }]) {
    expect(verdictOn(changes)).toMatchObject({ convicts: false, reason: "EVIDENCE_INVALID" });
  }
});

/** A byte of each part, and the line that must say so. */
async function tamperedReceipts(bytes: Uint8Array): Promise<void> {
  const receipt = receiptRecord.decode(bytes);
  const flipped = (part: Uint8Array, at: number): Uint8Array => {
    const copy = part.slice();
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const last = (part: Uint8Array): Uint8Array => flipped(part, part.length - 40);
  const { spawn: spawned, message, module, result, output, attestations, proof, entries } = receipt;
  const changes: readonly (readonly [string, Partial<Receipt>])[] = [
    ["spawn", { spawn: last(spawned) }],
    ["message", { message: last(message ?? new Uint8Array()) }],
    ["log", { entries: entries.map((entry, i) => (i === 0 ? last(entry) : entry)) }],
    ["log", { entries: entries.slice(1) }],
    ["module", { module: last(module) }],
    ["result", { result: last(result) }],
    ["result", { output: flipped(output ?? new Uint8Array(), 3) }],
    ["attestation", { attestations: attestations.map(last) }],
    ["proof", { proof: last(proof ?? new Uint8Array()) }],
    ["proof", { proof: flipped(proof ?? new Uint8Array(), 9) }],
  ];
  for (const [name, change] of changes) {
    const verdict = verifyReceipt(receiptRecord.encode({ ...receipt, ...change }), {});
    expect(verdict.ok, name).toBe(false);
    const invalid = verdict.checks.filter(({ status }) => status === "invalid");
    expect(invalid.map((line) => line.name)).toContain(name);
  }
  const other = verifyReceipt(bytes, { process: "A".repeat(43) });
  expect(other).toMatchObject({ ok: false });
  const heard: Check[] = [];
  const asked = { message: "A".repeat(43) };
  const { checks } = verifyReceipt(bytes, asked, systemClock, (line) => heard.push(line));
  expect(checks.find(({ name }) => name === "message")?.status).toBe("invalid");
  expect(heard).toEqual(checks);
  // Any byte of the file: what the caller requires is not reached, or the file says another thing.
  for (let i = 1; i < 24; i++) {
    const at = Math.floor((i * bytes.length) / 24);
    expect(verifyReceipt(flipped(bytes, at), {}).ok, `byte ${at}`).toBe(false);
  }
  await writeFile(sandbox.path("broken.receipt"), flipped(bytes, 1000));
  const { code, err } = await sandbox.run(["verify", "broken.receipt"]);
  expect(code).toBe(1);
  expect(err).toMatch(/RECEIPT_INVALID: invalid \w+/);
}

test("a message that ran out of gas is proven to have failed", async () => {
  const first = await spawn("Gas-Limit=8000000");
  const { process } = await spawn(`Gas-Limit=${first.result.gasUsed + 1500}`);
  const tags = Array.from({ length: 8 }, (_, i) => ["--tag", `T${i}=${"x".repeat(3000)}`]).flat();
  const { code, out } = await sandbox.run([...sendForProof(process, ...tags), "--json"]);
  const sent = JSON.parse(out) as SentDocument;
  expect(code).toBe(1);
  expect(sent.result.exit).toBe("failed");
  expect(sent.proof).toEqual({ state: "proven", reason: null });
  const verdict = verifyReceipt(await receiptOf(sent.id), { process, require: "step-proven" });
  expect(verdict.ok).toBe(true);
});

test("a short run that failed is proven, though a failure commits more gas than its process has proven", async () => {
  const functions = [functionOf(0, []), ...minimalProcess().functions.slice(1, 2)];
  const trap = functionOf(2, [[Op.unreachable]]);
  const wasm = encodeModule(minimalProcess({ functions: [...functions, trap] }));
  await writeFile(sandbox.path("trap.wasm"), wasm);
  const { out } = await sandbox.run([
    "spawn",
    "trap.wasm",
    "--tag",
    "Prove-Gas-Limit=1000",
    "--json",
  ]);
  const { process, result } = JSON.parse(out) as SentDocument;
  expect(result).toMatchObject({ exit: "failed", gasUsed: 8_000_000 });
  const { compute } = dev.document;
  expect(await stateOf({ compute, process, slot: 0 }, "proof")).toBe("proven");
});

test("what cannot be proven says so: too much gas for its process, a module that is none", async () => {
  const { process } = await spawn("Prove-Gas-Limit=100");
  const sent = await sandbox.json<SentDocument>(sendForProof(process));
  expect(sent.proof).toEqual({ state: "unprovable", reason: "gas" });
  const verdict = verifyReceipt(await receiptOf(sent.id), { process });
  expect(verdict).toMatchObject({ ok: true, levels: ["attested"] });
  await writeFile(sandbox.path("none.wasm"), "no module");
  const { out } = await sandbox.run(["spawn", "none.wasm", "--json"]);
  const stillborn = JSON.parse(out) as SentDocument;
  const later = JSON.parse(
    (await sandbox.run([...sendForProof(stillborn.process), "--json"])).out,
  ) as SentDocument;
  expect(later.proof).toEqual({ state: "unprovable", reason: "stillborn" });
});

/** The compute unit of a dev network. */
function computePid(devPid: number): number {
  const listed = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(devPid)]).toString();
  const line = listed.split("\n").find((each) => / compute --/.test(each)) ?? "";
  return Number.parseInt(line, 10);
}

interface StateDocument {
  readonly proof: { readonly state: string };
}

async function stateOf(place: { compute: unknown; process: string; slot: number }, wait: string) {
  const { compute, process, slot } = place;
  const url = `${String(compute)}/processes/${process}/results/${slot}?wait=${wait}&timeout=50000`;
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  return ((await answer.json()) as StateDocument).proof.state;
}

test("a compute unit killed while it proves has the proof after its restart, and makes no proof twice", async () => {
  const { process } = await spawn();
  const { compute } = dev.document;
  expect(await stateOf({ compute, process, slot: 0 }, "proof")).toBe("proven");
  const { slot } = await sandbox.json<SentDocument>(["send", process, "-a", "Increment"]);
  await expect
    .poll(() => stateOf({ compute, process, slot }, "result"), { interval: 20, timeout: 20_000 })
    .toBe("proving");
  const pending = await fetch(`${String(compute)}/processes/${process}/proofs/${slot}`);
  expect(await pending.json()).toMatchObject({
    code: "PROOF_PENDING",
    state: "proving",
    position: 0,
  });
  globalThis.process.kill(computePid(dev.pid), "SIGKILL");
  await dev.ended;
  dev = await sandbox.start(["dev", "--port", "0", "--prover", "1"]);
  const again = dev.document["compute"];
  expect(await stateOf({ compute: again, process, slot }, "proof")).toBe("proven");
  const metrics = await (await fetch(`${String(again)}/metrics`)).text();
  expect(metrics).toMatch(/nymcompute_compute_proofs_total\{outcome="proven"\} 1\n/);
  expect(metrics).toMatch(/nymcompute_compute_proofs_waiting 0\n/);
});
