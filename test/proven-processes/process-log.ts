/**
 * The log of one process with everything that its proofs and receipts take: signed messages, chained
 * entries, and for each slot the state before it, the inbox of its entry, and the result that a compute
 * unit's evaluator and judge come to.
 *
 * @module
 */

import { systemClock } from "../../src/base/clock.ts";
import { entryHashOf, entryRecord } from "../../src/protocol/entry.ts";
import { type Envelope, envelopeRecord } from "../../src/protocol/envelope.ts";
import { authorisationHashOf, contentIdOf, idText } from "../../src/protocol/ids.ts";
import { memoryPageBytes } from "../../src/protocol/limits.ts";
import type { Tag } from "../../src/protocol/message.ts";
import { type Receipt, receiptRecord } from "../../src/protocol/receipt.ts";
import { type SpawnTerms, termsOfSpawn } from "../../src/protocol/spawn.ts";
import { evaluateNext, type HotProcess } from "../../src/runtime/evaluate.ts";
import {
  type CheckedItem,
  type EvaluationInput,
  type EvaluationOutput,
  inputOf,
} from "../../src/runtime/evaluation-input.ts";
import { Process } from "../../src/runtime/process.ts";
import { compileProcessModule } from "../../src/runtime/process-module.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { idOf, type SlotImage } from "../../src/testing/process-slots.ts";
import { type Composed, TestSender, testIdentity } from "../../src/testing/sender.ts";
import type { SlotLimits } from "../../src/zkvm/statement.ts";

/** A message as workloads write it: who of a few senders says what. */
export interface Said {
  readonly from?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly data?: string | Uint8Array;
}

/** What the process's spawn fixes. */
export interface LogTerms {
  readonly gasLimit: number;
  readonly memoryPagesMax: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** One evaluated slot. */
export interface EvaluatedSlot {
  readonly slot: number;
  readonly said: Said;
  readonly input: EvaluationInput;
  readonly evaluated: EvaluationOutput;
  /** The state before it. */
  readonly pre: SlotImage;
}

const network = idOf(201);
const firstTimestamp = 1_700_000_000_000;

const senders = new Map<number, TestSender>();

/** A sender whose key depends on the number. */
export function senderOf(number: number): TestSender {
  const known = senders.get(number);
  if (known !== undefined) return known;
  const identity = testIdentity(number + 1);
  const sender = new TestSender({ identity, network, clock: systemClock });
  senders.set(number, sender);
  return sender;
}

const kernel = new StateKernel();

/** See the module comment. */
export class ProcessLog {
  readonly module: Uint8Array;
  readonly terms: SpawnTerms;
  readonly limits: SlotLimits;
  readonly #spawn: Composed;
  readonly #hot: HotProcess;
  readonly #items: CheckedItem[] = [];

  constructor(module: Uint8Array, { gasLimit, memoryPagesMax, tags = {} }: LogTerms) {
    this.module = module;
    const limits = {
      "Gas-Limit": String(gasLimit),
      "Memory-Limit": String(memoryPagesMax * memoryPageBytes),
    };
    const units = { module: contentIdOf(module), scheduler: idOf(301) };
    this.#spawn = senderOf(0).spawn({ ...units, tags: tagsOf({ ...limits, ...tags }) });
    this.terms = termsOfSpawn(this.#spawn.body);
    this.limits = { gasLimit, memoryPagesMax };
    const compiled = compileProcessModule(module);
    const process = Process.genesis({ module: compiled, memoryPagesMax, kernel });
    this.#hot = { process, next: 0, root: process.root() };
  }

  /** The state root after the last slot. */
  get root(): Uint8Array {
    return this.#hot.root;
  }

  /** The spawn message in slot 0. */
  spawn(): EvaluatedSlot {
    return this.#place(this.#spawn, this.#spawn.id, { tags: {} });
  }

  /** A message in the next slot. */
  append(said: Said): EvaluatedSlot {
    const anchor = new Uint8Array(8);
    new DataView(anchor.buffer).setUint32(4, this.#items.length);
    const { id, ...envelope } = senderOf(said.from ?? 0).compose({
      target: this.#spawn.id,
      tags: tagsOf(said.tags),
      anchor,
      ...(said.data === undefined ? {} : { data: said.data }),
    });
    return this.#place(envelope, id, said);
  }

  #place(envelope: Envelope, messageId: Uint8Array, said: Said): EvaluatedSlot {
    const slot = this.#items.length;
    const { body, authorisation, data } = envelope;
    const entry = entryRecord.encode({
      process: this.#spawn.id,
      slot,
      messageId,
      authorisationHash: authorisationHashOf(authorisation),
      timestamp: firstTimestamp + slot,
      epoch: 0,
      previous: this.#items.at(-1)?.entryHash ?? null,
    });
    const entryHash = entryHashOf(entry);
    const item = { entry, body, authorisation, data, slot, entryHash, messageId };
    this.#items.push(item);
    const input = inputOf(item, this.terms);
    const { memory, globals } = this.#hot.process;
    const pre = { memory: memory.slice(), globals: globals.slice() };
    const process = idText(this.#spawn.id);
    const evaluated = evaluateNext(this.#hot, process, this.terms, input);
    return { slot, said, input, evaluated, pre };
  }

  /** The receipt of a slot, with its proof. */
  receipt({ slot, evaluated }: EvaluatedSlot, proof: Uint8Array | null): Receipt {
    const item = this.#items[slot];
    if (item === undefined) throw new Error(`no slot ${slot}`);
    const { body, authorisation, data } = item;
    return {
      process: this.#spawn.id,
      slot,
      spawn: envelopeRecord.encode(this.#spawn),
      message: slot === 0 ? null : envelopeRecord.encode({ body, authorisation, data }),
      entries: this.#items.slice(0, slot + 1).map(({ entry }) => entry),
      module: this.module,
      result: evaluated.result,
      output: evaluated.output,
      attestations: [],
      proof,
      head: null,
    };
  }
}

/** The bytes of a receipt. */
export function receiptBytes(receipt: Receipt): Uint8Array {
  return receiptRecord.encode(receipt);
}

function tagsOf(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([name, value]) => ({ name, value }));
}
