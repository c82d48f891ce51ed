/**
 * Many processes on one machine: so many counters spawned through real units, some of them kept busy.
 * What memory each unit takes, how long one that is idle takes to wake, and how long each unit takes to
 * start again on what it has.
 *
 *     node test/faults/scale.mjs [--processes N] [--busy N] [--messages N] [--json]
 *
 * A wake is the time from a message to its result for a process that nobody used since it was spawned,
 * less that of the same for one that is awake, both from one client on an otherwise quiet network.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { journal } from "../../bench/campaigns/running.mjs";
import { module, PatientClient } from "./patient-client.mjs";
import { built, pause, RealNetwork } from "./real-network.mjs";

const { composeMessage } = await built("client/compose.js");
const { schedulerClient } = await built("client/scheduler-client.js");

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "100000" },
    busy: { type: "string", default: "1000" },
    messages: { type: "string", default: "20000" },
    json: { type: "boolean", default: false },
  },
});
const [processCount, busyCount, messageCount] = [
  values.processes,
  values.busy,
  values.messages,
].map(Number);

const roles = ["scheduler", "messenger", "compute"];
const bundleSize = 64;
/** Bundles under way at once. */
const lanesMax = 8;
const samples = 40;

/** Resident memory of each unit in MiB, from what the machine tells of its process. */
const memoryOf = (network) =>
  Object.fromEntries(
    roles.map((role) => {
      const status = readFileSync(`/proc/${network.children[role].pid}/status`, "utf8");
      return [role, Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024)];
    }),
  );

const metricOf = async (network, role, name) => {
  const text = await (await fetch(`${network.urls[role]}/metrics`)).text();
  return Number(new RegExp(`^nymcompute_${role}_${name} (.*)$`, "m").exec(text)?.[1]);
};

/** Resolves when the messenger waits for no evaluation. */
async function atRest(network) {
  for (;;) {
    if ((await metricOf(network, "messenger", "load_unevaluated")) === 0) return;
    await pause(500);
  }
}

/** Hands in drafts in bundles, a few at a time; their ids once all have a slot. */
async function submitAll(client, drafts) {
  const ids = [];
  let from = 0;
  const lane = async () => {
    while (from < drafts.length) {
      const bundle = client.bundle(drafts.slice(from, from + bundleSize));
      from += bundleSize;
      ids.push(...bundle.ids);
      await client.submitBundle(bundle);
    }
  };
  await Promise.all(Array.from({ length: lanesMax }, lane));
  return ids;
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1];
const rounded = (number) => Math.round(number * 10) / 10;

/** Milliseconds from a message to its result, for each of these processes. */
async function latencies(client, processes) {
  const taken = [];
  for (const process of processes) {
    const message = composeMessage(client.increment(process), client.context);
    const start = performance.now();
    await client.messenger.submit(message, { wait: "result" });
    taken.push(performance.now() - start);
    await pause(20);
  }
  return taken;
}

async function wake(client, processes) {
  const asleep = Array.from(
    { length: samples },
    (_, i) => processes[busyCount + i * Math.floor((processes.length - busyCount) / samples)],
  );
  const cold = await latencies(client, asleep);
  const warm = await latencies(client, asleep);
  const differences = cold.map((ms, i) => ms - warm[i]);
  return {
    coldMs: rounded(median(cold)),
    warmMs: rounded(median(warm)),
    wakeMs: rounded(median(differences)),
  };
}

/** What each unit is there for: to give a slot, to bring a message to one, to evaluate it. */
const waits = { scheduler: "assignment", messenger: "assignment", compute: "result" };

/** Seconds from the start of each unit after a kill to when it has done that for some process. */
async function restarts(network, client, processes) {
  const seconds = {};
  for (const role of roles) {
    await network.kill(role);
    const start = performance.now();
    await network.open(role);
    const process = processes[Math.floor(Math.random() * processes.length)];
    const message = composeMessage(client.increment(process), client.context);
    await client.until(() => client.messenger.submit(message, { wait: waits[role] }));
    seconds[role] = rounded((performance.now() - start) / 1000);
  }
  return seconds;
}

const network = await RealNetwork.start();
const title = `scale: ${processCount} processes, ${busyCount} of them busy`;
const { say, end } = journal("scale_v1.txt", title, values.json);
try {
  const client = new PatientClient(network);
  const secondsSince = (moment) => rounded((performance.now() - moment) / 1000);
  const draft = await client.spawnDraft(module("counter"));
  const start = performance.now();
  const processes = await submitAll(client, Array(processCount).fill(draft));
  const acceptedSeconds = secondsSince(start);
  await atRest(network);
  const spawned = {
    processes: processes.length,
    acceptedSeconds,
    evaluatedSeconds: secondsSince(start),
  };
  say({ ...spawned, memory: memoryOf(network) });
  const busyStart = performance.now();
  const busy = Array.from({ length: messageCount }, (_, i) =>
    client.increment(processes[i % busyCount]),
  );
  await submitAll(client, busy);
  await atRest(network);
  say({
    busy: busyCount,
    messages: messageCount,
    seconds: secondsSince(busyStart),
    memory: memoryOf(network),
  });
  say({ ...(await wake(client, processes)) });
  say({ restartSeconds: await restarts(network, client, processes), memory: memoryOf(network) });
  const { next } = await schedulerClient(network.urls.scheduler).log(processes[0], {
    from: 0,
    limit: 1,
  });
  if (next < 2) throw new Error("a busy process has no messages");
} finally {
  await network.stop();
}
end();
