/**
 * Makes a process, sends it a message, reads what came of it.
 *
 *     nymcompute dev                          in one terminal
 *     node examples/01-send-a-message.mjs     in another
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { connect, createIdentity, idText, systemRandom } from "nymcompute";

const {
  NYMCOMPUTE_MESSENGER: messenger = "http://127.0.0.1:8701",
  NYMCOMPUTE_SCHEDULER: scheduler = "http://127.0.0.1:8702",
  NYMCOMPUTE_COMPUTE: compute = "http://127.0.0.1:8703",
} = process.env;
const network = await connect({ messenger, scheduler, compute });

// A new key each time. Its seed is all there is to keep: `identityFromSeed(seed)` brings it back.
const signer = createIdentity(systemRandom);
console.log(`I am ${idText(signer.address)}`);

const module = await readFile(new URL("../dist/processes/counter.wasm", import.meta.url));
const spawned = await network.spawn(new Uint8Array(module), { signer, wait: "result" });
console.log(`process ${spawned.process}`);

for (let i = 0; i < 2; i++) {
  const { slot, result } = await network.message(spawned.process, {
    signer,
    action: "Increment",
    wait: "result",
  });
  console.log(`slot ${slot}: ${result.exit}, output ${result.output}, ${result.gasUsed} gas`);
}

// A dry run shows what would come of a message, and leaves no trace.
const { output, proof } = await network.dryrun(spawned.process, { action: "Count" });
console.log(`the count is ${output} (${proof.reason})`);
