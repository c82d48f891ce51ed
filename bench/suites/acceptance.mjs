/**
 * Signed messages accepted a second by messenger and scheduler over HTTP: verified by both, durable in
 * both, each with its slot. The load generator runs on the same cores. The peer is sent the same POSTs
 * and makes their hashes durable, no more.
 *
 * @module
 */

import { acceptanceRecord, acceptancesRecord } from "../../dist/src/protocol/acceptance.js";
import { startDurablePeer } from "../durable-peer.mjs";
import { requestsTo, runLoad } from "../http-load.mjs";
import { BenchNetwork } from "../network.mjs";
import { MessageMaker, quickIdentity } from "../signed-messages.mjs";
import { compared, interleaved } from "../statistics.mjs";

const processCount = 8;
const ownerCount = 4;
const bundleSize = 64;
const singleConnections = 64;
const bundleConnections = 8;

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
    ? { rounds: 3, single: 600, bundle: 24 }
    : { rounds: 5, single: 2000, bundle: 80 };
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

/** Rates of the units and of the peer, in turn; the first round of each is not counted. */
async function measure(
  { network, peer, accepted, rounds },
  { form, connections, bodies, messages },
) {
  const rounded = Array.from({ length: rounds + 1 }, bodies);
  const contestant = async (url, onAnswer) => {
    const prepared = rounded.map((list) => requestsTo(url, "/messages", list));
    const run = async (round) => {
      const requests = prepared[round + 1];
      return (messages * 1000) / (await runLoad({ url, requests, connections, onAnswer }));
    };
    await run(-1);
    return run;
  };
  const read = (body) => accepted.take(readers[form](body));
  const ours = await contestant(network.messenger.unit.url, read);
  const theirs = await contestant(peer.url, () => undefined);
  return interleaved({ ours, peer: theirs }, rounds);
}

/** Every answer stands for one slot of a log, and no slot was given twice. */
async function checkLogs(network, processes, count) {
  const slots = await Promise.all(processes.map((process) => network.slotsOf(process)));
  const got = slots.reduce((sum, slot) => sum + slot - 1, 0);
  if (got !== count) throw new Error(`the logs hold ${got} messages, expected ${count}`);
}

function rowsOf(single, bundle) {
  const peerLabel = "node:http, hash of each body fsynced";
  const shared = { peerLabel, unit: "messages/s", better: "more" };
  return [
    compared({
      id: "accept-single",
      label: "signed messages accepted durably, one a request",
      ...shared,
      ...single,
      goal: { valueMin: 2000 },
    }),
    compared({
      id: "accept-bundle",
      label: `… in bundles of ${bundleSize}`,
      ...shared,
      ...bundle,
      goal: { valueMin: 6000 },
    }),
  ];
}
