/**
 * From the POST of a signed message to its result (`wait=result`, finality `none`), on an idle network, through
 * the client library; in turn with a bare HTTP round trip through the same `fetch`.
 *
 * @module
 */

import { envelopeRecord } from "../../dist/src/protocol/envelope.js";
import { evaluationRecord } from "../../dist/src/protocol/evaluation.js";
import { startDurablePeer } from "../durable-peer.mjs";
import { BenchNetwork } from "../network.mjs";
import { MessageMaker, quickIdentity } from "../signed-messages.mjs";
import { percentile, timed } from "../statistics.mjs";

const warmUps = 20;
const resultMs = 10_000;
/** A pause between messages: what the last one set in motion has come to rest. */
const restMs = 20;

async function sendOnce(messenger, envelope) {
  const acceptance = await messenger.submit(envelope, { wait: "result", timeoutMs: resultMs });
  if (acceptance.evaluation === null) throw new Error("no result in time");
  return acceptance.evaluation;
}

async function roundTrip(url) {
  const response = await fetch(url);
  await response.arrayBuffer();
}

/** Rows of the report. */
export async function runLatency({ isQuick }) {
  const count = isQuick ? 40 : 200;
  const network = await BenchNetwork.start({ withCompute: true });
  let peer = null;
  try {
    peer = await startDurablePeer(network.folder);
    const process = await network.spawnToken();
    const owners = [await quickIdentity()];
    const maker = new MessageMaker({ network: network.network, owners, processes: [process] });
    const envelopes = maker.envelopes(count + warmUps).map((each) => envelopeRecord.decode(each));
    const ours = [];
    const bare = [];
    for (const [i, envelope] of envelopes.entries()) {
      let evaluation = null;
      const ms = await timed(async () => {
        evaluation = await sendOnce(network.messenger, envelope);
      });
      const bareMs = await timed(() => roundTrip(peer.url));
      // Decoding is the client's, but a result that does not decode is none.
      evaluationRecord.decode(evaluation);
      if (i >= warmUps) {
        ours.push(ms);
        bare.push(bareMs);
      }
      await new Promise((done) => setTimeout(done, restMs));
    }
    return rowsOf(ours, bare);
  } finally {
    await peer?.stop();
    await network.stop();
  }
}

function rowsOf(ours, bare) {
  const row = (share, label, goal) => {
    const value = percentile(ours, share);
    const peerValue = percentile(bare, share);
    return {
      id: `send-result-p${share * 100}`,
      label,
      unit: "ms",
      better: "less",
      value,
      peerLabel: "bare HTTP round trip",
      peerValue,
      ratio: value / peerValue,
      ratioRange: null,
      goal,
    };
  };
  return [
    row(0.5, "send --wait result, idle network, p50", { valueMax: 20 }),
    row(0.95, "… p95", null),
  ];
}
