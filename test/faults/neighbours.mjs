/**
 * What hostile processes cost their neighbours: an honest process's messages, one after the other with
 * `wait=result`, in alternating quiet and hostile windows of one run. In the hostile ones ten messages a
 * second make processes of the same compute unit loop, recurse, grow, send a million messages and log a
 * gigabyte. Every one of those must come to a logged, failed result.
 *
 *     node test/faults/neighbours.mjs [--windows N] [--seconds N] [--limits default,max] [--json]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { journal } from "../../bench/campaigns/running.mjs";
import { PatientClient } from "./patient-client.mjs";
import { built, pause, RealNetwork } from "./real-network.mjs";

const { composeMessage } = await built("client/compose.js");
const { computeClient } = await built("client/compute-client.js");
const { idText } = await built("protocol/ids.js");
const { exits, resultRecord } = await built("protocol/result.js");
const { deedData, deeds, hostileModule } = await built("testing/hostile-process.js");

const { values } = parseArgs({
  options: {
    windows: { type: "string", default: "40" },
    seconds: { type: "string", default: "2" },
    limits: { type: "string", default: "default,max" },
    json: { type: "boolean", default: false },
  },
});
const windows = Number(values.windows);
const windowMs = Number(values.seconds) * 1000;
const hostileEveryMs = 100;
/** How long what is sent in a window may take to be evaluated. */
const drainMs = 1_800_000;
/** On a schedule that waits for no answer: who is slow once shows in all that came meanwhile. */
const honestEveryMs = 50;

const hostileDeeds = ["loopForever", "recurseForever", "growForever", "sendMillion", "logGigabyte"];
const limitTags = {
  default: [],
  max: [
    { name: "Gas-Limit", value: "64000000" },
    { name: "Memory-Limit", value: String(256 * 1024 * 1024) },
  ],
};
/** By how much the 95th percentile may move. */
const ratioMax = 1.2;
const warmUpMs = 1000;

const isPending = ({ code }) => code === "RESULT_PENDING" || code === "UNAVAILABLE";
const quantile = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
const summary = (latencies) => {
  const sorted = [...latencies].sort((left, right) => left - right);
  const ms = (part) => Math.round(quantile(sorted, part) * 10) / 10;
  return { messages: sorted.length, p50: ms(0.5), p95: ms(0.95), p99: ms(0.99) };
};

/** Messages made and signed before the clock starts: signing takes as long as evaluation. */
const signed = (client, count, draftOf) =>
  Array.from({ length: count }, (_, number) => composeMessage(draftOf(number), client.context));

/** Calls until the time is over, every so often, whatever the calls take. */
async function onSchedule(everyMs, endAt, call) {
  const calls = [];
  for (let at = performance.now(); at < endAt; at += everyMs) {
    await pause(Math.max(0, at - performance.now()));
    calls.push(call(at));
  }
  return Promise.all(calls);
}

const next = (messages) => {
  const message = messages.pop();
  if (message === undefined) throw new Error("more messages than were signed");
  return message;
};

/** Messages to the honest process; the milliseconds from when each was due to its result. */
const honestWindow = (client, messages, endAt) =>
  onSchedule(honestEveryMs, endAt, async (dueAt) => {
    const { slot } = await client.messenger.submit(next(messages), { wait: "result" });
    if (slot === null) throw new Error("a message without a slot");
    return performance.now() - dueAt;
  });

/** Ten messages a second, each to the process of its deed; what was accepted. */
const hostileWindow = (client, messages, endAt) =>
  onSchedule(hostileEveryMs, endAt, () => client.messenger.submit(next(messages)));

/** The evaluation of a slot, waited for until the end. */
async function evaluationOf(compute, { process, slot }, endAt) {
  for (;;) {
    // Null is what the client makes of a result that is not there yet.
    const found = await compute.evaluation(process, slot, { timeoutMs: 30_000 }).catch((error) => {
      if (!isPending(error)) throw error;
      return null;
    });
    if (found !== null) return found;
    if (performance.now() > endAt) throw new Error(`${idText(process)} ${slot} has no result`);
  }
}

/** Why these slots failed, with counts; and those that did not. */
async function failuresOf(network, sent) {
  const compute = computeClient(network.urls.compute);
  const endAt = performance.now() + drainMs;
  const reasons = {};
  const others = [];
  for (const place of sent) {
    const { result, diagnostic } = await evaluationOf(compute, place, endAt);
    const { exit } = resultRecord.decode(result);
    if (exit !== exits.failed) others.push(`${idText(place.process)} ${place.slot}`);
    const reason = diagnostic?.reason ?? "none";
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return { reasons, others };
}

/** Quiet and hostile windows on a network of its own; what the honest process felt in each. */
async function compare(limits) {
  const network = await RealNetwork.start();
  try {
    const client = new PatientClient(network);
    const honest = await client.spawn("counter");
    const hostile = [];
    for (const _ of hostileDeeds) {
      hostile.push(await client.spawnModule(await hostileModule, limitTags[limits]));
    }
    const perWindow = Math.ceil(windowMs / honestEveryMs) + 1;
    const warmUp = Math.ceil(warmUpMs / honestEveryMs) + 1;
    const honestMessages = signed(client, perWindow * windows + warmUp, () =>
      client.increment(honest),
    );
    const perHostile = Math.ceil(windowMs / hostileEveryMs) + 1;
    const hostileMessages = signed(client, perHostile * Math.ceil(windows / 2), (number) => {
      const kind = number % hostileDeeds.length;
      return { target: hostile[kind], notAfter: 0, data: deedData(deeds[hostileDeeds[kind]]) };
    });
    await honestWindow(client, honestMessages, performance.now() + warmUpMs);
    const latencies = { quiet: [], hostile: [] };
    const sent = [];
    for (let window = 0; window < windows; window++) {
      const kind = window % 2 === 0 ? "quiet" : "hostile";
      const endAt = performance.now() + windowMs;
      const [found, accepted] = await Promise.all([
        honestWindow(client, honestMessages, endAt),
        kind === "hostile" ? hostileWindow(client, hostileMessages, endAt) : [],
      ]);
      latencies[kind].push(...found);
      sent.push(...accepted);
      // What the hostile ones left undone is no part of the quiet that follows.
      if (kind === "hostile") await failuresOf(network, sent.slice(-hostileDeeds.length));
    }
    const [quiet, disturbed] = [summary(latencies.quiet), summary(latencies.hostile)];
    const ratio = Math.round((disturbed.p95 / quiet.p95) * 1000) / 1000;
    const failures = await failuresOf(network, sent);
    return { limits, ratio, quiet, hostile: disturbed, sent: sent.length, ...failures };
  } finally {
    await network.stop();
  }
}

const title = `neighbours: ${windows} windows of ${values.seconds} s, quiet and hostile by turns`;
const { say, end } = journal("neighbours_v1.txt", title, values.json);
for (const limits of values.limits.split(",")) {
  const report = await compare(limits);
  say(report);
  if (report.others.length > 0 || report.ratio > ratioMax) process.exitCode = 1;
}
end();
