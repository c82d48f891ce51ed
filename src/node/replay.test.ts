import { beforeAll, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import type { ComputeClient } from "../client/compute-client.ts";
import type { SchedulerClient } from "../client/scheduler-client.ts";
import type { Identity } from "../crypto/identity.ts";
import { referenceVerifier } from "../crypto/signature.ts";
import { attest, attestationRecord } from "../protocol/attestation.ts";
import { entryHashOf, entryRecord } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import type { Evaluation } from "../protocol/evaluation.ts";
import { authorisationHashOf, contentIdOf, messageIdOf } from "../protocol/ids.ts";
import { exits, type Result, resultRecord } from "../protocol/result.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { evaluationOf, inputOf } from "../runtime/evaluation-input.ts";
import { LogRun } from "../runtime/log-run.ts";
import { StateKernel } from "../state/kernel.ts";
import { compileAssemblyScript } from "../testing/assembly-script.ts";
import { EntryWriter } from "../testing/honest-entries.ts";
import { TestSender, testIdentity } from "../testing/sender.ts";
import { type ReplayReport, replayProcess } from "./replay.ts";

// Counts its messages in memory and answers nothing: [7, 1, "", [], [], []].
const source = `
let count: u32 = 0;
const answer = memory.data<u8>([0x96, 7, 1, 0xc4, 0, 0x90, 0x90, 0x90]);
const inbox = memory.data(4096);
export function alloc(length: i32): i32 { return <i32>inbox; }
export function handle(length: i32): i64 {
  count += 1;
  return (<i64>answer << 32) | 8;
}
`;

const network = new Uint8Array(32).fill(7);
const scheduler = testIdentity(1);
const compute = testIdentity(2);
const stranger = testIdentity(3);
const slots = 4;

interface Story {
  readonly items: readonly LogItem[];
  readonly evaluations: readonly Evaluation[];
}

let module: Uint8Array;
let process: Uint8Array;
let honest: Story;

function attested(evaluation: Evaluation, result: Uint8Array, unit: Identity): Evaluation {
  const [attestation] = attest(unit, [result]);
  if (attestation === undefined) throw new Error("one result has one attestation");
  return { ...evaluation, result, attestation: attestationRecord.encode(attestation) };
}

beforeAll(async () => {
  module = await compileAssemblyScript(source);
  const authors = { network, scheduler: scheduler.address, owner: testIdentity(4) };
  const writer = new EntryWriter(authors);
  const spawn = writer.sender.spawn({
    module: contentIdOf(module),
    scheduler: scheduler.address,
    compute: [compute.address],
  });
  process = spawn.id;
  const terms = termsOfSpawn(spawn.body);
  const run = new LogRun({ process, terms, module, kernel: new StateKernel() });
  const items: LogItem[] = [];
  const evaluations: Evaluation[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const item = slot === 0 ? writer.place(spawn) : writer.send(process);
    const { entry, body } = item;
    items.push(item);
    const place = { slot, messageId: messageIdOf(body), entryHash: entryHashOf(entry) };
    const output = run.evaluate(inputOf({ ...item, ...place }, terms));
    const proof = { state: "unprovable", reason: null };
    const served = evaluationOf({ ...output, attestation: null }, { body, terms, proof });
    // A story of failures would be equal whatever the machine did.
    expect(resultRecord.decode(output.result).exit).toBe(exits.ok);
    evaluations.push(attested(served, output.result, compute));
  }
  honest = { items, evaluations };
});

/** Replays what two units say. */
function replay({ items, evaluations }: Story, to = Number.MAX_SAFE_INTEGER - 1) {
  const log: SchedulerClient["log"] = async (_, { from = 0, limit = 1 } = {}) => {
    const page = items.slice(from, from + limit);
    return { process, items: page, next: from + page.length };
  };
  const call = async () => ({ status: 200, contentType: "", body: module });
  const schedulerClient = { log, unit: { url: "scheduler", call } } as unknown as SchedulerClient;
  const computeClient: Partial<ComputeClient> = {
    evaluations: async (_, { from = 0, limit = 1 } = {}) => evaluations.slice(from, from + limit),
    evaluation: async (_, slot) => evaluations[slot as number] ?? null,
  };
  return replayProcess({
    network,
    process,
    scheduler: schedulerClient,
    schedulerAddress: scheduler.address,
    compute: computeClient as ComputeClient,
    verifier: referenceVerifier,
    to,
    onProgress: () => undefined,
  });
}

/** The same story but for one slot's result. */
function lied(slot: number, lie: (evaluation: Evaluation) => Evaluation): Story {
  const evaluations = honest.evaluations.map((each, i) => (i === slot ? lie(each) : each));
  return { ...honest, evaluations };
}

function otherResult(change: Partial<Result>): (evaluation: Evaluation) => Evaluation {
  return (evaluation) => {
    const result = { ...resultRecord.decode(evaluation.result), ...change };
    return attested(evaluation, resultRecord.encode(result), compute);
  };
}

const differs = (slot: number, field: string): Partial<ReplayReport> => ({
  ok: false,
  firstDifference: expect.objectContaining({ slot, field }),
});

test("finds an honest story equal, to the end or to a slot", async () => {
  expect(await replay(honest)).toEqual({ ok: true, slots, firstDifference: null });
  expect(await replay(honest, 1)).toEqual({ ok: true, slots: 2, firstDifference: null });
});

test("made-up: finds a root, gas or output that is not what comes out here, though it is attested", async () => {
  const postRoot = new Uint8Array(32).fill(9);
  expect(await replay(lied(2, otherResult({ postRoot })))).toMatchObject(differs(2, "postRoot"));
  expect(await replay(lied(3, otherResult({ gasUsed: 1 })))).toMatchObject(differs(3, "gasUsed"));
  const output = (each: Evaluation) => ({ ...each, output: Uint8Array.of(1) });
  expect(await replay(lied(1, output))).toMatchObject(differs(1, "output"));
});

test("finds a result that nobody stands for, or the wrong unit", async () => {
  const nobody = (each: Evaluation) => ({ ...each, attestation: null });
  expect(await replay(lied(0, nobody))).toMatchObject(differs(0, "attestation"));
  const other = (each: Evaluation) => attested(each, each.result, stranger);
  expect(await replay(lied(1, other))).toMatchObject(differs(1, "attestation"));
  const forged = (each: Evaluation) => {
    const decoded = attestationRecord.decode(each.attestation ?? new Uint8Array(0));
    const signature = decoded.signature.slice();
    signature[100] = (signature[100] ?? 0) ^ 1;
    return { ...each, attestation: attestationRecord.encode({ ...decoded, signature }) };
  };
  expect(await replay(lied(2, forged))).toMatchObject(differs(2, "attestation"));
});

test("finds a log that skips a slot or holds what its owner did not sign", async () => {
  const skipping = { ...honest, items: [0, 1, 3].map((slot) => honest.items[slot] as LogItem) };
  expect(await replay(skipping)).toMatchObject(differs(2, "log"));
  const stolen = new TestSender({ identity: stranger, network, clock: systemClock });
  const { authorisation } = stolen.compose({ target: process });
  const items = honest.items.map((item, i) => (i === 1 ? { ...item, authorisation } : item));
  expect(await replay({ ...honest, items })).toMatchObject(differs(1, "log"));
});

test("finds a signature that does not hold, though the log commits to it", async () => {
  const last = honest.items.at(-1) as LogItem;
  const authorisation = last.authorisation.slice();
  authorisation[authorisation.length - 1] = (authorisation.at(-1) ?? 0) ^ 1;
  const authorisationHash = authorisationHashOf(authorisation);
  const entry = entryRecord.encode({ ...entryRecord.decode(last.entry), authorisationHash });
  const items = [...honest.items.slice(0, -1), { ...last, entry, authorisation }];
  expect(await replay({ ...honest, items })).toMatchObject(differs(slots - 1, "signature"));
});
