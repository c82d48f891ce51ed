/**
 * Token transfers evaluated a second: ours through the runtime, AO's module through AO's loader, in
 * turn. Before anything is timed, both engines evaluate the same transfers and must send the same
 * notices.
 *
 * @module
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { openStores } from "../../dist/src/node/store/open.js";
import { idText } from "../../dist/src/protocol/ids.js";
import { memoryPageBytes } from "../../dist/src/protocol/limits.js";
import { outputRecord } from "../../dist/src/protocol/output.js";
import { evaluateRun } from "../../dist/src/runtime/evaluate.js";
import { Process } from "../../dist/src/runtime/process.js";
import { ProcessInstance } from "../../dist/src/runtime/process-instance.js";
import { compileProcessModule } from "../../dist/src/runtime/process-module.js";
import { StateKernel } from "../../dist/src/state/kernel.js";
import { compared, interleaved } from "../statistics.mjs";
import { InputMaker, idOf, processId, spawnTerms, take, transfers } from "../token-transfers.mjs";

/** Results of one process stored in one transaction, as in the compute unit. */
const resultsPerPut = 16;
/** Processes evaluated side by side: while the rows of one reach the disk, the next evaluates. */
const storedProcesses = 8;
const answerMs = 60_000;
const gasLimit = spawnTerms.gasLimit;
const memoryPagesMax = spawnTerms.memoryLimit / memoryPageBytes;
const tokenFile = new URL("../../dist/processes/token.wasm", import.meta.url);

/** The smallest module with a 64-bit memory: a new engine takes it without a flag. */
const memory64Module = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 4, 1);

/** AO's module in a process of its own. */
class AosPeer {
  #child;
  #failed;

  static async start() {
    const peer = new AosPeer();
    const isKnown = WebAssembly.validate(memory64Module);
    peer.#child = fork(new URL("../peers/aos.mjs", import.meta.url), {
      execArgv: isKnown ? [] : ["--experimental-wasm-memory64"],
    });
    peer.#failed = once(peer.#child, "exit").then(([code]) => {
      throw new Error(`peers/aos.mjs ended with ${code}`);
    });
    // That it ends when it is stopped is no failure; nobody listens then.
    peer.#failed.catch(() => undefined);
    await peer.#answer();
    return peer;
  }

  async evaluate(mode, list) {
    this.#child.send({ mode, transfers: list });
    return this.#answer();
  }

  stop() {
    this.#child.kill();
  }

  async #answer() {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), answerMs);
    try {
      const answered = once(this.#child, "message", { signal: limit.signal });
      const [answer] = await Promise.race([answered, this.#failed]);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Evaluation and commit alone: no root, no judge, nothing stored. */
class BareToken {
  #instance;
  #maker = new InputMaker(processId);

  constructor(module, kernel) {
    this.#instance = new ProcessInstance({ module, memoryPagesMax, kernel });
    for (const input of this.#maker.opening()) this.#evaluate(input);
  }

  /** Returned bytes and milliseconds. */
  run(list) {
    const inputs = list.map((transfer) => this.#maker.transfer(transfer));
    const start = performance.now();
    const returned = inputs.map((input) => this.#evaluate(input));
    return { ms: performance.now() - start, returned };
  }

  #evaluate({ inbox, slot }) {
    const outcome = this.#instance.evaluate({ inbox, gasLimit, first: slot === 0 });
    if (!outcome.ok) throw new Error(`slot ${slot}: ${outcome.diagnostic.text}`);
    this.#instance.commit();
    return outcome.returned;
  }
}

/** A result's whole way but its signature: judge, state root, durable row. */
class StoredToken {
  #id;
  #hot;
  #results;
  #maker;

  constructor({ id, module, kernel, results }) {
    this.#id = id;
    const process = Process.genesis({ module, memoryPagesMax, kernel });
    this.#hot = { process, next: 0, root: process.root() };
    this.#results = results;
    this.#maker = new InputMaker(id);
  }

  opening() {
    return this.#maker.opening();
  }

  inputs(list) {
    return list.map((transfer) => this.#maker.transfer(transfer));
  }

  /** In order, and each batch durable before the next: so does the compute unit with a process. */
  async evaluate(inputs) {
    for (let at = 0; at < inputs.length; at += resultsPerPut) {
      await this.#results.put(this.#rows(inputs.slice(at, at + resultsPerPut)));
    }
  }

  /** What a job of the compute unit's worker does: sixteen results, their roots computed together. */
  #rows(inputs) {
    const job = { inputs, mayGoOn: () => true };
    const outputs = evaluateRun(this.#hot, idText(this.#id), spawnTerms, job);
    return outputs.map((output, i) => this.#row(inputs[i], output));
  }

  #row(input, { result, output, diagnostic }) {
    if (output === null) throw new Error(`slot ${input.slot}: ${diagnostic?.text}`);
    const { slot, messageId, entryHash } = input;
    const diagnostics = new Uint8Array(0);
    const attestation = null;
    const key = { process: this.#id, slot, messageId, entryHash };
    return { ...key, result, output, diagnostics, attestation };
  }
}

/** Several processes of one unit on one thread. */
class StoredTokens {
  #tokens;

  static async open(module, kernel, stores) {
    const tokens = new StoredTokens();
    tokens.#tokens = Array.from({ length: storedProcesses }, (_, number) => {
      const id = idOf(2_000_000 + number);
      return new StoredToken({ id, module, kernel, results: stores.results });
    });
    await Promise.all(tokens.#tokens.map((token) => token.evaluate(token.opening())));
    return tokens;
  }

  async run(list) {
    const share = Math.ceil(list.length / storedProcesses);
    const work = this.#tokens.map((token, number) => ({
      token,
      inputs: token.inputs(list.slice(number * share, (number + 1) * share)),
    }));
    const start = performance.now();
    await Promise.all(work.map(({ token, inputs }) => token.evaluate(inputs)));
    return { ms: performance.now() - start };
  }
}

function noticesOf(returned) {
  return outputRecord.decode(returned).messages.map(({ target, tags }) => {
    const tag = (name) => tags.find((each) => each.name === name)?.value ?? null;
    return { target: idText(target), action: tag("Action"), quantity: tag("Quantity") };
  });
}

/** Both engines must say the same, or they are not doing the same work. */
async function checkAgreement(bare, peer, list) {
  const ours = bare.run(list).returned.flatMap(noticesOf);
  const { notices } = await peer.evaluate("copied", list);
  if (!isDeepStrictEqual(ours, notices)) {
    throw new Error(`the engines differ: ${JSON.stringify({ ours, notices }).slice(0, 1000)}`);
  }
}

/** Rows of the report. */
export async function runEvaluation({ isQuick }) {
  const counts = isQuick
    ? { rounds: 3, bare: 2000, stored: 1000, copied: 6, kept: 100, warm: 300 }
    : { rounds: 7, bare: 8000, stored: 4000, copied: 15, kept: 400, warm: 1000 };
  const folder = mkdtempSync(join(tmpdir(), "nymcompute-bench-"));
  const stores = await openStores({ dir: folder, role: "compute" });
  const peer = await AosPeer.start();
  try {
    const kernel = new StateKernel();
    const module = compileProcessModule(readFileSync(tokenFile));
    const bare = new BareToken(module, kernel);
    const stored = await StoredTokens.open(module, kernel, stores);
    const source = transfers();
    await checkAgreement(bare, peer, take(source, 10));
    await peer.evaluate("kept", take(source, counts.warm));
    bare.run(take(source, counts.bare));
    await stored.run(take(source, counts.stored));
    const rate = (count, run) => async () => {
      const { ms } = await run(take(source, count));
      return (count * 1000) / ms;
    };
    const figures = await interleaved(
      {
        bare: rate(counts.bare, (list) => bare.run(list)),
        copied: rate(counts.copied, (list) => peer.evaluate("copied", list)),
        stored: rate(counts.stored, (list) => stored.run(list)),
        kept: rate(counts.kept, (list) => peer.evaluate("kept", list)),
      },
      counts.rounds,
    );
    return rowsOf(figures);
  } finally {
    peer.stop();
    await stores.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf({ bare, stored, copied, kept }) {
  const unit = "transfers/s";
  const better = "more";
  return [
    compared({
      id: "evaluate",
      label: "token transfers evaluated",
      peerLabel: "aos module, memory in and out",
      ...{ ours: bare, peer: copied, unit, better, goal: { ratioMin: 1000 } },
    }),
    compared({
      id: "evaluate-stored",
      label: "… each with state root and durable result",
      peerLabel: "aos module, memory in and out",
      ...{ ours: stored, peer: copied, unit, better, goal: { ratioMin: 200 } },
    }),
    compared({
      id: "evaluate-kept",
      label: "token transfers evaluated",
      peerLabel: "aos module, memory kept",
      ...{ ours: bare, peer: kept, unit, better, goal: null },
    }),
    compared({
      id: "evaluate-stored-kept",
      label: "… each with state root and durable result",
      peerLabel: "aos module, memory kept",
      ...{ ours: stored, peer: kept, unit, better, goal: null },
    }),
  ];
}
