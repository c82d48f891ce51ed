/**
 * Believes nobody: takes a result from a compute unit and checks who stands behind it. All that has to
 * be known for sure is the process's id. It names the spawn, and that names the units that count.
 *
 *     nymcompute dev                         in one terminal
 *     node examples/03-check-a-result.mjs    in another
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import {
  connect,
  createIdentity,
  evaluationView,
  parseId,
  systemRandom,
  verifyAttestations,
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
const { id } = await network.message(counter, { signer, action: "Increment", wait: "result" });

// The bytes: the spawn from anyone, and one evaluation from each compute unit.
const { body: spawn } = await network.schedulers[0].spawnOf(parseId(counter));
const evaluations = await Promise.all(
  network.computes.map((unit) =>
    unit.evaluation(parseId(counter), parseId(id), { timeoutMs: 30_000 }),
  ),
);

const known = { network: network.network, process: counter, slotOrMessage: id };
const verdict = verifyAttestations({ ...known, spawn, evaluations });
if (!verdict.ok) throw new Error(`not attested: ${verdict.reason}`);
const { units, quorum } = verdict;
console.log(`output ${evaluationView(evaluations[0]).output}, attested by`);
for (const unit of units) console.log(`  ${unit}`);
console.log(`${units.length} of the ${quorum} that the spawn demands`);

// One flipped bit anywhere, and there is a reason instead.
const [first] = evaluations;
const changed = first.result.with(-1, first.result.at(-1) ^ 1);
const forged = verifyAttestations({
  ...known,
  spawn,
  evaluations: [{ ...first, result: changed }],
});
console.log(`a changed result: ${forged.ok ? "attested" : forged.reason}`);
