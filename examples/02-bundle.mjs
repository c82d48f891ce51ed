/**
 * Many messages under one signature: a signature is 3.3 KB and takes milliseconds to make, a message's
 * share of a bundle is 0.3 KB.
 *
 *     nymcompute dev                 in one terminal
 *     node examples/02-bundle.mjs    in another
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import {
  composeBundle,
  connect,
  createIdentity,
  idText,
  parseId,
  systemClock,
  systemRandom,
} from "nymcompute";

const {
  NYMCOMPUTE_MESSENGER: messenger = "http://127.0.0.1:8701",
  NYMCOMPUTE_SCHEDULER: scheduler = "http://127.0.0.1:8702",
  NYMCOMPUTE_COMPUTE: compute = "http://127.0.0.1:8703",
} = process.env;
const network = await connect({ messenger, scheduler, compute });
const signer = createIdentity(systemRandom);

const module = await readFile(new URL("../dist/processes/counter.wasm", import.meta.url));
const { process: counter } = await network.spawn(new Uint8Array(module), { signer });

const count = 100;
const drafts = Array.from({ length: count }, () => ({
  target: parseId(counter),
  tags: [{ name: "Action", value: "Increment" }],
}));
const bundle = composeBundle(drafts, {
  network: parseId(network.network),
  owner: signer,
  clock: systemClock,
  random: systemRandom,
});

// Each message of a bundle has an answer of its own, in the order of the bundle; one that is refused
// touches no other. Slots are given in any order.
const answers = await network.messenger.submitBundle(bundle);
const refused = answers.filter(({ error }) => error !== null);
console.log(`${answers.length - refused.length} of ${count} have a slot`);

// Sent once more, they keep their slots: a message is what it says, and is there once.
const again = await network.messenger.submitBundle(bundle);
const moved = again.filter(({ slot }, i) => slot !== answers[i].slot);
console.log(`${moved.length} moved when sent again`);

const last = answers.reduce((left, right) => (right.slot > left.slot ? right : left));
const result = await network.result(counter, idText(last.id));
console.log(`after slot ${last.slot} the counter says ${result.output}`);
