/**
 * Two instances of one scheduler, operating-system processes on one store, under load through a
 * messenger: they are killed, stopped, drained, and their clocks jump, at random. Then everything that was
 * promised is looked for, and how long each takeover took.
 *
 *     node test/faults/fencing.mjs [--rounds N] [--faults N] [--rate N] [--kinds kill,stop,drain,jump] [--each] [--json]
 *
 * A round is a network of its own that suffers so many faults. A takeover is timed from the signal to the
 * first message that is acknowledged under a later epoch. With `--each` every kind comes in its turn, to
 * whoever leads. It fails where a promise is broken, or where a
 * takeover after a kill took more than 2 s.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { atRest, promisesOf } from "./kept-promises.mjs";
import { PatientClient } from "./patient-client.mjs";
import { built, pause, RealNetwork, secondScheduler } from "./real-network.mjs";
import { SeenHeads } from "./seen-heads.mjs";
import { SteadyLoad } from "./steady-load.mjs";

const { entryRecord } = await built("protocol/entry.js");
const { idText } = await built("protocol/ids.js");

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    faults: { type: "string", default: "8" },
    rate: { type: "string", default: "100" },
    kinds: { type: "string", default: "kill,kill,stop,drain,jump" },
    each: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const [rounds, faultCount, rate] = [values.rounds, values.faults, values.rate].map(Number);
const kinds = values.kinds.split(",");
const say = (line) =>
  console.log(values.json ? JSON.stringify(line) : JSON.stringify(line, null, 1));

const instances = ["scheduler", secondScheduler];
/** Small, so that the first acknowledgement after a takeover is soon seen. */
const bundleSize = 5;
const recipientCount = 4;
const transfersOfBundle = 1;
const takeoverMaxMs = 2000;
/** Longer than any takeover that is let pass. */
const waitMaxMs = 20_000;
const jumpsMs = [-3_600_000, -5_000, -900, 0, 900, 5_000, 3_600_000];

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** The instance that gives slots now; null where none says so, unless one is waited for. */
async function leaderOf(network, isNeeded) {
  do {
    for (const name of instances) {
      const signal = AbortSignal.timeout(500);
      const answer = await fetch(`${network.urls[name]}/health`, { signal }).catch(() => null);
      if (answer?.ok) return name;
    }
    await pause(50);
  } while (isNeeded);
  return null;
}

/** Epochs and moments of what is acknowledged. */
class Epochs {
  constructor(client) {
    this.newest = 0;
    client.onPlace = ({ entry, at }) => {
      const { epoch } = entryRecord.decode(entry);
      if (epoch <= this.newest) return;
      this.newest = epoch;
      this.at = at;
    };
  }

  /** Milliseconds from a moment until something was acknowledged under a later epoch; null: too long. */
  async later(epoch, from) {
    while (this.newest <= epoch) {
      if (performance.now() - from > waitMaxMs) return null;
      await pause(5);
    }
    return Math.round(this.at - from);
  }
}

const faults = {
  /** @returns what is timed, if the leader suffered */
  kill: async (network, name, { epochs, isLeader }) => {
    const [epoch, from] = [epochs.newest, performance.now()];
    await network.kill(name);
    const takeoverMs = isLeader ? await epochs.later(epoch, from) : undefined;
    await pause(200 * Math.random());
    await network.open(name);
    return { takeoverMs };
  },
  drain: async (network, name, { epochs, isLeader }) => {
    const [epoch, from] = [epochs.newest, performance.now()];
    const gone = network.end(name);
    const takeoverMs = isLeader ? await epochs.later(epoch, from) : undefined;
    await gone;
    await network.open(name);
    return { takeoverMs };
  },
  stop: async (network, name, { epochs, isLeader }) => {
    const [epoch, from] = [epochs.newest, performance.now()];
    const ms = Math.round(200 + 3_800 * Math.random());
    await network.stall(name, ms);
    const isTaken = isLeader && epochs.newest > epoch;
    return { ms, ...(isTaken ? { takenAfterMs: Math.round(epochs.at - from) } : {}) };
  },
  jump: async (network, name) => {
    const ms = pick(jumpsMs);
    network.jump(name, ms);
    await pause(1500 * Math.random());
    return { ms };
  },
};

async function suffer(network, epochs) {
  const takeovers = { kill: [], drain: [] };
  for (let number = 0; number < faultCount; number++) {
    await pause(300 + 700 * Math.random());
    const leader = await leaderOf(network, values.each);
    // Mostly the one whose going is felt.
    const isLeadersTurn = values.each || Math.random() < 0.75;
    const name = leader !== null && isLeadersTurn ? leader : pick(instances);
    const kind = values.each ? kinds[number % kinds.length] : pick(kinds);
    const isLeader = name === leader;
    const told = await faults[kind](network, name, { epochs, isLeader });
    if (told.takeoverMs !== undefined) takeovers[kind].push(told.takeoverMs);
    say({ fault: kind, name, isLeader, ...told });
  }
  return takeovers;
}

/** Bundles without end: each is signed when it is due. */
function bundlesOf(client, token, recipients, isOver) {
  const sent = [];
  const next = (number) => {
    if (isOver()) return undefined;
    sent[number] ??= client.bundle(
      Array.from({ length: bundleSize }, (_, i) => {
        const recipient = recipients[(number + i) % recipientCount];
        return i < transfersOfBundle
          ? client.transfer(token, recipient)
          : client.increment(recipient);
      }),
    );
    return sent[number];
  };
  return { sent, list: new Proxy([], { get: (_, key) => next(Number(key)) }) };
}

/** Acknowledged messages that have the slot of another. */
function doubledOf(client) {
  const places = [...client.acknowledged.values()].map(({ process, slot }) => `${process} ${slot}`);
  return places.length - new Set(places).size;
}

async function round(number) {
  const network = await RealNetwork.start(() => null, { isPair: true });
  const heads = new SeenHeads(network, instances);
  try {
    const client = new PatientClient(network);
    const epochs = new Epochs(client);
    const token = await client.spawn("token");
    const recipients = [];
    while (recipients.length < recipientCount) recipients.push(await client.spawn("counter"));
    heads.watch();
    let isOver = false;
    const { sent, list: bundles } = bundlesOf(client, token, recipients, () => isOver);
    const load = new SteadyLoad({ client, bundles, bundleSize, rate });
    const loading = load.run(24 * 3_600_000);
    const takeovers = await suffer(network, epochs);
    isOver = true;
    await loading;
    await heads.stop();
    const processes = [token, ...recipients];
    const passedOn = 2 * transfersOfBundle * sent.length;
    await atRest(network, processes, client.acknowledged.size + passedOn);
    const kept = await promisesOf(network, client, { token, recipients });
    const doubled = doubledOf(client);
    const chain = await heads.judged();
    const isQuick = takeovers.kill.every((ms) => ms !== null && ms <= takeoverMaxMs);
    const ok = kept.ok && doubled === 0 && chain.wrong === 0 && isQuick;
    const { size: acknowledged } = client.acknowledged;
    const said = { acknowledged, epochs: epochs.newest + 1, doubled, heads: chain, takeovers };
    say({ round: number, ...said, ...kept, ok, processes: processes.map(idText).length });
    return ok;
  } finally {
    await heads.stop();
    await network.stop();
  }
}

let ok = true;
for (let number = 1; number <= rounds; number++) ok = (await round(number)) && ok;
process.exitCode = ok ? 0 : 1;
