/**
 * Signed messages accepted a second by messenger and scheduler over HTTP: verified, durable in both, each
 * with its slot. The load generator runs on the same cores. One peer is sent the same POSTs and makes
 * their hashes durable, no more; the other verifies the same signatures, no more.
 *
 * @module
 */

import { VerifierPool } from "../../dist/src/node/verifier-pool/verifier-pool.js";
import { acceptanceRecord, acceptancesRecord } from "../../dist/src/protocol/acceptance.js";
import { signatureClaimOf } from "../../dist/src/protocol/authorisation.js";
import { envelopeRecord } from "../../dist/src/protocol/envelope.js";
import { messageIdOf } from "../../dist/src/protocol/ids.js";
import { kinds } from "../../dist/src/protocol/kinds.js";
import { bodyRecord } from "../../dist/src/protocol/message.js";
import { startDurablePeer } from "../durable-peer.mjs";
import { requestsTo, runLoad } from "../http-load.mjs";
import { BenchNetwork } from "../network.mjs";
import { MessageMaker, quickIdentity } from "../signed-messages.mjs";
import { compared, interleaved, timed } from "../statistics.mjs";

const processCount = 8;
const ownerCount = 4;
const bundleSize = 64;
/** So many that neither unit waits for the other, nor for the disk. */
const singleConnections = 256;
const bundleConnections = 32;

/** Counts answers and refuses any that gives no slot. */
function slotCounter() {
  let count = 0;
  return {
    get count() {
      return count;
    },
    take(acceptances) {
      for (const { slot, error } of acceptances) {
        if (slot === null) throw new Error(`no slot: ${error?.code} ${error?.detail}`);
        count++;
      }
    },
  };
}

const readers = {
  single: (body) => [acceptanceRecord.decode(body)],
  bundle: (body) => acceptancesRecord.decode(body).acceptances,
};

/** Rows of the report. */
export async function runAcceptance({ isQuick }) {
  const counts = isQuick
    ? { rounds: 3, single: 1500, bundle: 60 }
    : { rounds: 5, single: 2000, bundle: 100 };
  const network = await BenchNetwork.start({ withCompute: false });
  let peer = null;
  try {
    peer = await startDurablePeer(network.folder);
    const processes = [];
    for (let i = 0; i < processCount; i++) processes.push(await network.spawnToken());
    const owners = [];
    for (let i = 0; i < ownerCount; i++) owners.push(await quickIdentity());
    const maker = new MessageMaker({ network: network.network, owners, processes });
    const accepted = slotCounter();
    const setup = { network, peer, maker, accepted, rounds: counts.rounds };
    const single = await measure(setup, {
      form: "single",
      connections: singleConnections,
      bodies: () => maker.envelopes(counts.single),
      messages: counts.single,
    });
    const bundle = await measure(setup, {
      form: "bundle",
      connections: bundleConnections,
      bodies: () => maker.bundles(counts.bundle, bundleSize),
      messages: counts.bundle * bundleSize,
    });
    await checkLogs(network, processes, accepted.count);
    return rowsOf(single, bundle);
  } finally {
    await peer?.stop();
    await network.stop();
  }
}

/** So many rounds are not counted: 7,500 messages and more, until the units' code is compiled. */
const warmRounds = 5;

/**
 * Rates of the units and of the peer, in turn. Answers are kept as they come and read when the clock
 * has stopped, so that the generator costs what one costs that reads none.
 */
async function measure(
  { network, peer, accepted, rounds },
  { form, connections, bodies, messages },
) {
  const rounded = Array.from({ length: rounds + warmRounds }, bodies);
  const contestant = (url, read) => {
    const prepared = rounded.map((list) => requestsTo(url, "/messages", list));
    return async (round) => {
      const answers = [];
      const requests = prepared[round + warmRounds];
      const onAnswer = (body) => answers.push(body);
      const ms = await runLoad({ url, requests, connections, onAnswer });
      for (const body of answers) read(body);
      return (messages * 1000) / ms;
    };
  };
  const verifier = form === "single" ? new BareVerifier(rounded) : null;
  const verify = verifier === null ? {} : { verified: (round) => verifier.rate(round) };
  const cost = new CpuCost(network);
  const ours = contestant(network.messenger.unit.url, (body) => {
    accepted.take(readers[form](body));
  });
  const theirs = contestant(peer.url, () => undefined);
  for (let round = -warmRounds; round < 0; round++) {
    await ours(round);
    await theirs(round);
    await verifier?.rate(round);
  }
  const counted = (round) => cost.around(messages, () => ours(round));
  const figures = await interleaved({ ours: counted, peer: theirs, ...verify }, rounds);
  await verifier?.close();
  return { ...figures, detail: cost.text() };
}

/** The messages' signatures verified once by the units' own pool, and nothing else: a CPU-bound peer. */
class BareVerifier {
  #pool = new VerifierPool({});
  #claims;

  constructor(rounded) {
    this.#claims = rounded.map((bodies) => bodies.map(claimOf));
  }

  async rate(round) {
    const claims = this.#claims[round + warmRounds];
    const ms = await timed(async () => {
      const verdicts = await this.#pool.verify(claims);
      if (verdicts.includes(false)) throw new Error("a signature does not hold");
    });
    return (claims.length * 1000) / ms;
  }

  close() {
    return this.#pool.close();
  }
}

function claimOf(bytes) {
  const { body, authorisation } = envelopeRecord.decode(bytes);
  const { network, owner } = bodyRecord.decode(body);
  const authorised = { network, owner, id: messageIdOf(body) };
  return signatureClaimOf(authorisation, kinds.signature, authorised);
}

/** CPU time a message: what is left of a figure when a machine is shared. */
class CpuCost {
  #network;
  #totals = { messenger: 0, scheduler: 0, load: 0 };
  #messages = 0;

  constructor(network) {
    this.#network = network;
  }

  async around(messages, work) {
    const before = this.#now();
    const figure = await work();
    const after = this.#now();
    for (const name of Object.keys(this.#totals)) this.#totals[name] += after[name] - before[name];
    this.#messages += messages;
    return figure;
  }

  text() {
    const parts = Object.entries(this.#totals).map(([name, ms]) => {
      return Number.isNaN(ms) ? null : `${name} ${Math.round((ms * 1000) / this.#messages)} µs`;
    });
    return parts.includes(null) ? null : `CPU a message: ${parts.join(", ")}`;
  }

  #now() {
    const { user, system } = process.cpuUsage();
    const units = this.#network.cpuMs() ?? { messenger: Number.NaN, scheduler: Number.NaN };
    return { ...units, load: (user + system) / 1000 };
  }
}

/** Every answer stands for one slot of a log, and no slot was given twice. */
async function checkLogs(network, processes, count) {
  const slots = await Promise.all(processes.map((process) => network.slotsOf(process)));
  const got = slots.reduce((sum, slot) => sum + slot - 1, 0);
  if (got !== count) throw new Error(`the logs hold ${got} messages, expected ${count}`);
}

function rowsOf(single, bundle) {
  const peerLabel = "node:http, hash of each body fsynced";
  const shared = { unit: "messages/s", better: "more" };
  const { verified, ...posted } = single;
  return [
    compared({
      id: "accept-single",
      label: "signed messages accepted durably, one a request",
      ...{ ...shared, peerLabel, ...posted, goal: { valueMin: 2000 } },
    }),
    compared({
      id: "accept-bundle",
      label: `… in bundles of ${bundleSize}`,
      ...{ ...shared, peerLabel, ...bundle, goal: { valueMin: 6000 } },
    }),
    compared({
      id: "accept-single-verified",
      label: "signed messages accepted durably, one a request",
      peerLabel: "the same signatures verified once, no more",
      ...{ ...shared, ours: posted.ours, peer: verified, goal: null },
    }),
  ];
}
