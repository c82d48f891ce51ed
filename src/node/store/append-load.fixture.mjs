/**
 * A scheduler's store under load, for the tests that kill it or fill its disk: appends to three
 * processes without end, and prints a line for every acknowledged append. It runs from the source
 * tree on the built stores, as Node cannot run TypeScript.
 *
 * Arguments: the folder, and the first message number of this round.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { openStores } from "../../../dist/src/node/store/open.js";

const [dir, first] = process.argv.slice(2);
const { log } = await openStores({ dir, role: "scheduler" });
const sha256 = (text) => new Uint8Array(createHash("sha256").update(text).digest());

function request(processId, message, slot) {
  return {
    process: processId,
    expectedSlot: slot,
    epoch: 0,
    timestamp: slot,
    messageId: sha256(message),
    entry: new TextEncoder().encode(`${message} at ${slot}`),
    entryHash: sha256(`${message} at ${slot}`),
    body: new TextEncoder().encode(message.repeat(200)),
    authorisation: new TextEncoder().encode(`authorisation ${message}`),
    authorisationHash: sha256(`authorisation ${message}`),
    data: null,
    dataHash: null,
  };
}

async function load(name) {
  const processId = sha256(name);
  for (let number = Number(first); ; number++) {
    const message = `${name} ${number}`;
    const slot = (await log.head(processId))?.next ?? 0;
    const [outcome] = await log.append([request(processId, message, slot)]);
    // A pipe's writes are synchronous here: the line is out before the next append begins.
    process.stdout.write(`${name},${message},${outcome.kind},${outcome.slot}\n`);
  }
}

try {
  await Promise.all(["p", "q", "r"].map(load));
} catch (error) {
  process.stdout.write(`error,${error.code},${error.indeterminate},${error.name}\n`);
}
