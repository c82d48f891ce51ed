import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { attestationRecord } from "../../src/protocol/attestation.ts";
import type { Evaluation } from "../../src/protocol/evaluation.ts";
import type { Digest } from "../../src/protocol/ids.ts";
import type { Script } from "../../src/testing/scripted-compute.ts";
import { kindsOf, MessengerNetwork } from "./messenger-network.ts";

let target: Digest;
const script: Script = ({ action }) =>
  action === "Send"
    ? { messages: [{ target, tags: [{ name: "Action", value: "Sent" }], data: null }] }
    : {};

let units: MessengerNetwork;
afterEach(() => units.close());

/** A network whose processes demand that so many of its compute units agree. */
async function openWith(computes: number, quorum: number): Promise<Digest> {
  units = await MessengerNetwork.create({ schedulers: 1, computes }, script);
  await units.open();
  const tags = [{ name: "Compute-Quorum", value: String(quorum) }];
  target = await units.spawned(tags);
  return units.spawned(tags);
}

/** The life of a message to the source after a while in which liars would have been believed. */
async function lifeAfter(source: Digest, ms: number): Promise<readonly string[]> {
  const sent = units.sender.message(source, "Send");
  await units.messenger.client.submit(sent);
  await systemClock.sleep(ms);
  return kindsOf(await units.messenger.client.status(sent.id));
}

function withAttestation(
  evaluation: Evaluation,
  change: (attestation: ReturnType<typeof attestationRecord.decode>) => object,
): Evaluation {
  const attestation = attestationRecord.decode(evaluation.attestation ?? new Uint8Array(0));
  const forged = attestationRecord.encode({ ...attestation, ...change(attestation) });
  return { ...evaluation, attestation: forged };
}

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte));

const forgeries: readonly [name: string, forge: (evaluation: Evaluation) => Evaluation][] = [
  [
    "whose signature does not hold",
    (evaluation) =>
      withAttestation(evaluation, ({ signature }) => ({ signature: flipped(signature) })),
  ],
  [
    "that attests under another address",
    (evaluation) => withAttestation(evaluation, ({ unit }) => ({ unit: flipped(unit) })),
  ],
  ["that attests nothing", (evaluation) => ({ ...evaluation, attestation: null })],
  [
    "whose outbox is not the one of the result",
    (evaluation) => ({ ...evaluation, outbox: [...evaluation.outbox, new Uint8Array(40)] }),
  ],
];

test.each(forgeries)("believes no compute unit %s", async (_, forge) => {
  const source = await openWith(1, 1);
  const { compute } = units.computes[0]!;
  compute.forge = forge;
  expect(await lifeAfter(source, 300)).toEqual(["accepted", "assigned"]);
  expect(await units.actions(target)).toEqual([]);
});

test("believes it again once it tells the truth", async () => {
  const source = await openWith(1, 1);
  const { compute } = units.computes[0]!;
  compute.forge = (evaluation) => ({ ...evaluation, attestation: null });
  const sent = units.sender.message(source, "Send");
  await units.messenger.client.submit(sent);
  await systemClock.sleep(50);
  compute.forge = (evaluation) => evaluation;
  await units.until(sent.id, ({ state }) => state === "pushed");
  expect(await units.actions(target)).toEqual(["Sent"]);
});

test("does not believe results of another history, of another module or of another slot", async () => {
  for (const lie of [
    { entryHash: new Uint8Array(32) },
    { module: new Uint8Array(32) },
    { slot: 77 },
    { messageId: new Uint8Array(32) },
  ]) {
    const source = await openWith(1, 1);
    const { compute } = units.computes[0]!;
    compute.commit = (result) => ({ ...result, ...lie });
    expect(await lifeAfter(source, 150), JSON.stringify(lie)).toEqual(["accepted", "assigned"]);
    expect(await units.actions(target)).toEqual([]);
    await units.close();
  }
  await openWith(1, 1);
});

test("waits until as many units agree as the process demands", async () => {
  const source = await openWith(3, 2);
  const down = units.computes.slice(1).map(({ url }) => url);
  for (const url of down) units.units.down.add(url);
  const sent = units.sender.message(source, "Send");
  await units.messenger.client.submit(sent);
  await systemClock.sleep(150);
  const early = await units.messenger.client.status(sent.id);
  expect(kindsOf(early)).toEqual(["accepted", "assigned"]);
  units.units.down.delete(down[0] ?? "");
  await units.until(sent.id, ({ state }) => state === "pushed");
  expect(await units.actions(target)).toEqual(["Sent"]);
});

test("goes with the units that agree where one of them says something else", async () => {
  const source = await openWith(3, 2);
  units.computes[0]!.compute.commit = (result) => ({ ...result, postRoot: new Uint8Array(32) });
  const sent = units.sender.message(source, "Send");
  await units.messenger.client.submit(sent);
  await units.until(sent.id, ({ state }) => state === "pushed");
  expect(await units.actions(target)).toEqual(["Sent"]);
});

test("believes nobody where the units that a process names contradict each other", async () => {
  const source = await openWith(2, 2);
  units.computes[0]!.compute.commit = (result) => ({ ...result, postRoot: new Uint8Array(32) });
  expect(await lifeAfter(source, 200)).toEqual(["accepted", "assigned"]);
});

test("never takes what a process sends that names no compute unit", async () => {
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, script);
  await units.open();
  await units.putModule();
  const { client } = units.messenger;
  target = (await client.submit(units.spawn())).process;
  const { process } = await client.submit(units.spawn([], []));
  expect(await lifeAfter(process, 150)).toEqual(["accepted", "assigned"]);
  expect(await units.actions(target)).toEqual([]);
  expect(await units.messenger.stores.messages.unevaluated(null, 10)).toEqual([]);
});

test("gives on no result whose signature does not hold", async () => {
  const source = await openWith(1, 1);
  const { compute } = units.computes[0]!;
  compute.forge = (evaluation) =>
    withAttestation(evaluation, ({ signature }) => ({ signature: flipped(signature) }));
  const options = { wait: "result", timeoutMs: 2000 } as const;
  const sent = units.sender.message(source, "Send");
  const { slot, evaluation } = await units.messenger.client.submit(sent, options);
  expect({ slot, evaluation }).toEqual({ slot: 1, evaluation: null });
});
