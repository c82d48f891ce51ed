import { expect, test } from "vitest";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { P100 } from "../stark/parameters.ts";
import { proveToy, quickParameters } from "../stark/toys/quick.ts";
import { conjunctionToy, squaresToy } from "../stark/toys/toys.ts";
import { verify } from "../stark/verifier.ts";
import { startProverThread } from "./prover-threads.ts";

const memoryBytes = 2 ** 28;

test("proofs are byte-identical with one, two and three threads, and on every run", async () => {
  const toys = [squaresToy(quickParameters, 13), conjunctionToy(P100, 10)];
  const proofs: Uint8Array[][] = toys.map(() => []);
  for (const count of [0, 0, 1, 1, 2]) {
    const threads = { count, start: startProverThread };
    const engine = await createWasmEngine({ memoryBytes, threads });
    for (const [i, toy] of toys.entries()) {
      const { key, proof } = await engine.scoped(() => proveToy(toy, engine));
      expect(verify(key, toy.statement, proof)).toEqual({ ok: true });
      proofs[i]!.push(proof);
    }
    await engine.close();
  }
  for (const [first, ...others] of proofs) {
    for (const proof of others) expect(Buffer.from(proof).equals(first!)).toBe(true);
  }
});

test("a thread that dies fails its work and whatever comes after, and nothing hangs", async () => {
  let thread: Awaited<ReturnType<typeof startProverThread>> | null = null;
  const engine = await createWasmEngine({
    memoryBytes,
    threads: {
      count: 1,
      start: async (start) => {
        thread = await startProverThread(start);
        return thread;
      },
    },
  });
  await thread!.stop();
  const state = new Uint32Array(8);
  await expect(engine.findNonce(state, 1, 20)).rejects.toThrow("PROVER_THREAD_DIED");
  await engine.close();
});
