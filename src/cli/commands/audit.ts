/**
 * `nymcompute audit`: fetches a process's log and every proof from slot 0 on, and checks all of it here.
 *
 * @module
 */

import { resolve } from "node:path";
import { type AuditProgress, auditProcess } from "../../client/audit.ts";
import { type AuditSource, networkSource } from "../../client/audit-source.ts";
import type { AuditVerdict } from "../../client/audit-verdict.ts";
import { VerifierPool } from "../../node/verifier-pool/verifier-pool.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { type Digest, idText, parseId } from "../../protocol/ids.ts";
import { bodyRecord } from "../../protocol/message.ts";
import { readAuditCache, writeAuditCache } from "../audit-cache.ts";
import { folderSource, savedSource } from "../audit-folder.ts";
import { checkLinesText } from "../check-lines-text.ts";
import { CliError } from "../cli-error.ts";
import { type Command, type CommandUse, defineCommand } from "../command.ts";
import { type NetworkValues, openNetwork } from "../open-network.ts";
import { argumentAt, networkOptions, timeoutOption } from "../options.ts";
import { holdAgainstSeen, type ReceivedEntry } from "../seen-receipts.ts";

/** How long proofs are waited for where nothing else is said. */
const proofTimeoutMs = 10 * 60 * 1000;
const barWidth = 20;
const missingShownMax = 20;

const auditOptions = [
  {
    name: "to",
    kind: "number",
    min: 0,
    env: null,
    placeholder: "SLOT",
    help: "the last slot; by default the newest",
  },
  {
    name: "wait",
    kind: "string",
    default: "none",
    env: null,
    choices: ["none", "assignment", "result", "proof"],
    help: "`proof` waits for proofs that are queued or being made; the others do not wait",
  },
  {
    name: "from-scratch",
    kind: "boolean",
    default: false,
    env: null,
    help: "believe nothing that an earlier audit on this machine verified",
  },
  {
    name: "save",
    kind: "string",
    env: null,
    placeholder: "DIR",
    help: "write everything that is fetched into a folder; audits from scratch",
  },
  {
    name: "offline",
    kind: "string",
    env: null,
    placeholder: "DIR",
    help: "check such a folder, and ask nobody",
  },
  timeoutOption,
  ...networkOptions,
] as const;

type Use = CommandUse<typeof auditOptions>;

export const auditCommand: Command = defineCommand({
  command: "nymcompute audit",
  summary:
    "Checks a process from slot 0 on: its log, and a proof of every step. What it verified it remembers.",
  arguments: [{ name: "PROCESS", help: "the process's id" }],
  options: auditOptions,
  run: async (use) => {
    const { values, arguments: given, sources, terminal } = use;
    const process = parseId(argumentAt(given, 0), "process");
    const { network, source } = await openSource(use, process);
    const subject = { network, process };
    // What stands in a folder was fetched before: it is checked as it stands, and nothing kept.
    const isKept = values.offline === undefined;
    const isFresh = values["from-scratch"] || values.save !== undefined || !isKept;
    const cache = isFresh ? { slots: [], isRefused: false } : await readAuditCache(subject);
    if (cache.isRefused) {
      terminal.note("what an earlier audit kept is not believed: its seal is not this machine's");
    }
    const isPatient = values.wait === "proof";
    const timeoutMs = sources["timeout"] === "default" ? proofTimeoutMs : values.timeout;
    const verifier = new VerifierPool({ workerCount: 1 });
    const evidence: string[] = [];
    const watched = watchedSource(source, async (received) => {
      const urls = isKept ? values.scheduler : [];
      evidence.push(...(await holdAgainstSeen(received, urls, terminal)));
    });
    try {
      const verdict = await auditProcess({
        ...{ network, process, source: watched, verifier, known: cache.slots },
        ...(values.to === undefined ? {} : { to: values.to }),
        waitMs: isPatient ? timeoutMs : 0,
        onProgress: (progress) => terminal.progress(progressText(progress, values.to)),
        ...(isKept ? { onKept: (slots) => writeAuditCache(subject, slots) } : {}),
      });
      const failure = failureOf(verdict);
      return {
        json: { ...verdict, process: idText(process), network: idText(network), evidence },
        text: verdictText(verdict),
        ...(failure === null ? {} : { failure }),
      };
    } finally {
      await verifier.close();
    }
  },
});

async function openSource(
  { values, terminal }: Use,
  process: Digest,
): Promise<{ readonly network: Digest; readonly source: AuditSource }> {
  const { save, offline } = values;
  if (save !== undefined && offline !== undefined) {
    const fields = { expected: "--save or --offline", got: "both" };
    throw new CliError("ARGUMENT_INVALID", fields, "leave one of them out");
  }
  if (offline !== undefined) {
    const source = folderSource(resolve(terminal.folder, offline), process);
    return { network: await networkOf(source, values, offline), source };
  }
  const connection = await openNetwork(values, terminal.folder);
  const source = await networkSource(connection, process);
  return {
    network: parseId(connection.network, "network"),
    source: save === undefined ? source : await savedSource(source, resolve(terminal.folder, save)),
  };
}

/** Whoever audits sees receipts: each is held against what was seen before. */
function watchedSource(
  source: AuditSource,
  take: (received: ReceivedEntry) => Promise<void>,
): AuditSource {
  return {
    ...source,
    receipt: async (slot) => {
      const receipt = await source.receipt(slot);
      const [item] = receipt === null ? [] : (await source.log(slot, 1)).items;
      if (receipt !== null && item !== undefined) await take({ entry: item.entry, receipt });
      return receipt;
    },
  };
}

/** The network that is named, else the one that the spawn says: its id hangs on it. */
async function networkOf(
  source: AuditSource,
  values: NetworkValues,
  folder: string,
): Promise<Digest> {
  if (values.network !== undefined) return parseId(values.network, "network");
  const [spawn] = (await source.log(0, 1)).items;
  if (spawn !== undefined) return bodyRecord.decode(spawn.body).network;
  const next = "make it with nymcompute audit PROCESS --save DIR";
  throw new CliError("FILE_MISSING", { file: `${folder}/0.entry` }, next);
}

function progressText({ slot, next, verified }: AuditProgress, to: number | undefined): string {
  const last = Math.max(slot, Math.min(next - 1, to ?? next - 1));
  const filled = Math.floor((barWidth * (slot + 1)) / (last + 1));
  const bar = `${"#".repeat(filled)}${".".repeat(barWidth - filled)}`;
  return `[${bar}] slot ${slot} of ${last}, ${verified} proofs verified …`;
}

function verdictText(verdict: AuditVerdict): string {
  const { checks, slots, provenTo, missing, verified, shown, level } = verdict;
  const lines = [...checkLinesText(checks)];
  for (const { from, to, state, reason } of missing.slice(0, missingShownMax)) {
    const place = from === to ? `slot ${from}` : `slots ${from} to ${to}`;
    lines.push(`missing: ${place}, ${state}${reason === null ? "" : ` (${reason})`}`);
  }
  if (missing.length > missingShownMax) {
    lines.push(`missing: ${missing.length - missingShownMax} more (--json has all)`);
  }
  lines.push(`${verified} proofs verified now, ${shown - verified} remembered`);
  if (level === "proven") lines.push(`level: proven, slots 0 to ${slots - 1}`);
  else if (provenTo === null) lines.push("level: none");
  else lines.push(`level: none for slot ${slots - 1}; proven up to slot ${provenTo}`);
  return lines.join("\n");
}

function failureOf({ ok, checks, missing, provenTo, slots }: AuditVerdict): CliError | null {
  if (ok) return null;
  const invalid = checks.filter(({ status }) => status === "invalid").map(({ name }) => name);
  if (invalid.length > 0) {
    const next = "do not believe these units; --save DIR keeps what they answered";
    return new CliError("AUDIT_INVALID", { invalid: invalid.join(", ") }, next);
  }
  if (slots === 0) throw new ProtocolError("SLOT_UNKNOWN", { slot: 0 });
  const [first] = missing;
  const fields = { slots, provenTo, missing: first?.from ?? null, state: first?.state ?? null };
  const isComing = missing.some(({ state }) => state === "queued" || state === "proving");
  const next = isComing ? "wait for them: --wait proof" : "nobody has these proofs";
  return new CliError("AUDIT_INCOMPLETE", fields, next);
}
