/**
 * `nymcompute monitor`: follows schedulers' logs, and other logs in the formats of C2SP, compares what compute
 * units attest of the processes in them, and keeps what convicts.
 *
 * @module
 */

import { resolve } from "node:path";
import { toHex, utf8Bytes } from "../../base/bytes.ts";
import { computeClient } from "../../client/compute-client.ts";
import { getContent } from "../../client/content.ts";
import { LogMonitor } from "../../client/log-monitor.ts";
import { logSource } from "../../client/log-source.ts";
import { MonitoredMessages } from "../../client/monitored-messages.ts";
import { type MonitoredProcess, ResultMonitor } from "../../client/result-monitor.ts";
import { nullIfUnknown, schedulerClient } from "../../client/scheduler-client.ts";
import { TreeMonitor } from "../../client/tree-monitor.ts";
import { unitCaller } from "../../client/unit-call.ts";
import { sha256 } from "../../crypto/hash.ts";
import { parseVkey } from "../../log/vkey.ts";
import { VerifierPool } from "../../node/verifier-pool/verifier-pool.ts";
import { noteBytesMax } from "../../protocol/limits.ts";
import { CliError } from "../cli-error.ts";
import { type Command, type CommandUse, defineCommand, type Outcome } from "../command.ts";
import { MonitorFolder } from "../monitor-folder.ts";
import {
  type Followed,
  failureOf,
  isConvicting,
  type Look,
  look,
  lookText,
} from "../monitor-look.ts";
import { configFolder } from "../places.ts";
import { untilSignal } from "../until-signal.ts";

const monitorOptions = [
  {
    name: "scheduler",
    kind: "list",
    default: [],
    placeholder: "URL",
    help: "a scheduler whose log is followed; may be repeated",
  },
  {
    name: "log",
    kind: "list",
    default: [],
    env: null,
    placeholder: "VKEY@URL",
    help: "another log (C2SP tlog-tiles) and the ML-DSA-44 key of its heads; may be repeated",
  },
  {
    name: "witness",
    kind: "list",
    default: [],
    placeholder: "URL",
    help: "a witness whose heads the logs are compared with; may be repeated",
  },
  {
    name: "compute",
    kind: "list",
    default: [],
    placeholder: "URL",
    help: "a compute unit whose results are compared with the others'; may be repeated",
  },
  {
    name: "data",
    kind: "string",
    placeholder: "DIR",
    help: "where logs are kept; by default ~/.config/nymcompute/monitor",
  },
  {
    name: "every",
    kind: "number",
    default: 10_000,
    min: 100,
    env: null,
    placeholder: "MS",
    help: "between two looks at a log",
  },
  {
    name: "once",
    kind: "boolean",
    default: false,
    env: null,
    help: "look once, and end with code 1 if anything is wrong",
  },
] as const;

type Use = CommandUse<typeof monitorOptions>;

export const monitorCommand: Command = defineCommand({
  command: "nymcompute monitor",
  summary:
    "Follows logs of schedulers, and results of compute units: all is checked, and what convicts is kept.",
  options: monitorOptions,
  run: async (use) => {
    const { values } = use;
    if (values.scheduler.length + values.log.length === 0) {
      const fields = { expected: "--scheduler or --log" };
      throw new CliError("ARGUMENT_INVALID", fields, "nymcompute monitor --scheduler URL");
    }
    if (values.compute.length > 0 && values.scheduler.length === 0) {
      const fields = { expected: "--scheduler, whose log names the processes" };
      const next = "nymcompute monitor --scheduler URL --compute URL";
      throw new CliError("ARGUMENT_INVALID", fields, next);
    }
    const verifier = new VerifierPool({ workerCount: 1 });
    const ending = untilSignal();
    try {
      const { logs, results } = await followersOf(use, verifier);
      return await follow(use, { logs, results }, ending.signal);
    } finally {
      ending.release();
      await verifier.close();
    }
  },
});

/** All that is looked at. */
interface Followers {
  readonly logs: readonly Followed[];
  /** Null where no compute unit is named. */
  readonly results: Followed | null;
}

async function followersOf(use: Use, verifier: VerifierPool): Promise<Followers> {
  const { values, terminal } = use;
  const data = resolve(terminal.folder, values.data ?? `${configFolder()}/monitor`);
  const folderOf = (url: string): string => `${data}/${toHex(sha256(utf8Bytes(url))).slice(0, 16)}`;
  const evidenceOf = (url: string): string => `${folderOf(url)}/evidence`;
  const seenByOthers = (origin: string): Promise<readonly Uint8Array[]> =>
    witnessedHeads(values.witness, origin);
  const logs: Followed[] = [];
  const listed: (() => readonly MonitoredProcess[])[] = [];
  for (const url of values.scheduler) {
    const scheduler = schedulerClient(url);
    const source = logSource(scheduler.unit);
    const messages = new MonitoredMessages(scheduler, verifier);
    const store = await MonitorFolder.open(folderOf(url));
    const monitor = await LogMonitor.open({ source, store, messages, seenByOthers });
    logs.push(followedLog(url, evidenceOf(url), monitor));
    listed.push(() =>
      monitor.processes().map(({ process, slots }) => ({
        ...{ process, slots, spawn: () => messages.spawnOf(process) },
        module: (id) => getContent(scheduler.unit, id),
      })),
    );
  }
  for (const text of values.log) {
    const [vkey = "", ...rest] = text.split("@");
    const url = rest.join("@");
    const source = logSource(unitCaller(url));
    const store = await MonitorFolder.open(folderOf(url));
    const monitor = new TreeMonitor({ source, log: parseVkey(vkey), store });
    logs.push(followedLog(url, evidenceOf(url), monitor));
  }
  if (values.compute.length === 0) return { logs, results: null };
  const clients = values.compute.map((url) => computeClient(url));
  const monitor = new ResultMonitor(clients, verifier);
  const results: Followed = {
    ...{ url: values.compute.join(", "), counted: "results", evidence: `${data}/results/evidence` },
    look: async () => {
      const { findings, silent } = await monitor.look(listed.flatMap((list) => list()));
      return { findings, silent: silent.length === 0 ? null : silent.join("; ") };
    },
    size: () => monitor.size,
    origin: () => null,
  };
  return { logs, results };
}

function followedLog(
  url: string,
  evidence: string,
  monitor: Pick<LogMonitor, "look" | "size" | "origin">,
): Followed {
  return {
    ...{ url, counted: "leaves", evidence },
    look: async () => ({ findings: await monitor.look(), silent: null }),
    size: () => monitor.size,
    origin: () => monitor.origin,
  };
}

/** What witnesses have cosigned of a log; one that does not answer is left out. */
async function witnessedHeads(
  witnesses: readonly string[],
  origin: string,
): Promise<readonly Uint8Array[]> {
  const path = `/${toHex(sha256(utf8Bytes(origin)))}/checkpoint`;
  const answers = witnesses.map((url) => {
    const asked = unitCaller(url).call({ method: "GET", path, answerBytesMax: noteBytesMax });
    return nullIfUnknown(asked).catch(() => null);
  });
  return (await Promise.all(answers)).flatMap((answer) => (answer === null ? [] : [answer.body]));
}

async function follow(
  use: Use,
  { logs, results }: Followers,
  signal: AbortSignal,
): Promise<Outcome> {
  const { values, isJson, terminal } = use;
  for (;;) {
    const looked: Look[] = [];
    for (const each of logs) looked.push(await look(each, terminal.note));
    // After the logs, which say what processes there are.
    const compared = results === null ? null : await look(results, terminal.note);
    const looks = compared === null ? looked : [...looked, compared];
    if (values.once || signal.aborted || looks.some(isConvicting)) {
      const failure = failureOf(looks, values.once);
      const text = looks.map(lookText).join("\n");
      const json = { logs: looked, results: compared };
      return { json, text, ...(failure === null ? {} : { failure }) };
    }
    if (!isJson) for (const each of looks) terminal.write(`${lookText(each)}\n`);
    await pause(values.every, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        done();
      },
      { once: true },
    );
  });
}
