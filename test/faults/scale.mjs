/**
 * Many processes on one machine: so many counters spawned through real units, some of them kept busy.
 * What it costs, what memory each unit takes, how long one that is idle takes to wake, and how soon each
 * unit does its work again after it was killed, and after it was asked to end. Every figure stands
 * beside its bound, and one that misses it ends the run with an error.
 *
 *     node test/faults/scale.mjs [--processes N] [--busy N] [--rate N] [--seconds N] [--json]
 *
 * A wake is the time from a message to its result for a process that nobody used since it was spawned;
 * `extra` is what that takes more than the next message to the same process, both from one client on an
 * otherwise quiet network. A unit is back when a message to an idle process has its result.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { journal } from "../../bench/campaigns/running.mjs";
import { module, PatientClient } from "./patient-client.mjs";
import { built, pause, RealNetwork } from "./real-network.mjs";

const { composeMessage } = await built("client/compose.js");

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "100000" },
    busy: { type: "string", default: "1000" },
    rate: { type: "string", default: "100" },
    seconds: { type: "string", default: "120" },
    json: { type: "boolean", default: false },
  },
});
const [processCount, busyCount, rate, busySeconds] = [
  values.processes,
  values.busy,
  values.rate,
  values.seconds,
].map(Number);

const roles = ["scheduler", "messenger", "compute"];
const bundleSize = 64;
/** Bundles under way at once. */
const lanesMax = 8;
const samples = 100;
const sampleRestMs = 20;
const progressMs = 30_000;

/**
 * Memory that a unit holds itself: pages of its store that the machine has mapped are the machine's to
 * take back. A compute unit's workers may hold 2 GiB of processes.
 */
const bounds = {
  spawnSeconds: 720,
  memoryMiB: { scheduler: 768, messenger: 1024, compute: 3072 },
  diskKiBAProcess: 64,
  wakeExtraMs: 20,
  restartSeconds: 10,
};
const misses = [];

/** A figure with its bound; one that misses it is remembered. */
const bounded = (name, figure, bound) => {
  if (!(figure <= bound)) misses.push(`${name}: ${figure}, bound ${bound}`);
  return { is: figure, bound };
};

const childOf = (network, role) => network.children[role].pid;

const memoryOf = (network) =>
  Object.fromEntries(
    roles.map((role) => {
      const status = readFileSync(`/proc/${childOf(network, role)}/status`, "utf8");
      const miB = (name) =>
        Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
      const own = bounded(`memory of the ${role}`, miB("RssAnon"), bounds.memoryMiB[role]);
      return [role, { ...own, mapped: miB("RssFile") }];
    }),
  );

/** Milliseconds of processor time of each unit so far; Linux counts in hundredths of a second. */
const cpuOf = (network) =>
  roles.map((role) => {
    const fields = readFileSync(`/proc/${childOf(network, role)}/stat`, "utf8")
      .split(") ")[1]
      .split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  });

const diskOf = (network) =>
  Object.fromEntries(
    roles.map((role) => {
      const { size } = statSync(`${network.stores[role]}/store.mdb`);
      const kiB = rounded(size / 1024 / processCount);
      return [role, bounded(`disk of the ${role}`, kiB, bounds.diskKiBAProcess)];
    }),
  );

const metricOf = async (network, role, name) => {
  const text = await (await fetch(`${network.urls[role]}/metrics`)).text();
  return Number(new RegExp(`^nymcompute_${role}_${name} (.*)$`, "m").exec(text)?.[1]);
};

const unevaluated = (network) => metricOf(network, "messenger", "messages_unevaluated");

/** Resolves when the messenger waits for no evaluation. */
async function atRest(network) {
  for (let told = performance.now(); ; await pause(500)) {
    const left = await unevaluated(network);
    if (left === 0) return;
    if (performance.now() - told < progressMs) continue;
    told = performance.now();
    console.error(`${left} are not evaluated yet`);
  }
}

/** Hands in drafts in bundles, a few at a time; their processes once all have a slot. */
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

const rounded = (number) => Math.round(number * 10) / 10;
const secondsSince = (moment) => rounded((performance.now() - moment) / 1000);
const quantile = (numbers, share) => {
  const sorted = [...numbers].sort((one, other) => one - other);
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
};
const spread = (numbers) => ({ p50: quantile(numbers, 0.5), p95: quantile(numbers, 0.95) });

async function spawnAll(network, client) {
  const draft = await client.spawnDraft(module("counter"));
  const cpuBefore = cpuOf(network);
  const start = performance.now();
  const processes = await submitAll(client, Array(processCount).fill(draft));
  const acceptedSeconds = secondsSince(start);
  console.error(`${processCount} accepted in ${acceptedSeconds} s`);
  await atRest(network);
  const seconds = secondsSince(start);
  const cpu = cpuOf(network).map((ms, i) => rounded((ms - cpuBefore[i]) / processCount));
  const bound = (bounds.spawnSeconds * processCount) / 100_000 + 60;
  say({
    processes: processes.length,
    acceptedSeconds,
    evaluatedSeconds: bounded("spawning", seconds, bound),
    cpuMsASpawn: Object.fromEntries(roles.map((role, i) => [role, cpu[i]])),
    diskKiBAProcess: diskOf(network),
    memoryMiB: memoryOf(network),
  });
  return processes;
}

/** Sends to some processes in turn, so many messages a second, in bundles. */
async function keepBusy(network, client, processes) {
  const start = performance.now();
  const messageCount = rate * busySeconds;
  const sending = [];
  for (let sent = 0; sent < messageCount; ) {
    const drafts = Array.from({ length: Math.min(bundleSize, messageCount - sent) }, (_, i) =>
      client.increment(processes[(sent + i) % busyCount]),
    );
    sending.push(client.submitBundle(client.bundle(drafts)));
    sent += drafts.length;
    await pause(Math.max(0, start + (1000 * sent) / rate - performance.now()));
  }
  await Promise.all(sending);
  await atRest(network);
  const seconds = bounded("busy processes", secondsSince(start), busySeconds + 15);
  say({ busy: busyCount, messages: messageCount, rate, seconds, memoryMiB: memoryOf(network) });
}

/** Milliseconds from a message to its result. */
async function latency(client, process) {
  const message = composeMessage(client.increment(process), client.context);
  const start = performance.now();
  const { evaluation } = await client.messenger.submit(message, { wait: "result" });
  if (evaluation === null) throw new Error("no result in time");
  return performance.now() - start;
}

async function wake(client, asleep) {
  const [cold, warm] = [[], []];
  for (const process of asleep.slice(0, samples)) {
    cold.push(await latency(client, process));
    await pause(sampleRestMs);
    warm.push(await latency(client, process));
    await pause(sampleRestMs);
  }
  const extra = spread(cold.map((ms, i) => ms - warm[i]));
  const wakes = { coldMs: spread(cold), warmMs: spread(warm) };
  say({ ...wakes, extraMs: { ...bounded("wake", extra.p50, bounds.wakeExtraMs), p95: extra.p95 } });
}

const endings = {
  killed: (network, role) => network.kill(role),
  asked: async (network, role) => network.end(role),
};

/** Seconds from the start of each unit after its end to when an idle process has a result again. */
async function restarts(network, client, asleep) {
  const idle = asleep.slice(samples).values();
  for (const [ending, end] of Object.entries(endings)) {
    const seconds = {};
    for (const role of roles) {
      await end(network, role);
      const start = performance.now();
      await network.open(role);
      const process = idle.next().value;
      const message = composeMessage(client.increment(process), client.context);
      await client.until(() => client.messenger.submit(message, { wait: "result" }));
      const taken = secondsSince(start);
      seconds[role] = bounded(`restart of the ${role}`, taken, bounds.restartSeconds);
    }
    say({ restartSeconds: seconds, ending });
  }
  say({ afterRestart: { memoryMiB: memoryOf(network) } });
}

const network = await RealNetwork.start();
const title = `scale: ${processCount} processes, ${busyCount} of them busy`;
const { say, end } = journal("scale_v1.txt", title, values.json);
try {
  const client = new PatientClient(network);
  const processes = await spawnAll(network, client);
  await keepBusy(network, client, processes);
  // From all over the idle ones: old and new, each once.
  const stride = Math.floor((processes.length - busyCount) / (samples + 2 * roles.length));
  const asleep = processes.slice(busyCount).filter((_, i) => i % stride === 0);
  await wake(client, asleep);
  await restarts(network, client, asleep);
  say({ misses });
} finally {
  await network.stop();
}
end();
if (misses.length > 0) process.exitCode = 1;
