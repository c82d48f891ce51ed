/**
 * One engine's part of the determinism campaign, a worker: the same log of a token and of a process that
 * misbehaves, each evaluated once without a break, and once more from a checkpoint at a random slot, as a
 * compute unit does both. Says what came of them in digests.
 *
 * @module
 */
import { createHash, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);

const { EvaluationWork } = await built("compute-unit/evaluation-work.js");
const { composeBody } = await built("src/client/compose.js");
const { contentIdOf, idText } = await built("src/protocol/ids.js");
const { inboxRecord } = await built("src/protocol/inbox.js");
const { bodyRecord, ownerKinds } = await built("src/protocol/message.js");
const { exits, resultRecord } = await built("src/protocol/result.js");
const { StateKernel } = await built("src/state/kernel.js");
const { deedData, deeds, hostileModule, quietData } = await built("src/testing/hostile-process.js");

const { count, seed } = workerData;
const kernel = new StateKernel();
const network = new Uint8Array(32).fill(5);
const scheduler = new Uint8Array(32).fill(6);

/** The same numbers for the same seed (xorshift32). */
const numbersOf = (start) => {
  let state = start | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
};

const addressOf = (number) => new Uint8Array(createHash("sha256").update(`${number}`).digest());
const accounts = Array.from({ length: 500 }, (_, number) => addressOf(number));

/** What the owner of account 0 and others ask a token for; some of it is refused. */
function tokenDraft(number) {
  const kind = number(20);
  const recipient = idText(accounts[number(accounts.length)]);
  const tags = (all) => Object.entries(all).map(([name, value]) => ({ name, value }));
  if (kind === 0) return { tags: tags({ Action: "No-Such-Action" }) };
  if (kind === 1) return { tags: tags({ Action: "Balance", Target: recipient }) };
  if (kind === 2) return { tags: tags({ Action: "Info" }) };
  const quantity = kind === 3 ? 10 ** 15 : 1 + number(50);
  return { tags: tags({ Action: "Transfer", Recipient: recipient, Quantity: `${quantity}` }) };
}

const violent = ["loopForever", "divideForever", "recurseForever", "growForever", "pointNowhere"];
violent.push("sendMillion", "logGigabyte", "trap");

function hostileDraft(number) {
  if (number(4) > 0) return { data: quietData() };
  if (number(6) === 0) {
    // Grows to a size of its own and writes all over it, once in a while.
    return { data: deedData(deeds.writeEverywhere, Uint8Array.of(number(3), 0)) };
  }
  return { data: deedData(deeds[violent[number(violent.length)]]) };
}

const logs = [
  {
    name: "token",
    module: readFileSync(new URL("../../dist/processes/token.wasm", import.meta.url)),
    spawn: [{ name: "Initial-Supply", value: "1000000000" }],
    draft: tokenDraft,
    owner: (number) => (number(3) === 0 ? accounts[number(accounts.length)] : accounts[0]),
  },
  {
    name: "hostile",
    module: await hostileModule,
    // A loop that takes all its gas is most of the time here.
    spawn: [{ name: "Gas-Limit", value: "1000000" }],
    draft: hostileDraft,
    owner: () => accounts[0],
  },
];

/** The body and inbox of every slot; slot 0 is the spawn. */
function inputsOf({ module, spawn, draft, owner }) {
  const number = numbersOf(seed);
  const named = { Module: idText(contentIdOf(module)), Scheduler: idText(scheduler) };
  const spawnTags = Object.entries(named).map(([name, value]) => ({ name, value }));
  let process = null;
  return Array.from({ length: count }, (_, slot) => {
    const context = { network, owner: { address: slot === 0 ? accounts[0] : owner(number) } };
    const asked = slot === 0 ? { tags: [...spawnTags, ...spawn] } : draft(number);
    const anchor = addressOf(`anchor ${slot}`).subarray(0, 16);
    const composed = composeBody({ target: process, notAfter: 0, anchor, ...asked }, context);
    process ??= composed.id;
    const { id: messageId, body, data } = composed;
    const { tags, depth, owner: sender } = bodyRecord.decode(body);
    if (sender.kind !== ownerKinds.key) throw new Error("an owner is a key here");
    const timestamp = 1_700_000_000_000 + slot;
    const place = { rules: 1, network, process, slot, timestamp, messageId };
    const inbox = inboxRecord.encode({
      ...place,
      ...{ sender, source: null, anchor, depth, tags, data },
    });
    return { slot, inbox, body, entryHash: addressOf(`entry ${slot}`), messageId };
  });
}

const inputsInJob = 16;

/** Evaluates inputs, hands over each output, and answers the checkpoint after slot `at`. */
function evaluate(work, process, spawn, inputs, { at = -1, take }) {
  let saved = null;
  for (let from = 0; from < inputs.length; from += inputsInJob) {
    const some = inputs.slice(from, from + inputsInJob);
    const job = { kind: "evaluate", process, spawn, inputs: some, module: null };
    // The checkpoint is of the last slot of a job, so a job ends where one is wanted.
    const cut = some.findIndex(({ slot }) => slot === at) + 1;
    const parts = cut === 0 ? [some] : [some.slice(0, cut), some.slice(cut)];
    for (const part of parts.filter(({ length }) => length > 0)) {
      const checkpoint = part.at(-1).slot === at;
      const answer = work.answer({ ...job, inputs: part, checkpoint });
      if (answer.kind !== "evaluated") throw new Error(answer.kind);
      for (const output of answer.outputs) take(output);
      if (answer.checkpoint !== null) saved = answer.checkpoint;
    }
  }
  return saved;
}

/** A full checkpoint as the store gives it back. */
function savedState({ slot, root, pageCount, globals, indices, pages }) {
  const memory = new Uint8Array(pageCount * 65_536);
  indices.forEach((index, k) => {
    memory.set(pages.subarray(k * 4096, (k + 1) * 4096), index * 4096);
  });
  return { slot, root, pageCount, globals, memory };
}

/** What came of a log: a digest of all results (roots, outputs' hashes, gas, exits) and outputs. */
class Outcome {
  #hash = createHash("sha256");
  #gas = 0;
  #failed = 0;
  #root = null;

  take({ result, output }) {
    const { gasUsed, exit, postRoot } = resultRecord.decode(result);
    this.#hash.update(result).update(output ?? "");
    this.#gas += gasUsed;
    if (exit === exits.failed) this.#failed++;
    this.#root = postRoot;
  }

  end() {
    const root = Buffer.from(this.#root).toString("hex");
    return { digest: this.#hash.digest("hex"), gas: this.#gas, failed: this.#failed, root };
  }
}

function run(log) {
  const { name, module } = log;
  const inputs = inputsOf(log);
  const process = idText(inputs[0].messageId);
  const spawn = inputs[0].body;
  const load = { kind: "load", process, spawn, module };
  // Each engine breaks off at a place of its own.
  const at = 1 + randomInt(count - 2);
  const [whole, warmRest, restoredRest] = [new Outcome(), new Outcome(), new Outcome()];
  const warm = new EvaluationWork({ kernel });
  warm.answer({ ...load, saved: null, deltasFollow: false });
  const delta = evaluate(warm, process, spawn, inputs, {
    at,
    take: (output) => {
      whole.take(output);
      if (output.slot > at) warmRest.take(output);
    },
  });
  const restored = new EvaluationWork({ kernel });
  const loaded = restored.answer({ ...load, saved: savedState(delta), deltasFollow: false });
  if (loaded.kind !== "loaded") throw new Error(`${name}: ${loaded.kind}`);
  evaluate(restored, process, spawn, inputs.slice(at + 1), {
    take: (output) => restoredRest.take(output),
  });
  const [rest, again] = [warmRest.end(), restoredRest.end()];
  return { name, ...whole.end(), restoredAfter: at, restoredEqual: rest.digest === again.digest };
}

parentPort.postMessage(logs.map(run));
