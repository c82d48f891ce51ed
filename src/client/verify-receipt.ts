/**
 * Checks a receipt offline (spec/09-http.md §5.2), one line for each thing that speaks for the result.
 * Nothing in the file is believed: what the caller does not name is `not checked`, what is not there is
 * `absent`, and neither is ever called valid. A verdict, never a throw.
 *
 * `attested` says that the units which the spawn names stand behind the result; `step-proven` that from
 * the state before, this message gives this result. Nothing here says that the state before is right:
 * `proven` takes a chain of proofs from slot 0 under a signed head, which no receipt holds yet.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { idText } from "../protocol/ids.ts";
import { type Receipt, receiptRecord } from "../protocol/receipt.ts";
import { type Check, CheckLines } from "./check-lines.ts";
import { checkHeads } from "./head-lines.ts";
import { claimOf } from "./proven-chains.ts";
import {
  type FoundResult,
  moduleOf,
  type Placed,
  placedMessage,
  resultOf,
  spawnOf,
  tipOfLog,
} from "./receipt-parts.ts";
import { checkSlotProof } from "./slot-proof.ts";
import { verifyAttestations } from "./verify-attestations.ts";

/** What a caller may demand. No receipt of this version reaches `proven`. */
export const receiptLevels = ["attested", "step-proven", "proven"] as const;
export type ReceiptLevel = (typeof receiptLevels)[number];

/** What the caller knows, and what it demands. */
export interface ReceiptExpectation {
  /** The message whose receipt was asked for: the line `message` is invalid where it is another's. */
  readonly message?: string | undefined;
  readonly process?: string | undefined;
  readonly network?: string | undefined;
  readonly require?: ReceiptLevel | undefined;
  /** Verifier keys of witnesses, one line each. */
  readonly witnesses?: readonly string[] | undefined;
}

export interface ReceiptVerdict {
  /** Nothing is invalid, and what the caller demands was reached. */
  readonly ok: boolean;
  readonly levels: readonly ReceiptLevel[];
  readonly checks: readonly Check[];
  /** What the file says that it is about; null where it cannot be read. */
  readonly process: string | null;
  readonly slot: number | null;
}

/** The verdict on a receipt's bytes; the clock measures each line, and `heard` is told each as it comes. */
export function verifyReceipt(
  bytes: Uint8Array,
  expected: ReceiptExpectation,
  clock: Pick<Clock, "monotonic"> = systemClock,
  heard: ((check: Check) => void) | null = null,
): ReceiptVerdict {
  const lines = new CheckLines(clock, heard);
  const receipt = lines.check("encoding", () => [receiptRecord.decode(bytes), ""]);
  if (receipt !== null) checkReceipt(lines, receipt, expected);
  const levels: ReceiptLevel[] = [];
  if (lines.isValid("attestation")) levels.push("attested");
  if (lines.isValid("proof")) levels.push("step-proven");
  const isMet = expected.require === undefined || levels.includes(expected.require);
  const ok = isMet && lines.checks.every(({ status }) => status !== "invalid");
  const process = receipt === null ? null : idText(receipt.process);
  return { ok, levels, checks: lines.checks, process, slot: receipt?.slot ?? null };
}

function checkReceipt(lines: CheckLines, receipt: Receipt, expected: ReceiptExpectation): void {
  const spawn = lines.check("spawn", () => spawnOf(receipt));
  const process = idText(receipt.process);
  checkNamed(lines, "process", expected.process, process);
  const network = spawn === null ? null : idText(spawn.message.body.network);
  checkNamed(lines, "network", expected.network, network);
  const tip = spawn === null ? null : lines.check("log", () => tipOfLog(receipt, spawn.envelope));
  const terms = spawn?.message.spawn ?? null;
  const placed =
    spawn === null || tip === null
      ? null
      : lines.check("message", () => {
          const [found, word] = placedMessage(receipt, spawn, tip);
          checkAsked(expected.message, found);
          return [found, word];
        });
  if (placed !== null && claimOf(placed.envelope, terms) !== null) {
    lines.add(
      "sender",
      "absent",
      "the process takes what is proven, and no chain of proofs is here",
    );
  }
  const module = terms === null ? null : lines.check("module", () => moduleOf(receipt, terms));
  const found =
    placed === null || terms === null
      ? null
      : lines.check("result", () => resultOf(receipt, placed, terms));
  const missing = (["log", "message", "module", "result"] as const).filter(
    (name) => !lines.checks.some((line) => line.name === name),
  );
  for (const name of missing) lines.add(name, "not checked", "what comes before it is invalid");
  if (spawn === null || found === null || network === null) {
    for (const name of ["attestation", "proof"]) lines.add(name, "not checked", "no result");
  } else {
    checkAttestations(lines, receipt, { spawn: spawn.envelope.body, network, ...found });
    checkProof(lines, receipt, module === null ? null : found);
  }
  lines.add("earlier slots", "absent", "nothing here proves the state before this slot");
  const { head, entries } = receipt;
  const entry = entries.at(-1) ?? new Uint8Array();
  const covered = { entry, receipt: head, witnesses: expected.witnesses ?? [] };
  const owner = spawn?.message.body ?? null;
  const isWhole = tip !== null && terms !== null && owner !== null;
  checkHeads(lines, covered, isWhole ? { network: owner.network, terms } : null);
}

/** Throws where the receipt is of another message than the one that was asked for. */
function checkAsked(asked: string | undefined, { message }: Placed): void {
  const got = idText(message.id);
  if (asked === undefined || asked === got) return;
  throw new ProtocolError("ENTRY_MESSAGE", { expected: asked, got });
}

function checkNamed(
  lines: CheckLines,
  name: string,
  expected: string | undefined,
  got: string | null,
): void {
  if (got === null) {
    lines.add(name, "not checked", "the spawn is invalid");
    return;
  }
  if (expected === undefined) {
    lines.add(name, "not checked", `${got}, which nobody named`);
    return;
  }
  if (expected === got) {
    lines.add(name, "valid", got);
    return;
  }
  lines.add(name, "invalid", `expected ${expected}, got ${got}`);
}

function checkAttestations(
  lines: CheckLines,
  { process, slot, attestations }: Receipt,
  about: FoundResult & { readonly spawn: Uint8Array; readonly network: string },
): void {
  const { units, count } = about.terms.compute;
  if (units.length === 0) {
    lines.add("attestation", "not checked", "the spawn names no unit");
    return;
  }
  if (attestations.length === 0) {
    lines.add("attestation", "absent", `0 of ${units.length}`);
    return;
  }
  const { network, spawn, evaluation } = about;
  const evaluations = attestations.map((attestation) => ({ ...evaluation, attestation }));
  const place = { network, process: idText(process), slotOrMessage: slot, spawn };
  lines.judge("attestation", () => {
    // One that does not hold must not hide behind others that do.
    const each = evaluations.map((one) => verifyAttestations({ ...place, evaluations: [one] }));
    const wrong = each.find((one) => !one.ok && one.reason !== "EVIDENCE_QUORUM");
    if (wrong !== undefined && !wrong.ok) return ["invalid", wrong.detail];
    const all = verifyAttestations({ ...place, evaluations });
    if (all.ok) return ["valid", `${all.units.length} of ${units.length}`];
    return ["invalid", `${all.detail} (${count} must agree)`];
  });
}

function checkProof(lines: CheckLines, receipt: Receipt, found: FoundResult | null): void {
  const { proof, result, module } = receipt;
  if (proof === null) {
    lines.add("proof", "absent", "no proof of this step");
    return;
  }
  if (found === null) {
    lines.add("proof", "not checked", "the module is invalid");
    return;
  }
  const { terms, inbox, placed } = found;
  lines.check("proof", () => {
    const wrong = checkSlotProof({
      ...{ proof, result, module, terms, inbox },
      body: placed.envelope.body,
    });
    if (wrong !== null) throw new ProtocolError("PROOF_INVALID", { reason: wrong });
    return [null, `this step, ${Math.ceil(proof.length / 1024)} KiB`];
  });
}
