/**
 * Real units under a steady load that are killed, stopped for a while and short of disk, each in turn;
 * then everything that was promised is looked for.
 *
 *     node test/faults/durability.mjs [--rounds N] [--seconds N] [--rate N] [--faults kill,pause,disk] [--json]
 *
 * A round is a network of its own: `seconds` of messages at `rate` a second, a tenth of them transfers
 * whose notices go on to other processes; each unit suffers each fault once in it. `disk` is the scheduler's affair, whose word the acknowledgement is. It needs a disk
 * to fill, which only root can make; anyone else's unit is forbidden to let its files grow.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { faults, removeDisk, smallDisk } from "./faults.mjs";
import { atRest, promisesOf } from "./kept-promises.mjs";
import { PatientClient } from "./patient-client.mjs";
import { pause, RealNetwork } from "./real-network.mjs";
import { SteadyLoad } from "./steady-load.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    seconds: { type: "string", default: "10" },
    rate: { type: "string", default: "50" },
    faults: { type: "string", default: "kill,pause,disk" },
    json: { type: "boolean", default: false },
  },
});
const wanted = new Set(values.faults.split(","));
const [rounds, seconds, rate] = [values.rounds, values.seconds, values.rate].map(Number);
const say = (line) =>
  console.log(values.json ? JSON.stringify(line) : JSON.stringify(line, null, 1));

const bundleSize = 50;
/** Of each bundle; the others send nothing on. */
const transfersOfBundle = 5;
const recipientCount = 8;
/** For all that a round of a minute at 200 a second stores, and some more. */
const diskMegabytes = 64 + Math.ceil((seconds * rate) / 100);

const script = ["scheduler", "messenger", "compute"].flatMap((role) => [
  ["kill", role],
  ["pause", role],
]);
script.push(["disk", "scheduler"]);
const chosen = script.filter(([fault]) => wanted.has(fault));

/** Each fault at its share of the time, a little early or late. */
async function suffer(network, client, disk) {
  const startAt = performance.now();
  const shareMs = (seconds * 1000) / chosen.length;
  for (const [number, [fault, role]] of chosen.entries()) {
    const dueAt = startAt + (number + 0.2 + 0.4 * Math.random()) * shareMs;
    await pause(Math.max(0, dueAt - performance.now()));
    const before = client.acknowledged.size;
    const start = performance.now();
    await faults[fault](network, role, disk);
    const ms = Math.round(performance.now() - start);
    say({ fault, role, ms, acknowledged: client.acknowledged.size - before });
  }
}

/** A round's messages, signed. */
function bundlesOf(client, token, recipients) {
  const count = Math.ceil((seconds * rate) / bundleSize);
  return Array.from({ length: count }, (_, number) =>
    client.bundle(
      Array.from({ length: bundleSize }, (_, i) => {
        const recipient = recipients[(number + i) % recipientCount];
        return i < transfersOfBundle
          ? client.transfer(token, recipient)
          : client.increment(recipient);
      }),
    ),
  );
}

async function round(number) {
  const disk = wanted.has("disk") ? smallDisk(diskMegabytes) : null;
  const network = await RealNetwork.start((role) =>
    disk !== null && role === "scheduler" ? join(disk, "store") : null,
  );
  try {
    const client = new PatientClient(network);
    const token = await client.spawn("token");
    const recipients = [];
    while (recipients.length < recipientCount) recipients.push(await client.spawn("counter"));
    const bundles = bundlesOf(client, token, recipients);
    const load = new SteadyLoad({ client, bundles, bundleSize, rate });
    const [reached] = await Promise.all([load.run(seconds * 1000), suffer(network, client, disk)]);
    const start = performance.now();
    const processes = [token, ...recipients];
    // Of each transfer the notice, and what the counter answers to it.
    const sent = 2 * transfersOfBundle * bundles.length;
    await atRest(network, processes, client.acknowledged.size + sent);
    const restSeconds = Math.round((performance.now() - start) / 100) / 10;
    const kept = await promisesOf(network, client, { token, recipients });
    const fullDisk = disk === null ? "a limit on its files" : `${diskMegabytes} MiB tmpfs`;
    const disks = wanted.has("disk") ? { fullDisk } : {};
    const { size: acknowledged } = client.acknowledged;
    say({
      round: number,
      acknowledged,
      tries: client.tries,
      ...disks,
      reached,
      restSeconds,
      ...kept,
    });
    return kept.ok;
  } finally {
    await network.stop();
    if (disk !== null) removeDisk(disk);
  }
}

let ok = true;
for (let number = 1; number <= rounds; number++) ok = (await round(number)) && ok;
process.exitCode = ok ? 0 : 1;
