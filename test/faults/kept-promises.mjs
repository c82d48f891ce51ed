/**
 * What must hold after any fault: each acknowledged message is at its slot, each message that a result
 * sent is in its target's log exactly once, and a replay comes to the same roots.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { built, pause } from "./real-network.mjs";

const { schedulerClient } = await built("client/scheduler-client.js");
const { entryRecord } = await built("protocol/entry.js");
const { idText, messageIdOf } = await built("protocol/ids.js");
const { bodyRecord, ownerKinds, tagValue } = await built("protocol/message.js");

/** Replays at once, each a process of its own. */
const replaysMax = 2;
/** How long a network may take to come to rest. */
const restMs = 300_000;

/** All entries of a process with their bodies, in order. */
async function logOf(network, process) {
  const client = schedulerClient(network.urls.scheduler);
  const items = [];
  for (;;) {
    const page = await client.log(process, { from: items.length, limit: 256 });
    items.push(...page.items);
    if (items.length >= page.next) return items;
  }
}

/** Resolves when all logs together have so many entries, or the time is over. */
export async function atRest(network, processes, expected) {
  const scheduler = schedulerClient(network.urls.scheduler);
  const lengthOf = async (process) => (await scheduler.log(process, { from: 1e9, limit: 1 })).next;
  const end = Date.now() + restMs;
  while (Date.now() < end) {
    const lengths = await Promise.all(processes.map(lengthOf));
    if (lengths.reduce((sum, length) => sum + length, 0) >= expected) return;
    await pause(300);
  }
}

/** Acknowledged messages that are not where they were said to be, byte for byte. */
function lostOf(client, logs) {
  const lost = [];
  for (const [id, { process, slot, entry }] of client.acknowledged) {
    const item = logs.get(process)?.[slot];
    const isThere =
      item !== undefined &&
      idText(entryRecord.decode(item.entry).messageId) === id &&
      Buffer.compare(item.entry, entry) === 0;
    if (!isThere) lost.push(id);
  }
  return lost;
}

/**
 * Sent messages that are not in their target's log exactly once, as `source slot target`: a transfer
 * sends its recipient a notice, and a counter answers each, which it does not understand.
 */
function notOnceOf(token, logs) {
  const counts = new Map();
  const asked = [];
  for (const [process, items] of logs) {
    for (const [slot, { body }] of items.entries()) {
      const { owner, anchor, tags } = bodyRecord.decode(body);
      const action = tagValue(tags, "Action");
      if (action === "Transfer") asked.push(`${token} ${slot} ${tagValue(tags, "Recipient")}`);
      if (owner.kind !== ownerKinds.process) continue;
      if (action === "Credit-Notice") asked.push(`${process} ${slot} ${token}`);
      const source = `${idText(owner.id)} ${Buffer.from(anchor).readBigUInt64BE(0)} ${process}`;
      counts.set(source, (counts.get(source) ?? 0) + 1);
    }
  }
  const wrong = asked.filter((place) => counts.get(place) !== 1);
  for (const place of asked) counts.delete(place);
  // What is left was sent by nobody.
  return [...wrong, ...counts.keys()];
}

async function replay(network, process) {
  const cli = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
  const { messenger, scheduler, compute } = network.urls;
  const argv = [cli, "replay", idText(process), "--json", "--network", network.id];
  argv.push("--messenger", messenger, "--scheduler", scheduler, "--compute", compute);
  const { stdout } = await promisify(execFile)(globalThis.process.execPath, argv);
  return JSON.parse(stdout);
}

/** Messages that have two slots in one log. */
const repeatedIn = (items) =>
  items.length - new Set(items.map(({ body }) => idText(messageIdOf(body)))).size;

/** How many, and the first of them. */
const told = (list) => ({ count: list.length, first: list.slice(0, 3) });

/** What became of every promise. */
export async function promisesOf(network, client, { token, recipients }) {
  const processes = [token, ...recipients];
  const logs = new Map();
  for (const process of processes) logs.set(idText(process), await logOf(network, process));
  const lost = lostOf(client, logs);
  const notOnce = notOnceOf(idText(token), logs);
  const repeated = [...logs.values()].reduce((sum, items) => sum + repeatedIn(items), 0);
  const replays = { slots: 0, differing: [] };
  const left = [...processes];
  const lane = async () => {
    for (let process = left.shift(); process !== undefined; process = left.shift()) {
      const report = await replay(network, process);
      replays.slots += report.slots;
      if (report.ok !== true) replays.differing.push({ process: idText(process), ...report });
    }
  };
  await Promise.all(Array.from({ length: replaysMax }, lane));
  const isKept = lost.length + notOnce.length + repeated + replays.differing.length === 0;
  return { ok: isKept, lost: told(lost), notOnce: told(notOnce), repeated, replays };
}
