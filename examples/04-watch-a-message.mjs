/**
 * Watches the life of a message: accepted, given a slot, evaluated, and what it caused brought on its
 * way. The counter answers its sender; no scheduler serves a person, so that answer waits at the
 * messenger to be read.
 *
 *     nymcompute dev                          in one terminal
 *     node examples/04-watch-a-message.mjs    in another
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { connect, createIdentity, systemRandom } from "nymcompute";

const {
  NYMCOMPUTE_MESSENGER: messenger = "http://127.0.0.1:8701",
  NYMCOMPUTE_SCHEDULER: scheduler = "http://127.0.0.1:8702",
  NYMCOMPUTE_COMPUTE: compute = "http://127.0.0.1:8703",
} = process.env;
const network = await connect({ messenger, scheduler, compute });
const signer = createIdentity(systemRandom);

const module = await readFile(new URL("../dist/processes/counter.wasm", import.meta.url));
const { process: counter } = await network.spawn(new Uint8Array(module), { signer });
const { id } = await network.message(counter, { signer, action: "Increment" });

// The stream ends by itself when nothing more can come; the signal is for the case that it does not.
const limit = AbortSignal.timeout(30_000);
for await (const event of network.subscribe(id, limit)) {
  const { kind, slot, exit } = event;
  console.log([kind, slot === undefined ? "" : `slot ${slot}`, exit ?? ""].join(" ").trimEnd());
  if (kind === "pushed") break;
}

const answers = await network.messenger.addressed(signer.address);
for (const { from, data } of answers) {
  console.log(`${from === counter ? "the counter" : from} says ${data}`);
}
