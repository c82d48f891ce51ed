/**
 * What hostile processes cost their neighbours: an honest process's messages, one every 50 ms with
 * `wait=result`, in alternating quiet and hostile windows of one run on warm units. In the hostile ones
 * ten messages a second make processes of the same compute unit loop, recurse, grow, send a million
 * messages and log a gigabyte, each at a moment of chance within its 100 ms, so that they meet the
 * honest ones wherever those are. Every hostile message must come to a logged, failed result.
 *
 * The clients of both share the units' processors; so they sign before the clock starts and call as units
 * call each other, which costs a tenth of what the runtime's `fetch` does.
 *
 *     node test/faults/neighbours.mjs [--windows N] [--seconds N] [--limits default,max] [--json]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { journal } from "../../bench/campaigns/running.mjs";
import { quickIdentity } from "../../bench/signed-messages.mjs";
import { percentile } from "../../bench/statistics.mjs";
import { PatientClient } from "./patient-client.mjs";
import { built, pause, RealNetwork } from "./real-network.mjs";

const { composeMessage } = await built("client/compose.js");
const { computeClient } = await built("client/compute-client.js");
const { messengerClient } = await built("client/messenger-client.js");
const { unitFetch } = await built("node/http/unit-fetch.js");
const { idText } = await built("protocol/ids.js");
const { exits, resultRecord } = await built("protocol/result.js");
const { deedData, deeds, hostileModule } = await built("testing/hostile-process.js");

const { values } = parseArgs({
  options: {
    windows: { type: "string", default: "32" },
    seconds: { type: "string", default: "5" },
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
/** Messages before the clock starts, each honest and every second one hostile: units compile as they run. */
const warmUpMessages = 800;
const warmUpEveryMs = 12;
/** Draws for the interval in which the ratio lies. */
const draws = 2000;

const isPending = ({ code }) => code === "RESULT_PENDING" || code === "UNAVAILABLE";
const rounded = (value, factor) => Math.round(value * factor) / factor;
const summary = (latencies) => {
  const ms = (part) => rounded(percentile(latencies, part), 10);
  return { messages: latencies.length, p50: ms(0.5), p95: ms(0.95), p99: ms(0.99) };
};

/** The ratio of the 95th percentiles, and where it lies 19 times of 20 when messages are drawn anew. */
function ratioOf({ quiet, hostile }) {
  const draw = (from) => from.map(() => from[Math.floor(Math.random() * from.length)]);
  const p95 = (latencies) => percentile(latencies, 0.95);
  const drawn = Array.from({ length: draws }, () => p95(draw(hostile)) / p95(draw(quiet)));
  const interval = [0.025, 0.975].map((part) => rounded(percentile(drawn, part), 1000));
  return { ratio: rounded(p95(hostile) / p95(quiet), 1000), interval };
}

/** Messages made and signed before the clock starts: signing takes as long as evaluation. */
const signed = (client, count, draftOf) =>
  Array.from({ length: count }, (_, number) => composeMessage(draftOf(number), client.context));

/** Calls every so often until the time is over, whatever the calls take, late by up to `spread` of that. */
async function onSchedule({ everyMs, endAt, spread = 0 }, call) {
  const calls = [];
  for (let at = performance.now(); at < endAt; at += everyMs) {
    const dueAt = at + Math.random() * spread * everyMs;
    await pause(Math.max(0, dueAt - performance.now()));
    calls.push(call(dueAt));
  }
  return Promise.all(calls);
}

const next = (messages) => {
  const message = messages.pop();
  if (message === undefined) throw new Error("more messages than were signed");
  return message;
};

/** Messages to the honest process; the milliseconds from when each was due to its result. */
const honestWindow = (client, messages, schedule) =>
  onSchedule(schedule, async (dueAt) => {
    const { slot } = await client.messenger.submit(next(messages), { wait: "result" });
    if (slot === null) throw new Error("a message without a slot");
    return performance.now() - dueAt;
  });

/** Messages each to the process of its deed; what was accepted. */
const hostileWindow = (client, messages, schedule) =>
  onSchedule(schedule, () => client.messenger.submit(next(messages)));

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

/** The honest process, the hostile ones, and all messages to them. */
async function prepare(network, limits) {
  const client = new PatientClient(network);
  client.owner = await quickIdentity();
  client.messenger = messengerClient(network.urls.messenger, unitFetch());
  const honest = await client.spawn("counter");
  const hostile = [];
  for (const _ of hostileDeeds) {
    hostile.push(await client.spawnModule(await hostileModule, limitTags[limits]));
  }
  const perWindow = Math.ceil(windowMs / honestEveryMs) + 1;
  const honestMessages = signed(client, perWindow * windows + warmUpMessages + 1, () =>
    client.increment(honest),
  );
  const perHostile = Math.ceil(windowMs / hostileEveryMs) + 1;
  const hostileCount = perHostile * Math.ceil(windows / 2) + warmUpMessages / 2 + 1;
  const hostileMessages = signed(client, hostileCount, (number) => {
    const kind = number % hostileDeeds.length;
    return { target: hostile[kind], notAfter: 0, data: deedData(deeds[hostileDeeds[kind]]) };
  });
  return { client, honestMessages, hostileMessages };
}

/** What the honest process felt in each window, and what the hostile ones were sent. */
async function runWindows(network, { client, honestMessages, hostileMessages }) {
  const both = (endAt, isHostile, everyMs) =>
    Promise.all([
      honestWindow(client, honestMessages, { everyMs: everyMs[0], endAt }),
      isHostile
        ? hostileWindow(client, hostileMessages, { everyMs: everyMs[1], endAt, spread: 1 })
        : [],
    ]);
  const sent = [];
  // What the hostile ones left undone is no part of the quiet that follows.
  const drain = () => failuresOf(network, sent.slice(-4 * hostileDeeds.length));
  const warmEnd = performance.now() + warmUpMessages * warmUpEveryMs;
  sent.push(...(await both(warmEnd, true, [warmUpEveryMs, 2 * warmUpEveryMs]))[1]);
  await drain();
  const latencies = { quiet: [], hostile: [] };
  for (let window = 0; window < windows; window++) {
    // Quiet, hostile, hostile, quiet: a drift of the machine is in both alike.
    const kind = window % 4 === 1 || window % 4 === 2 ? "hostile" : "quiet";
    const endAt = performance.now() + windowMs;
    const everyMs = [honestEveryMs, hostileEveryMs];
    const [found, accepted] = await both(endAt, kind === "hostile", everyMs);
    latencies[kind].push(...found);
    sent.push(...accepted);
    if (kind === "hostile") await drain();
  }
  return { latencies, sent };
}

/** Quiet and hostile windows on a network of its own. */
async function compare(limits) {
  const network = await RealNetwork.start();
  try {
    const { latencies, sent } = await runWindows(network, await prepare(network, limits));
    const failures = await failuresOf(network, sent);
    const [quiet, hostile] = [summary(latencies.quiet), summary(latencies.hostile)];
    return { limits, ...ratioOf(latencies), quiet, hostile, sent: sent.length, ...failures };
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
