/**
 * Real units under load that are killed, paused and short of disk, each in turn; then everything that
 * was promised is looked for: each acknowledged message at its slot, each message that a result sent
 * in its target's log exactly once, and every root again by a replay.
 *
 *     node test/faults/durability.mjs [--rounds N] [--messages N] [--faults kill,pause,disk] [--json]
 *
 * @module
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { PatientClient } from "./patient-client.mjs";
import { built, pause, RealNetwork } from "./real-network.mjs";

const { schedulerClient } = await built("client/scheduler-client.js");
const { entryRecord } = await built("protocol/entry.js");
const { idText, messageIdOf } = await built("protocol/ids.js");
const { bodyRecord, ownerKinds, tagValue } = await built("protocol/message.js");

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    messages: { type: "string", default: "120" },
    faults: { type: "string", default: "kill,pause,disk" },
    json: { type: "boolean", default: false },
  },
});
const wanted = new Set(values.faults.split(","));
const say = (line) =>
  console.log(values.json ? JSON.stringify(line) : JSON.stringify(line, null, 1));

const bundleSize = 5;
/** How long a network may take to come to rest. */
const restMs = 90_000;

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

/** The faults of a round; each leaves the network whole. */
const faults = {
  kill: async (network, role) => {
    await network.kill(role);
    await pause(200);
    await network.open(role);
  },
  pause: (network, role) => network.stall(role, 2_500),
  disk: async (network, role) => {
    const ballast = join(network.stores[role], "..", "ballast");
    fillDisk(ballast);
    await pause(1_500);
    unlinkSync(ballast);
    const child = network.children[role];
    // A unit that ended for want of disk is started again, as its operator does.
    if (child.exitCode !== null || child.signalCode !== null) await network.open(role);
  },
};

/** Leaves no block free. */
function fillDisk(file) {
  const { bavail, bsize } = statfsSync(join(file, ".."));
  for (let bytes = bavail * bsize; bytes > 4096; bytes = Math.floor(bytes / 2)) {
    try {
      writeFileSync(file, new Uint8Array(bytes));
      return;
    } catch (error) {
      if (error.code !== "ENOSPC") throw error;
    }
  }
}

/** A small disk of memory for the scheduler; null where this machine lets nobody make one. */
function smallDisk() {
  const folder = mkdtempSync(join(tmpdir(), "nymcompute-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

async function underLoad(network, client, token, recipient, script) {
  let isOver = false;
  let sent = 0;
  const load = async () => {
    for (; !isOver || sent < Number(values.messages); sent += bundleSize) {
      await client.transfer(token, recipient, bundleSize);
      await pause(50);
    }
  };
  const loads = Promise.all([load(), load()]);
  for (const [fault, role] of script) {
    await pause(300 + Math.random() * 700);
    const before = client.acknowledged.size;
    const start = performance.now();
    await faults[fault](network, role);
    const ms = Math.round(performance.now() - start);
    say({
      fault,
      role,
      ms,
      acknowledged: client.acknowledged.size - before,
    });
  }
  isOver = true;
  await loads;
}

/** Resolves when the recipient's log has a notice for every transfer, or the time is over. */
async function atRest(network, client, recipient) {
  const scheduler = schedulerClient(network.urls.scheduler);
  // Every message but the two spawns is a transfer, and the recipient's own spawn is its slot 0.
  const expected = client.acknowledged.size - 1;
  const end = Date.now() + restMs;
  while (Date.now() < end) {
    const { next } = await scheduler.log(recipient, { from: 1e9, limit: 1 });
    if (next >= expected) return;
    await pause(200);
  }
}

function checkAcknowledged(client, logs) {
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

/** Source slots whose notice is in the log not exactly once. */
function checkOnce(sent, received) {
  const counts = new Map();
  for (const { body } of received) {
    const { owner, anchor, tags } = bodyRecord.decode(body);
    if (owner.kind !== ownerKinds.process || tagValue(tags, "Action") !== "Credit-Notice") continue;
    const slot = Number(Buffer.from(anchor).readBigUInt64BE(0));
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  const wrong = [];
  for (const [slot, { body }] of sent.entries()) {
    const isTransfer = tagValue(bodyRecord.decode(body).tags, "Action") === "Transfer";
    if ((counts.get(slot) ?? 0) !== (isTransfer ? 1 : 0)) wrong.push(slot);
  }
  return wrong;
}

async function replay(network, process) {
  const cli = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
  const { messenger, scheduler, compute } = network.urls;
  const argv = [cli, "replay", idText(process), "--json", "--network", network.id];
  argv.push("--messenger", messenger, "--scheduler", scheduler, "--compute", compute);
  const { stdout } = await promisify(execFile)(globalThis.process.execPath, argv);
  return JSON.parse(stdout);
}

const roles = ["scheduler", "messenger", "compute"];

async function round(number) {
  const disk = wanted.has("disk") ? smallDisk() : null;
  const network = await RealNetwork.start((role) =>
    disk !== null && role === "scheduler" ? join(disk, "store") : null,
  );
  try {
    const client = new PatientClient(network);
    const token = await client.spawn("token");
    const recipient = await client.spawn("counter");
    const script = roles.flatMap((role) => [
      ["kill", role],
      ["pause", role],
    ]);
    if (disk !== null) script.push(["disk", "scheduler"]);
    const chosen = script.filter(([fault]) => wanted.has(fault));
    await underLoad(network, client, token, recipient, chosen);
    await atRest(network, client, recipient);
    const [sent, received] = [await logOf(network, token), await logOf(network, recipient)];
    const logs = new Map([
      [idText(token), sent],
      [idText(recipient), received],
    ]);
    const lost = checkAcknowledged(client, logs);
    const notOnce = checkOnce(sent, received);
    const repeated = sent.length - new Set(sent.map(({ body }) => idText(messageIdOf(body)))).size;
    const replays = [await replay(network, token), await replay(network, recipient)];
    const ok =
      lost.length + notOnce.length + repeated === 0 &&
      replays.every((report) => report.ok === true);
    say({
      round: number,
      ok,
      acknowledged: client.acknowledged.size,
      tries: client.tries,
      lost,
      notOnce,
      repeated,
      replays,
      fullDisk: disk === null ? "passed over" : "64 MiB tmpfs",
    });
    return ok;
  } finally {
    await network.stop();
    if (disk !== null) {
      execFileSync("umount", [disk]);
      rmSync(disk, { recursive: true });
    }
  }
}

let ok = true;
for (let number = 1; number <= Number(values.rounds); number++) ok = (await round(number)) && ok;
process.exitCode = ok ? 0 : 1;
