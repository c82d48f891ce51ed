import { afterEach, beforeEach, expect, test } from "vitest";
import { ProvenSlots, provenRoutes } from "../../scheduler-unit/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ProvenChains } from "../../src/client/proven-chains.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import type { ProofState } from "../../src/protocol/evaluation.ts";
import { type Digest, parseId } from "../../src/protocol/ids.ts";
import type { Script } from "../../src/testing/scripted-compute.ts";
import { testIdentity } from "../../src/testing/sender.ts";
import { kindsOf, MessengerNetwork, module, network } from "./messenger-network.ts";

/** Where what is sent goes. */
let targets: readonly Digest[];
const script: Script = ({ action }) => ({
  messages: (action === "Send" ? targets : []).map((target) => ({
    ...{ target, data: null },
    tags: [{ name: "Action", value: "Sent" }],
  })),
});

let units: MessengerNetwork;
/** How the compute unit says that proofs stand. */
let standing: ProofState;

beforeEach(async () => {
  targets = [];
  standing = { state: "queued", reason: null };
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, script);
  await units.open();
  for (const { compute } of units.computes) {
    compute.forge = (evaluation) => ({ ...evaluation, proof: standing });
  }
  verifyChains();
});
afterEach(() => units.close());

/** The scheduler verifies chains, as it finds them. */
function verifyChains(): void {
  const { url, routes, stores } = units.scheduler;
  const chains = new ProvenChains({
    network,
    store: stores.proven,
    verifier: referenceVerifier,
    moduleOf: async () => module,
    checkStep: async () => "nothing is shown here",
  });
  const { proven: store, content } = stores;
  const slots = new ProvenSlots({ chains, store, content, clock: systemClock });
  units.units.add(url, {
    role: "scheduler",
    identity: testIdentity(10),
    network,
    content,
    routes: [...routes, ...provenRoutes(slots)],
  });
}

/** Has a process send a message to each of the targets; answers their ids. */
async function sendTo(...given: readonly Digest[]): Promise<readonly Digest[]> {
  targets = given;
  const source = await units.spawned();
  const sent = units.sender.message(source, "Send");
  await units.messenger.client.submit(sent);
  const { caused } = await units.until(sent.id, ({ caused: ids }) => ids.length === given.length);
  return caused.map((id) => parseId(id));
}

test("a message waits for its source's proofs, says so, and holds up no other target", async () => {
  const demanding = await units.spawned([{ name: "Evidence", value: "proven" }]);
  const other = await units.spawned();
  const [waiting, going] = (await sendTo(demanding, other)) as [Digest, Digest];
  const status = await units.until(waiting, ({ state }) => state === "awaiting-proof");
  expect(kindsOf(status)).toEqual(["accepted", "awaiting-proof"]);
  expect(status.events.at(-1)?.detail).toMatch(/PROOF_PENDING.*slot 0.*queued/);
  expect((await units.until(going, ({ slot }) => slot !== null)).slot).toBe(1);
  expect(await units.actions(demanding)).toEqual([]);
});

test("a slot that is never proven makes what its process sent refused for good", async () => {
  standing = { state: "unprovable", reason: "gas" };
  const demanding = await units.spawned([{ name: "Evidence", value: "proven" }]);
  const [sent] = (await sendTo(demanding)) as [Digest];
  const status = await units.until(sent, ({ state }) => state === "refused");
  expect(status.events.at(-1)).toMatchObject({ reason: "EVIDENCE_UNPROVABLE" });
  expect(status.events.at(-1)?.detail).toMatch(/slot 0.*gas/);
});

test("a unit without a prover is waited for: its operator may turn one on", async () => {
  standing = { state: "unprovable", reason: "this unit has no prover" };
  const demanding = await units.spawned([{ name: "Evidence", value: "proven" }]);
  const [sent] = (await sendTo(demanding)) as [Digest];
  const status = await units.until(sent, ({ state }) => state === "awaiting-proof");
  expect(status.events.at(-1)?.detail).toMatch(/no prover/);
});

test("what a scheduler refuses of a chain for good is refused with its code", async () => {
  // Needs no proof, it says, and the inboxes of a scripted unit are made up.
  standing = { state: "unprovable", reason: "stillborn" };
  const demanding = await units.spawned([{ name: "Evidence", value: "proven" }]);
  const [sent] = (await sendTo(demanding)) as [Digest];
  const status = await units.until(sent, ({ state }) => state === "refused");
  expect(status.events.at(-1)).toMatchObject({ reason: "PROVENANCE_RESULT" });
});
