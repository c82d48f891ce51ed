/**
 * Everything that reads bytes from outside, each with valid inputs to begin with and the law that it
 * keeps: refuse with a code, or accept, and where bytes stand for a value, as the same bytes.
 *
 * @module
 */

import { equalBytes, utf8Bytes, utf8Text } from "../../src/base/bytes.ts";
import { CodedError } from "../../src/base/error.ts";
import { decodeKeyText, encodeKeyText } from "../../src/crypto/key-encryption.ts";
import { acceptanceRecord } from "../../src/protocol/acceptance.ts";
import { checkEntry, checkMessage, readMessage } from "../../src/protocol/check.ts";
import { encodeCanonical } from "../../src/protocol/codec.ts";
import { decodeCanonical } from "../../src/protocol/decode.ts";
import { entryRecord, tipOf } from "../../src/protocol/entry.ts";
import {
  bundleRecord,
  envelopeRecord,
  envelopesOf,
  logPageRecord,
} from "../../src/protocol/envelope.ts";
import { checkEvaluation, evaluationRecord } from "../../src/protocol/evaluation.ts";
import { idText, parseId } from "../../src/protocol/ids.ts";
import { judge } from "../../src/protocol/judge.ts";
import { bodyRecord } from "../../src/protocol/message.ts";
import { outputRecord } from "../../src/protocol/output.ts";
import { kindOf } from "../../src/protocol/record.ts";
import { spawnTermsOf } from "../../src/protocol/spawn.ts";
import {
  acceptanceView,
  evaluationView,
  logItemView,
  messageView,
} from "../../src/protocol/view.ts";
import { compileProcessModule } from "../../src/runtime/process-module.ts";
import {
  decodeMultiproof,
  encodeMultiproof,
  verifyMultiproof,
} from "../../src/state/multiproof.ts";
import { decodeModule } from "../../src/wasm/binary/decode.ts";
import type { Chance } from "./chance.ts";
import { mutateBytes, mutateCanonical, mutateJson, mutateText } from "./mutate.ts";
import {
  envelopes,
  logItems,
  network,
  process,
  scheduler,
  spawnBytes,
  terms,
  validRecords,
} from "./valid-records.ts";

/** What an accepted input was read as: its bytes again, or null where it has no second spelling. */
export type Accepted = Uint8Array | null;

/** A verdict that carries a code instead of throwing it. */
export interface Refused {
  readonly code: string;
}

/** See the module comment. */
export interface Reader {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** The structure-aware mutation of a seed. */
  readonly mutate: (chance: Chance, seed: Uint8Array) => Uint8Array;
  readonly read: (bytes: Uint8Array) => Accepted | Refused | Promise<Accepted | Refused>;
}

/** JSON that is none is refused before any reader of ours sees it. */
const notJson: Refused = { code: "REQUEST_INVALID" };

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return notJson;
  }
}

const codecReader: Reader = {
  name: "canonical value",
  seeds: validRecords.map(({ bytes }) => bytes),
  mutate: mutateCanonical,
  read: (bytes) => encodeCanonical(decodeCanonical(bytes)),
};

const recordReaders: readonly Reader[] = validRecords.map(({ record, bytes }) => ({
  name: `${record.name} bytes`,
  seeds: [bytes],
  mutate: mutateCanonical,
  read: (input) => {
    const value = record.decode(input);
    const again = record.fromJson(JSON.parse(JSON.stringify(record.toJson(value))));
    if (!equalBytes(record.encode(again), input)) throw new Error("JSON says something else");
    if (kindOf(input) !== record.kind) throw new Error(`kind ${kindOf(input)}`);
    return record.encode(value);
  },
}));

const jsonReaders: readonly Reader[] = validRecords.map(({ record, json }) => ({
  name: `${record.name} JSON`,
  seeds: [utf8Bytes(JSON.stringify(json))],
  mutate: (chance) => new TextEncoder().encode(JSON.stringify(mutateJson(chance, json))),
  read: (input) => {
    const value = jsonOf(input);
    if (value === notJson) return notJson;
    const bytes = record.encode(record.fromJson(value));
    if (!equalBytes(record.encode(record.decode(bytes)), bytes)) throw new Error("reads otherwise");
    return null;
  },
}));

const context = { network, process, scheduler, terms: null, tip: null, seen: () => false };

const checkReaders: readonly Reader[] = [
  {
    name: "message of an envelope",
    seeds: envelopes.map(envelopeRecord.encode),
    mutate: mutateEnvelope,
    read: (bytes) => {
      const envelope = envelopeRecord.decode(bytes);
      const { spawn } = readMessage(envelope, network);
      checkMessage(envelope, network, spawn === null ? terms : null);
      messageView(envelope.body, envelope.data);
      return null;
    },
  },
  {
    name: "members of a bundle",
    seeds: validRecords.filter(({ record }) => record.name === "bundle").map(({ bytes }) => bytes),
    mutate: mutateCanonical,
    read: (bytes) => {
      for (const envelope of envelopesOf(bundleRecord.decode(bytes))) {
        readMessage(envelope, network);
        checkMessage(envelope, network, terms);
      }
      return null;
    },
  },
  {
    name: "terms of a spawn",
    seeds: [spawnBytes],
    mutate: mutateCanonical,
    read: (bytes) => {
      spawnTermsOf(bodyRecord.decode(bytes));
      return null;
    },
  },
  {
    name: "page of a log",
    seeds: [logPageRecord.encode({ process, items: logItems, next: 2 })],
    mutate: mutateCanonical,
    read: (bytes) => {
      const [first, second] = logPageRecord.decode(bytes).items;
      if (first === undefined) return null;
      logItemView(first);
      checkEntry(first, context);
      const tip = tipOf(entryRecord.decode(first.entry), first.entry);
      if (second !== undefined) checkEntry(second, { ...context, terms, tip });
      return null;
    },
  },
  {
    name: "evaluation",
    seeds: seedsOf("evaluation"),
    mutate: mutateCanonical,
    read: (bytes) => {
      const evaluation = evaluationRecord.decode(bytes);
      checkEvaluation(evaluation);
      evaluationView(evaluation);
      return null;
    },
  },
  {
    name: "view of an acceptance",
    seeds: seedsOf("acceptance"),
    mutate: mutateCanonical,
    read: (bytes) => {
      acceptanceView(acceptanceRecord.decode(bytes));
      return null;
    },
  },
  {
    name: "returned bytes of a process",
    seeds: seedsOf("output"),
    mutate: mutateCanonical,
    read: (returned) => {
      const parent = bodyRecord.decode(envelopes[0]?.body ?? new Uint8Array(0));
      const source = { process, slot: 1, terms, parent };
      const verdict = judge({ ok: true, gasUsed: 100, returned }, source);
      if (verdict.output !== null) return outputRecord.encode(verdict.output);
      if (verdict.diagnostic.text.length > 4096) throw new Error("a diagnostic that is not served");
      return { code: "JUDGED_FAILED" };
    },
  },
];

function seedsOf(name: string): readonly Uint8Array[] {
  return validRecords.filter(({ record }) => record.name === name).map(({ bytes }) => bytes);
}

/** Mutates the records inside an envelope too, so that its inner parts stay canonical. */
function mutateEnvelope(chance: Chance, seed: Uint8Array): Uint8Array {
  const envelope = envelopeRecord.decode(seed);
  switch (chance.below(4)) {
    case 0:
      return mutateCanonical(chance, seed);
    case 1: {
      const body = mutateCanonical(chance, envelope.body).slice(0, 60_000);
      return envelopeRecord.encode({ ...envelope, body });
    }
    case 2: {
      const authorisation = mutateCanonical(chance, envelope.authorisation).slice(0, 190_000);
      return envelopeRecord.encode({ ...envelope, authorisation });
    }
    default: {
      const other = chance.pick(envelopes);
      return envelopeRecord.encode({ ...envelope, authorisation: other.authorisation });
    }
  }
}

const textReaders = async (): Promise<readonly Reader[]> => [
  {
    name: "id",
    seeds: [process, scheduler].map((id) => utf8Bytes(idText(id))),
    mutate: mutateTextBytes,
    read: (bytes) => {
      const text = utf8Text(bytes);
      return text === null ? notJson : utf8Bytes(idText(parseId(text)));
    },
  },
  {
    name: "key text",
    seeds: [utf8Bytes(await encodeKeyText(process, null))],
    mutate: mutateTextBytes,
    read: async (bytes) => {
      const text = utf8Text(bytes);
      if (text === null) return notJson;
      const seed = await decodeKeyText(text, "a passphrase that opens nothing");
      return utf8Bytes(await encodeKeyText(seed, null));
    },
  },
];

function mutateTextBytes(chance: Chance, seed: Uint8Array): Uint8Array {
  return new TextEncoder().encode(mutateText(chance, new TextDecoder().decode(seed)));
}

const multiproofSeed = encodeMultiproof({
  indices: Uint32Array.of(0, 1, 5),
  chunks: new Uint8Array(96),
  siblings: new Uint8Array(32 * 23),
});

const multiproofReader: Reader = {
  name: "multiproof",
  seeds: [multiproofSeed],
  mutate: (chance, seed) => mutateBytes(chance, seed, seed),
  read: (bytes) => {
    const decoded = decodeMultiproof(bytes);
    if (!decoded.ok) return { code: decoded.reason };
    const { proof } = decoded;
    const verdict = verifyMultiproof(proof, process);
    // No chunks of chance lead to a root that was chosen before.
    return verdict.ok ? encodeMultiproof(proof) : { code: verdict.reason };
  },
};

/** A module is decoded, checked, instrumented and handed to the engine, which must take it. */
export function moduleReader(seeds: readonly Uint8Array[]): Reader {
  return {
    name: "module",
    seeds,
    mutate: (chance, seed) => mutateBytes(chance, seed, chance.pick(seeds)),
    read: (bytes) => {
      decodeModule(bytes);
      compileProcessModule(bytes);
      return null;
    },
  };
}

/** Every reader but that of modules, whose seeds take a compiler. */
export async function allReaders(): Promise<readonly Reader[]> {
  const texts = await textReaders();
  return [
    codecReader,
    ...recordReaders,
    ...jsonReaders,
    ...checkReaders,
    ...texts,
    multiproofReader,
  ];
}

/** True for an error that a caller may see: a code, in a text of bounded length. */
export function isRefusal(error: unknown): error is CodedError {
  return error instanceof CodedError && error.message.length < 4096;
}
