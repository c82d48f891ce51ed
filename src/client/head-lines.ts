/**
 * What a receipt shows of heads (spec/15-heads.md §6, §8): that the scheduler has signed one which covers
 * the entry, and who has cosigned it. Cosigners count if the reader named them, or the spawn did.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { type CheckedHead, checkLogReceipt } from "../log/check-log-receipt.ts";
import { timeFarText } from "../log/entry-time.ts";
import { type Cosigner, cosignedAt } from "../log/head.ts";
import { parseVkey, witnessAddress } from "../log/vkey.ts";
import { entryRecord } from "../protocol/entry.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Digest } from "../protocol/ids.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { CheckLines } from "./check-lines.ts";

/** How long a client waits for a head, which follows an entry within 250 ms, … */
export const headWaitMs = 2000;
/** … and for witnesses, who may be slow, or away for a moment. */
export const cosignaturesWaitMs = 20_000;

/** A log's last entry with what is said to cover it. */
export interface CoveredEntry {
  readonly entry: Uint8Array;
  readonly receipt: Uint8Array | null;
  /** Verifier keys of witnesses that the reader knows, one line each. */
  readonly witnesses: readonly string[];
}

/** Whose log it is, and who has to cosign it. */
export interface HeadedLog {
  readonly network: Digest;
  readonly terms: SpawnTerms;
}

/** Writes the lines `head` and `cosignatures`; `log` is null where it is not what it should be. */
export function checkHeads(
  lines: CheckLines,
  { entry, receipt, witnesses }: CoveredEntry,
  log: HeadedLog | null,
): void {
  const head = checkHead(lines, entry, receipt, log);
  if (head !== null && log !== null) {
    checkCosignatures(lines, head, { witnesses, terms: log.terms });
  } else {
    lines.add("cosignatures", receipt === null ? "absent" : "not checked", "no head");
  }
}

function checkHead(
  lines: CheckLines,
  entry: Uint8Array,
  receipt: Uint8Array | null,
  log: HeadedLog | null,
): CheckedHead | null {
  if (receipt === null) {
    lines.add("head", "absent", "no signed head covers the entry");
  } else if (log === null) {
    lines.add("head", "not checked", "the log is invalid");
  } else {
    const { network, terms } = log;
    const owner = { network, scheduler: terms.scheduler };
    return lines.check("head", () => {
      const read = logReceiptRecord.decode(receipt);
      const checked = checkLogReceipt(entry, read, owner);
      const time = new Date(1000 * checked.seconds).toISOString();
      const { size } = checked.signed.head;
      const { timestamp } = entryRecord.decode(entry);
      // A claim against a claim: it is said, and makes nothing invalid.
      const far = timeFarText(timestamp, { before: null, after: checked.seconds });
      const place = `entry ${read.treeIndex} of ${size}, signed ${time}`;
      return [checked, far === null ? place : `${place}; ${far}`];
    });
  }
  return null;
}

function checkCosignatures(
  lines: CheckLines,
  { signed }: CheckedHead,
  { witnesses, terms }: { readonly witnesses: readonly string[]; readonly terms: SpawnTerms },
): void {
  const count = signed.signatures.length - 1;
  if (count < 1) {
    lines.add("cosignatures", "absent", "nobody has cosigned the head");
    return;
  }
  if (witnesses.length === 0) {
    lines.add("cosignatures", "not checked", `${count}, of witnesses that nobody named`);
    return;
  }
  lines.check("cosignatures", () => {
    const known = witnesses.map(parseVkey);
    const named = terms.witness === null ? known : known.filter((one) => isNamed(one, terms));
    const holding = named.filter((one) => cosignedAt(signed, one) !== null);
    const needed = terms.witness?.count ?? named.length;
    const of = `${new Set(holding.map(({ name }) => name)).size} of ${named.length} named`;
    if (holding.length >= needed && holding.length > 0) return [null, of];
    throw new ProtocolError("HEAD_INVALID", { expected: `${needed} cosignatures`, got: of });
  });
}

/** The spawn names this witness. */
function isNamed(witness: Cosigner, { witness: quorum }: SpawnTerms): boolean {
  const address = witnessAddress(witness);
  return quorum?.units.some((unit) => equalBytes(unit, address)) === true;
}
