import { afterEach, beforeEach, expect, test } from "vitest";
import { ProvenChains } from "../src/client/proven-chains.ts";
import type { ProvenStep } from "../src/client/proven-step.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { SchedulerStores } from "../src/node/store/unit-stores.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { contentIdOf } from "../src/protocol/ids.ts";
import { ProvenLog } from "../src/testing/proven-log.ts";
import { ManualClock } from "../src/testing/store-compliance/manual-clock.ts";
import { type ProvenLimits, ProvenSlots } from "./proven-slots.ts";

const module = Uint8Array.of(0, 1, 2, 3);
const source = new ProvenLog(contentIdOf(module));
source.add();
const { process } = source;
const here = "192.0.2.1";
const elsewhere = "192.0.2.2";
/** One that a test never touches: what is verified of it stays. */
const others = [1, 2, 3].map((byte) => new ProvenLog(contentIdOf(module), [tagOf(byte)]));

function tagOf(byte: number) {
  return { name: "Name", value: String(byte) };
}

let clock: ManualClock;
let stores: SchedulerStores;
let steps: ProvenStep[];
/** What each step is found to be, as it is looked at. */
let judge: (step: ProvenStep) => Promise<string | null>;

beforeEach(async () => {
  clock = new ManualClock();
  stores = await openMemoryStores({ role: "scheduler", provenBytesMax: 1_000_000 });
  steps = [];
  judge = async () => null;
  await stores.content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await stores.content.put(contentIdOf(module), module);
});
afterEach(() => stores.close());

function open(limits: Partial<ProvenLimits> = {}): ProvenSlots {
  const chains = new ProvenChains({
    network: source.network,
    store: stores.proven,
    verifier: referenceVerifier,
    moduleOf: async (id) => (await stores.content.get(id)) ?? new Uint8Array(0),
    checkStep: (step) => {
      steps.push(step);
      return judge(step);
    },
  });
  const { proven: store, content } = stores;
  return new ProvenSlots({ chains, store, content, clock, limits });
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return "good";
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

test("a slot is announced, its proof verified once, and both are served from then on", async () => {
  const slots = open();
  expect(await slots.stand(process)).toMatchObject({ next: 0, entryHash: null });
  const size = source.proof(0).length;
  expect(slots.sizeOf(process, 0)).toBe(0);
  const announce = () => slots.announce(process, source.announced(0), here);
  expect(await announce()).toEqual({ kind: "announced", size });
  expect(slots.sizeOf(process, 0)).toBe(size);
  await slots.deliver({ process, slot: 0 }, source.proof(0), here);
  expect(slots.sizeOf(process, 0)).toBe(0);
  expect(await announce()).toEqual({ kind: "verified" });
  expect(await slots.stand(process)).toMatchObject({ next: 1, root: source.result(0).postRoot });
  const kept = await slots.evidence(process, 0);
  expect(kept).toEqual({ slot: source.announced(0), proof: source.proof(0) });
  expect(await codeOf(slots.evidence(process, 1))).toBe("SLOT_UNKNOWN");
  expect(steps.map(({ proof }) => proof)).toEqual([source.proof(0)]);
});

test("no proof is read, let alone verified, that nobody announced", async () => {
  const slots = open();
  const deliver = (remote: string) =>
    codeOf(slots.deliver({ process, slot: 0 }, source.proof(0), remote));
  expect(await deliver(here)).toBe("CONTENT_UNANNOUNCED");
  await slots.announce(process, source.announced(0), here);
  expect(await deliver(elsewhere)).toBe("CONTENT_UNANNOUNCED");
  clock.advance(60_000);
  expect(await deliver(here)).toBe("CONTENT_UNANNOUNCED");
  expect(slots.sizeOf(process, 0)).toBe(0);
  expect(steps).toEqual([]);
});

test("two that bring the proof of one slot at a time cost one verification", async () => {
  const slots = open();
  for (const remote of [here, elsewhere]) {
    await slots.announce(process, source.announced(0), remote);
  }
  const deliver = (remote: string) => slots.deliver({ process, slot: 0 }, source.proof(0), remote);
  await Promise.all([deliver(here), deliver(elsewhere)]);
  expect(steps.length).toBe(1);
  expect(await slots.stand(process)).toMatchObject({ next: 1 });
});

test("a garbage proof keeps nobody else from bringing a good one", async () => {
  const slots = open();
  judge = async () => (steps.length === 1 ? "garbage" : null);
  for (const remote of [here, elsewhere]) {
    await slots.announce(process, source.announced(0), remote);
  }
  const deliver = (remote: string, proof = source.proof(0)) =>
    codeOf(slots.deliver({ process, slot: 0 }, proof, remote));
  expect(await deliver(here)).toBe("PROOF_INVALID");
  expect(await deliver(elsewhere, source.proof(1))).toBe("CONTENT_MISMATCH");
  expect(await deliver(elsewhere)).toBe("CONTENT_UNANNOUNCED");
  await slots.announce(process, source.announced(0), elsewhere);
  expect(await deliver(elsewhere)).toBe("good");
});

test("what is announced is bounded for a process, for an address, and in all", async () => {
  const limits = { perProcessMax: 2, perRemoteMax: 3, announcedMax: 5, announcedBytesMax: 20 };
  const announced = (slots: ProvenSlots, log: ProvenLog, remote: string) =>
    codeOf(slots.announce(log.process, log.announced(0), remote));
  const remotes = [1, 2, 3].map((byte) => `192.0.2.${byte}`);
  const perProcess = open(limits);
  const codes: string[] = [];
  for (const remote of remotes) codes.push(await announced(perProcess, source, remote));
  expect(codes).toEqual(["good", "good", "RATE_LIMITED"]);
  const perRemote = open(limits);
  for (const log of others) expect(await announced(perRemote, log, here)).toBe("good");
  expect(await announced(perRemote, source, here)).toBe("RATE_LIMITED");
  expect(await announced(perRemote, source, elsewhere)).toBe("good");
  // Saying the same again takes no further place.
  expect(await announced(perRemote, source, elsewhere)).toBe("good");
  expect(await announced(perRemote, others[0] as ProvenLog, elsewhere)).toBe("good");
  expect(await announced(perRemote, others[1] as ProvenLog, elsewhere)).toBe("OVERLOADED");
  clock.advance(60_000);
  expect(await announced(perRemote, others[1] as ProvenLog, elsewhere)).toBe("good");
  const tight = open({ announcedBytesMax: 3 });
  expect(await announced(tight, source, here)).toBe("OVERLOADED");
});

test("ten thousand garbage proofs from one address cost a handful of verifications", async () => {
  const slots = open();
  judge = async () => "garbage";
  const codes = new Map<string, number>();
  const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1);
  for (let i = 0; i < 10_000; i++) {
    const announced = await codeOf(slots.announce(process, source.announced(0), here));
    count(announced);
    if (announced !== "good") continue;
    count(await codeOf(slots.deliver({ process, slot: 0 }, source.proof(0), here)));
  }
  expect(steps.length).toBeLessThanOrEqual(16);
  expect(codes.get("PROOF_INVALID")).toBe(steps.length);
  expect(codes.get("RATE_LIMITED")).toBeGreaterThan(9_900);
  expect(slots.announcedCount).toBe(0);
  expect(await slots.stand(process)).toMatchObject({ next: 0 });
  judge = async () => null;
  await slots.announce(process, source.announced(0), elsewhere);
  await slots.deliver({ process, slot: 0 }, source.proof(0), elsewhere);
  expect(await slots.stand(process)).toMatchObject({ next: 1 });
});

test("a verifier that has no time is asked again, and nothing is remembered of it", async () => {
  const slots = open();
  judge = () => Promise.reject(new ProtocolError("OVERLOADED"));
  const bring = async () => {
    await slots.announce(process, source.announced(0), here);
    return codeOf(slots.deliver({ process, slot: 0 }, source.proof(0), here));
  };
  expect(await bring()).toBe("OVERLOADED");
  judge = async () => null;
  expect(await bring()).toBe("good");
});

test("a slot of a module that is not there is not taken", async () => {
  const stranger = new ProvenLog(new Uint8Array(32).fill(77));
  const announced = open().announce(stranger.process, stranger.announced(0), here);
  expect(await codeOf(announced)).toBe("MODULE_MISSING");
});
