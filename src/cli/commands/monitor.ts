/**
 * `nymcompute monitor`: follows schedulers' logs, and other logs in the formats of C2SP, and keeps what
 * convicts their keepers.
 *
 * @module
 */

import { resolve } from "node:path";
import { toHex, utf8Bytes } from "../../base/bytes.ts";
import { type Finding, LogMonitor } from "../../client/log-monitor.ts";
import { logSource } from "../../client/log-source.ts";
import { MonitoredMessages } from "../../client/monitored-messages.ts";
import { nullIfUnknown, schedulerClient } from "../../client/scheduler-client.ts";
import { TreeMonitor } from "../../client/tree-monitor.ts";
import { unitCaller } from "../../client/unit-call.ts";
import { sha256 } from "../../crypto/hash.ts";
import { parseVkey } from "../../log/vkey.ts";
import { keepEvidence, keptEvidence } from "../../node/evidence-folder.ts";
import { VerifierPool } from "../../node/verifier-pool/verifier-pool.ts";
import { noteBytesMax } from "../../protocol/limits.ts";
import { CliError } from "../cli-error.ts";
import { type Command, type CommandUse, defineCommand, type Outcome } from "../command.ts";
import { MonitorFolder } from "../monitor-folder.ts";
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

/** What one look at a log came to. */
interface Look {
  readonly url: string;
  readonly origin: string | null;
  /** Leaves that were read. */
  readonly size: number;
  readonly findings: readonly KeptFinding[];
  /** Why the log could not be looked at; null where it could. */
  readonly silent: string | null;
}

interface KeptFinding extends Omit<Finding, "file"> {
  /** Where the evidence lies. */
  readonly evidence: string | null;
}

interface Follower {
  readonly url: string;
  /** Where evidence against its keeper lies. */
  readonly evidence: string;
  readonly monitor: Pick<LogMonitor, "look" | "size" | "origin">;
}

export const monitorCommand: Command = defineCommand({
  command: "nymcompute monitor",
  summary:
    "Follows logs of schedulers: every head, entry and message is checked, and what convicts is kept.",
  options: monitorOptions,
  run: async (use) => {
    const { values } = use;
    if (values.scheduler.length + values.log.length === 0) {
      const fields = { expected: "--scheduler or --log" };
      throw new CliError("ARGUMENT_INVALID", fields, "nymcompute monitor --scheduler URL");
    }
    const verifier = new VerifierPool({ workerCount: 1 });
    const ending = untilSignal();
    try {
      const followers = await followersOf(use, verifier);
      return await follow(use, followers, ending.signal);
    } finally {
      ending.release();
      await verifier.close();
    }
  },
});

async function followersOf(use: Use, verifier: VerifierPool): Promise<readonly Follower[]> {
  const { values, terminal } = use;
  const data = resolve(terminal.folder, values.data ?? `${configFolder()}/monitor`);
  const folderOf = (url: string): string => `${data}/${toHex(sha256(utf8Bytes(url))).slice(0, 16)}`;
  const evidenceOf = (url: string): string => `${folderOf(url)}/evidence`;
  const seenByOthers = (origin: string): Promise<readonly Uint8Array[]> =>
    witnessedHeads(values.witness, origin);
  const followers: Follower[] = [];
  for (const url of values.scheduler) {
    const source = logSource(unitCaller(url));
    const messages = new MonitoredMessages(schedulerClient(url), verifier);
    const store = await MonitorFolder.open(folderOf(url));
    const monitor = await LogMonitor.open({ source, store, messages, seenByOthers });
    followers.push({ url, evidence: evidenceOf(url), monitor });
  }
  for (const text of values.log) {
    const [vkey = "", ...rest] = text.split("@");
    const url = rest.join("@");
    const source = logSource(unitCaller(url));
    const store = await MonitorFolder.open(folderOf(url));
    const monitor = new TreeMonitor({ source, log: parseVkey(vkey), store });
    followers.push({ url, evidence: evidenceOf(url), monitor });
  }
  return followers;
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
  followers: readonly Follower[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { values, isJson, terminal } = use;
  for (;;) {
    const looks: Look[] = [];
    for (const follower of followers) looks.push(await look(follower, terminal.note));
    const convicting = looks.flatMap(({ findings }) => findings).filter(isConvicting);
    const isOver = values.once || convicting.length > 0 || signal.aborted;
    if (isOver) {
      const failure = failureOf(looks, convicting, values.once);
      const text = looks.map(lookText).join("\n");
      return { json: { logs: looks }, text, ...(failure === null ? {} : { failure }) };
    }
    if (!isJson) for (const each of looks) terminal.write(`${lookText(each)}\n`);
    await pause(values.every, signal);
  }
}

/** What was found now, and what convicts since an earlier look. */
async function look(
  { url, monitor, evidence: folder }: Follower,
  note: (line: string) => void,
): Promise<Look> {
  const findings: KeptFinding[] = [];
  const known = await keptEvidence(folder);
  let silent: string | null = null;
  try {
    for (const { code, detail, file } of await monitor.look()) {
      const evidence = file === null ? null : await keepEvidence({ code, file }, folder);
      if (evidence !== null) note(`${code}: ${detail}; evidence: ${evidence}`);
      findings.push({ code, detail, evidence });
    }
  } catch (error) {
    silent = error instanceof Error ? error.message : String(error);
  }
  for (const [evidence, code] of known) {
    const isNew = findings.every((one) => one.evidence !== evidence);
    if (isNew) findings.push({ code, detail: "found by an earlier look", evidence });
  }
  return { url, origin: monitor.origin, size: monitor.size, findings, silent };
}

function isConvicting({ evidence }: KeptFinding): boolean {
  return evidence !== null;
}

function failureOf(
  looks: readonly Look[],
  convicting: readonly KeptFinding[],
  isOnce: boolean,
): CliError | null {
  const [first] = convicting;
  if (first !== undefined) {
    const fields = { lies: convicting.map(({ code }) => code).join(", "), file: first.evidence };
    return new CliError(
      "EVIDENCE_MET",
      fields,
      `show it to others: nymcompute verify ${first.evidence}`,
    );
  }
  const wrong = looks.filter(({ findings, silent }) => findings.length > 0 || silent !== null);
  if (!isOnce || wrong.length === 0) return null;
  const found = wrong.flatMap(({ findings, silent, url }) =>
    silent === null ? findings.map(({ code }) => code) : [`${url}: ${silent}`],
  );
  const next = "look again later, and ask its keeper: nothing here convicts";
  return new CliError("CHECKS_FAILED", { found: [...new Set(found)].join(", ") }, next);
}

function lookText({ url, size, findings, silent }: Look): string {
  const state = silent ?? (findings.length === 0 ? "good" : `${findings.length} findings`);
  const lines = findings.map(({ code, detail, evidence }) =>
    evidence === null ? `  ${code}: ${detail}` : `  ${code}: ${detail}\n  evidence: ${evidence}`,
  );
  return [`${url}: ${size} leaves, ${state}`, ...lines].join("\n");
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
