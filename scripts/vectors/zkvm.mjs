/**
 * The zkVM: hashes of translated programs, the key, statements of slots, and hashes of their proofs,
 * which are the same bytes wherever they are made.
 *
 * @module
 */

import { toHex as hex } from "../../dist/src/base/bytes.js";
import { sha256 } from "../../dist/src/crypto/hash.js";
import { createWasmEngine } from "../../dist/src/stark/kernels/wasm-engine.js";
import { StateKernel } from "../../dist/src/state/kernel.js";
import {
  rowsHash,
  vectorModules,
  vectorPagesMax,
  vectorSlots,
} from "../../dist/src/testing/zkvm-vectors.js";
import { genesisImage } from "../../dist/src/wasm/validate/genesis-image.js";
import { decodeSlotProof } from "../../dist/src/zkvm/encode-evidence.js";
import { createProver, proveSlot } from "../../dist/src/zkvm/prove-slot.js";
import { prepareModule, programOf } from "../../dist/src/zkvm/slot-context.js";
import { statementBytes, stepKey } from "../../dist/src/zkvm/statement.js";

const text = (value) => `${JSON.stringify(value, null, 1)}\n`;

function programs() {
  return Object.entries(vectorModules).map(([name, module]) => {
    const { translated } = prepareModule(module, vectorPagesMax);
    const inbox = new Uint8Array(9);
    const { rows, start, stackLimit } = programOf(translated, { first: true, inbox });
    const own = translated.program.rows.length;
    return {
      ...{ name, module: hex(module), memoryPagesMax: vectorPagesMax, moduleRows: own },
      slot: { first: true, inboxLength: 9, rows: rows.length, start, stackLimit },
      rowsHash: rowsHash(rows),
    };
  });
}

async function slots() {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
  const prover = await createProver(engine, new StateKernel());
  const proven = [];
  for (const { name, module: moduleName, gasLimit, segmentRows, inbox } of vectorSlots) {
    const module = prepareModule(vectorModules[moduleName], vectorPagesMax);
    const limits = { gasLimit, memoryPagesMax: vectorPagesMax };
    const pre = genesisImage(module.translated.validated);
    const input = { module, limits, first: true, pre, inbox };
    const { statement, proof, returned } = await proveSlot(prover, input, { segmentRows });
    proven.push({
      ...{ name, module: moduleName, gasLimit, memoryPagesMax: vectorPagesMax },
      ...{ first: true, inbox: hex(inbox), segmentRows },
      statement: hex(statementBytes(statement)),
      returned: returned === null ? null : hex(returned),
      proof: {
        segments: decodeSlotProof(proof).count,
        bytes: proof.length,
        sha256: hex(sha256(proof)),
      },
    });
  }
  await engine.close();
  return proven;
}

export async function generate() {
  return {
    "zkvm/programs_v1.json": text({ key: hex(stepKey), programs: programs() }),
    "zkvm/slots_v1.json": text(await slots()),
  };
}
