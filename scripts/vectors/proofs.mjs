/**
 * Golden proofs: one of each toy system, by the default profile. Proving is deterministic, so these
 * are vectors for the prover as well as for the verifier.
 *
 * @module
 */

import { createWasmEngine } from "../../dist/src/stark/kernels/wasm-engine.js";
import { P100 } from "../../dist/src/stark/parameters.js";
import { goldenText } from "../../dist/src/stark/toys/golden.js";
import { proveToy } from "../../dist/src/stark/toys/quick.js";
import { conjunctionToy, fibonacciToy, squaresToy } from "../../dist/src/stark/toys/toys.js";

export async function generate() {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
  const files = {};
  const toys = {
    fibonacci: fibonacciToy(P100, 8),
    conjunction: conjunctionToy(P100, 6),
    squares: squaresToy(P100, 7),
  };
  for (const [name, toy] of Object.entries(toys)) {
    const { key, proof } = await engine.scoped(() => proveToy(toy, engine));
    const { statement } = toy;
    const text = goldenText({ toy: name, parameters: P100, key, statement, proof });
    files[`proofs/${name}_v1.json`] = text;
  }
  await engine.close();
  return files;
}
