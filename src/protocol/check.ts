/**
 * What everyone checks (spec/04-messages.md §7, spec/05-log.md §2): messenger, scheduler, compute unit,
 * replay and verifier share these pure functions. They answer the signatures that must hold besides;
 * only when those hold is the message, or the entry, good.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { signatureClaimOf } from "./authorisation.ts";
import { type ChainTip, checkChain, type Entry, entryRecord, tipOf } from "./entry.ts";
import type { Envelope, LogItem } from "./envelope.ts";
import { ProtocolError } from "./errors.ts";
import { authorisationHashOf, type Digest, dataHashOf, idText, messageIdOf } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { depthMax, messageGasMin } from "./limits.ts";
import { type Body, bodyRecord, ownerKinds } from "./message.ts";
import { checkProvenance, type IsProven, nothingProven } from "./provenance.ts";
import { kindOf } from "./record.ts";
import { refuseReservedTags, type SpawnTerms, spawnTermsOf } from "./spawn.ts";

/** A message that is good if its claims hold. */
export interface CheckedMessage {
  readonly id: Digest;
  readonly body: Body;
  readonly data: Uint8Array | null;
  /** The process that it goes to: its target, or for a spawn its own id. */
  readonly process: Digest;
  /** The terms that a spawn fixes; null for a message. */
  readonly spawn: SpawnTerms | null;
  /** The terms of the sender where that is a process. */
  readonly source: SpawnTerms | null;
  readonly claims: readonly SignatureClaim[];
}

/** The parts of a message that cost nothing to check: what admission looks at before any signature. */
export interface ReadMessage {
  readonly id: Digest;
  readonly body: Body;
  readonly process: Digest;
  readonly spawn: SpawnTerms | null;
}

/**
 * Reads an envelope and checks all that needs no signature and no target: sizes, encoding, network,
 * data, reserved tags, depth and budget. Throws a `ProtocolError`.
 *
 * @param id the hash of the body, where it was made before
 */
export function readMessage(
  envelope: Envelope,
  network: Digest,
  id: Digest = messageIdOf(envelope.body),
): ReadMessage {
  const body = bodyRecord.decode(envelope.body);
  if (!equalBytes(body.network, network)) {
    throw new ProtocolError("NETWORK_MISMATCH", {
      expected: idText(network),
      got: idText(body.network),
    });
  }
  checkData(body, envelope.data);
  checkBudget(body);
  if (body.target !== null) {
    refuseReservedTags(body.tags);
    return { id, body, process: body.target, spawn: null };
  }
  return { id, body, process: id, spawn: spawnTermsOf(body) };
}

function checkData(body: Body, data: Uint8Array | null): void {
  const size = data === null ? 0 : data.length;
  if (body.dataSize !== size || !isDataOf(body, data)) {
    throw new ProtocolError("DATA_MISMATCH", {
      expected:
        body.dataHash === null ? "no data" : `${idText(body.dataHash)}, ${body.dataSize} bytes`,
      got: data === null ? "no data" : `${idText(dataHashOf(data))}, ${size} bytes`,
    });
  }
}

function isDataOf(body: Body, data: Uint8Array | null): boolean {
  if (data === null || body.dataHash === null) return data === body.dataHash;
  return equalBytes(dataHashOf(data), body.dataHash);
}

function checkBudget(body: Body): void {
  const signed = body.owner.kind === ownerKinds.key;
  const deepest = signed ? 0 : depthMax;
  if (body.depth > deepest) {
    throw new ProtocolError("DEPTH_EXCEEDED", { expected: `at most ${deepest}`, got: body.depth });
  }
  if (body.budget < messageGasMin) {
    throw new ProtocolError("BUDGET_EXHAUSTED", {
      expected: `at least ${messageGasMin}`,
      got: body.budget,
    });
  }
}

/**
 * Checks a message for the process that it goes to. `target` is that process's terms; a spawn is held
 * against its own. `isProven` answers for what the caller has verified itself; a caller that has
 * verified nothing refuses whatever must be proven. Throws a `ProtocolError`; the claims returned
 * must hold as well.
 */
export function checkMessage(
  envelope: Envelope,
  network: Digest,
  target: SpawnTerms | null,
  isProven: IsProven = nothingProven,
): CheckedMessage {
  return checkRead(readMessage(envelope, network), envelope, target, isProven);
}

/** As `checkMessage`, for an envelope that `readMessage` has read: neither read nor hashed again. */
export function checkRead(
  read: ReadMessage,
  envelope: Envelope,
  target: SpawnTerms | null,
  isProven: IsProven = nothingProven,
): CheckedMessage {
  const { id, body } = read;
  const common = { ...read, data: envelope.data };
  const kind = kindOf(envelope.authorisation);
  const bySignature = kind === kinds.signature || kind === kinds.bundleMember;
  if (body.owner.kind === ownerKinds.key && bySignature) {
    const { network, owner } = body;
    const claim = signatureClaimOf(envelope.authorisation, kind, { network, owner, id });
    return { ...common, source: null, claims: [claim] };
  }
  if (body.owner.kind === ownerKinds.process && kind === kinds.provenance) {
    const message = { body, bodyBytes: envelope.body };
    const terms = read.spawn ?? target;
    const { source, claims } = checkProvenance(envelope.authorisation, message, terms, isProven);
    return { ...common, source, claims };
  }
  throw new ProtocolError("AUTHORISATION_KIND", {
    expected: body.owner.kind === ownerKinds.key ? "a signature" : "a provenance",
    got: kind === null ? "no record" : `kind ${kind}`,
  });
}

/** An entry of a process's log that is good if its claims hold. */
export interface CheckedEntry {
  readonly entry: Entry;
  readonly tip: ChainTip;
  readonly message: CheckedMessage;
  /** The terms of the process whose log this is. */
  readonly terms: SpawnTerms;
}

/** What a log's reader knows before the next entry. */
export interface LogContext {
  readonly network: Digest;
  readonly process: Digest;
  /** The scheduler whose log is read: the only one that counts is the one the spawn names. */
  readonly scheduler: Digest;
  /** Null before slot 0. */
  readonly terms: SpawnTerms | null;
  readonly tip: ChainTip | null;
  /** True if an earlier entry of this process holds the message. */
  readonly seen: (messageId: Digest) => boolean;
  /** What the reader has verified of senders' chains; absent: nothing. */
  readonly isProven?: IsProven;
}

/**
 * Checks the next entry of a process's log with all it commits to. The log ends before the first
 * faulty entry. Throws a `ProtocolError`: `UNAVAILABLE` where the bytes beside the entry are not those
 * that it names, which is no fault of the log; every other code is one.
 */
export function checkEntry(item: LogItem, log: LogContext): CheckedEntry {
  const entry = entryRecord.decode(item.entry);
  checkChain(entry, log.process, log.tip);
  const message = messageOf(item, entry, log);
  checkPlacement(entry, message, log);
  const { slot } = entry;
  const terms = log.terms ?? message.spawn;
  if (terms === null || !equalBytes(terms.scheduler, log.scheduler)) {
    throw new ProtocolError("SCHEDULER_MISMATCH", {
      slot,
      expected: terms === null ? "a spawn" : idText(terms.scheduler),
      got: idText(log.scheduler),
    });
  }
  return { entry, tip: tipOf(entry, item.entry), message, terms };
}

/** The message that an entry names, checked. */
function messageOf(item: LogItem, entry: Entry, log: LogContext): CheckedMessage {
  const { slot } = entry;
  const named = (field: string, expected: Digest, got: Digest | null): void => {
    if (got !== null && equalBytes(expected, got)) return;
    const found = got === null ? "nothing" : idText(got);
    throw new ProtocolError("UNAVAILABLE", { slot, field, expected: idText(expected), got: found });
  };
  named("authorisation", entry.authorisationHash, authorisationHashOf(item.authorisation));
  named("body", entry.messageId, messageIdOf(item.body));
  try {
    return checkMessage(item, log.network, log.terms, log.isProven);
  } catch (error) {
    // That the sender is proven is shown by bytes beside the log: without them it is not known.
    if (error instanceof ProtocolError && error.code === "EVIDENCE_LEVEL") {
      throw new ProtocolError("UNAVAILABLE", { ...error.fields, entry: slot }, { cause: error });
    }
    // Whether it is the body that cannot be, or other data that came with it, is asked only here:
    // hashing data twice for every entry would double what a log costs to read.
    if (error instanceof ProtocolError && error.code === "DATA_MISMATCH") {
      const { dataHash, dataSize } = bodyRecord.decode(item.body);
      if (dataHash !== null) named("data", dataHash, item.data && dataHashOf(item.data));
      else if (dataSize === 0)
        throw new ProtocolError("UNAVAILABLE", { slot, expected: "no data" });
    }
    throw error;
  }
}

function checkPlacement(entry: Entry, message: CheckedMessage, log: LogContext): void {
  const { slot } = entry;
  // A spawn is its own process's slot 0 and nothing else ever is: both follow from the process id.
  if (!equalBytes(message.process, log.process) || (message.spawn !== null) !== (slot === 0)) {
    throw new ProtocolError("ENTRY_MESSAGE", {
      slot,
      expected: `a message to ${idText(log.process)}`,
      got: `one to ${idText(message.process)}`,
    });
  }
  if (log.seen(message.id)) {
    throw new ProtocolError("ENTRY_REPEATED", { slot, message: idText(message.id) });
  }
  checkNotAfter(message.body, entry.timestamp);
}

/** A message is not taken after the time that its sender set (`EXPIRED`). */
export function checkNotAfter(body: Body, timestamp: number): void {
  if (body.notAfter !== 0 && timestamp > body.notAfter) {
    throw new ProtocolError("EXPIRED", { expected: body.notAfter, got: timestamp });
  }
}
