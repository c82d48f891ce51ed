/**
 * The same token transfers for every engine: 500 accounts that pay each other small amounts, in an
 * order that a fixed generator gives. For ours they become evaluation inputs, as a compute unit makes
 * them from a log.
 *
 * @module
 */

import { idText } from "../dist/src/protocol/ids.js";
import { inboxRecord } from "../dist/src/protocol/inbox.js";
import { budgetDefault, rulesVersion } from "../dist/src/protocol/limits.js";
import { bodyRecord, dataForms, ownerKinds } from "../dist/src/protocol/message.js";
import { reservedTags, spawnTermsOf } from "../dist/src/protocol/spawn.js";

export const accountCount = 500;
/** What each account has to begin with: more than it can ever pay here. */
export const openingBalance = 1_000_000_000;
const ownerNumber = 1_000_000;

/** An id all of whose bytes depend on `number`. */
export function idOf(number) {
  const id = new Uint8Array(32);
  for (let i = 0; i < 32; i++) id[i] = (number * (2 * i + 1) + i * 37 + (number >> 8)) & 255;
  new DataView(id.buffer).setUint32(12, number);
  return id;
}

export const addressOf = (number) => idText(idOf(number));
export const owner = idOf(ownerNumber);
export const processId = idOf(2_000_000);

/** An endless row of transfers `{ from, to, quantity }`; accounts by number. */
export function* transfers() {
  let seed = 99;
  for (;;) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const from = (seed >>> 8) % accountCount;
    const to = (from + 1 + ((seed >>> 18) % (accountCount - 1))) % accountCount;
    yield { from, to, quantity: 1 + (seed & 7) };
  }
}

/** The next `count` values of a generator. */
export function take(source, count) {
  return Array.from({ length: count }, () => source.next().value);
}

const network = idOf(3_000_000);

function bodyFields(from, target, tags) {
  return {
    network,
    owner: { kind: ownerKinds.key, id: from },
    target,
    anchor: new Uint8Array(16),
    notAfter: 0,
    depth: 0,
    budget: budgetDefault,
    tags,
    dataForm: dataForms.plain,
    dataHash: null,
    dataSize: 0,
  };
}

const spawnBody = bodyFields(owner, null, [
  { name: reservedTags.module, value: addressOf(4_000_000) },
  { name: reservedTags.scheduler, value: addressOf(5_000_000) },
  { name: "Denomination", value: "0" },
  { name: "Supply", value: String(accountCount * openingBalance) },
]);

/** The terms of the token process. */
export const spawnTerms = spawnTermsOf(spawnBody);

/** Makes the inputs of a process's consecutive slots; slot 0 is the spawn. */
export class InputMaker {
  #process;
  #slot = 0;

  constructor(process) {
    this.#process = process;
  }

  /** The spawn, and a transfer that opens each account. */
  opening() {
    const accounts = Array.from({ length: accountCount }, (_, to) => to);
    return [
      this.#input(spawnBody),
      ...accounts.map((to) => this.#transfer(owner, { to, quantity: openingBalance })),
    ];
  }

  transfer({ from, to, quantity }) {
    return this.#transfer(idOf(from), { to, quantity });
  }

  #transfer(from, { to, quantity }) {
    const tags = [
      { name: "Action", value: "Transfer" },
      { name: "Recipient", value: addressOf(to) },
      { name: "Quantity", value: String(quantity) },
    ];
    return this.#input(bodyFields(from, this.#process, tags));
  }

  #input(body) {
    const slot = this.#slot++;
    const messageId = idOf(6_000_000 + slot);
    const inbox = inboxRecord.encode({
      rules: rulesVersion,
      network,
      process: this.#process,
      slot,
      timestamp: 1_700_000_000_000 + slot,
      messageId,
      sender: body.owner,
      source: null,
      anchor: body.anchor,
      depth: 0,
      tags: body.tags,
      data: null,
    });
    const entryHash = idOf(7_000_000 + slot);
    return { slot, inbox, body: bodyRecord.encode(body), entryHash, messageId };
  }
}
