import type { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { u64be } from "../../base/bytes.ts";
import { type Identity, identityFromSeed } from "../../crypto/identity.ts";
import { referenceVerifier, type SignatureClaim } from "../../crypto/signature.ts";
import { VerifierPool, type VerifierPoolOptions } from "./verifier-pool.ts";

const tag = "nymcompute/message-signature/v1";
const identity = identityFromSeed(new Uint8Array(32).fill(8));
const claims = Array.from({ length: 40 }, (_, index) => claimOf(identity, index));

function claimOf(signer: Identity, index: number): SignatureClaim {
  const payload = u64be(index);
  const { algorithm, publicKey } = signer;
  return { algorithm, publicKey, tag, payload, signature: signer.sign(tag, payload) };
}

function spoilt(claim: SignatureClaim, byte: number): SignatureClaim {
  const signature = claim.signature.slice();
  signature[byte] = (signature[byte] ?? 0) ^ 1;
  return { ...claim, signature };
}

const pools: VerifierPool[] = [];

/** Without an own thread where a test says nothing: what most of them look at are the workers. */
function newPool(options: VerifierPoolOptions = {}): VerifierPool {
  const pool = new VerifierPool({ ownThreadClaimsMax: 0, ...options });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** Valid claims with every kind of fault between them. */
const mixed: readonly SignatureClaim[] = claims.slice(0, 24).flatMap((claim, index) => {
  const faults: SignatureClaim[] = [
    spoilt(claim, index * 130),
    spoilt(claim, 3308),
    { ...claim, payload: u64be(index + 1) },
    { ...claim, tag: "nymcompute/bundle/v1" },
    { ...claim, algorithm: 2 },
    { ...claim, signature: claim.signature.subarray(1) },
    { ...claim, publicKey: new Uint8Array(1953) },
    { ...claim, publicKey: new Uint8Array() },
  ];
  return [claim, faults[index % faults.length] as SignatureClaim];
});

test("gives the reference's verdicts in order, whichever implementation its workers use", async () => {
  const expected = await referenceVerifier.verify(mixed);
  expect(expected).toEqual(mixed.map((_, index) => index % 2 === 0));
  for (const implementation of ["auto", "wasm", "reference"] as const) {
    const pool = newPool({ implementation });
    expect(await pool.verify(mixed), implementation).toEqual(expected);
    expect(await pool.verify([])).toEqual([]);
    const { accepted, rejected, disagreements, implementation: used } = pool.status();
    expect([accepted, rejected, disagreements]).toEqual([24, 24, 0]);
    if (implementation !== "auto") expect(used).toBe(implementation);
    else expect(used).not.toBe("reference");
  }
});

test("verdicts of many callers at once go to the callers that asked", async () => {
  const pool = newPool();
  const calls = claims.map((claim, index) =>
    pool.verify(index % 3 === 0 ? [spoilt(claim, 5), claim] : [claim]),
  );
  for (const [index, verdicts] of (await Promise.all(calls)).entries()) {
    expect(verdicts, `call ${index}`).toEqual(index % 3 === 0 ? [false, true] : [true]);
  }
});

test("accepts a few at once on its own thread, and has workers decide the rest", async () => {
  const pool = newPool({ workerCount: 1, ownThreadClaimsMax: 2, ownThreadLaterMax: 1 });
  // While the own thread's implementation is loading, workers verify everything.
  let isLoaded = false;
  for (const claim of claims.slice(3)) {
    const verdict = pool.verify([claim]);
    isLoaded = pool.status().waitingClaims === 0;
    expect(await verdict).toEqual([true]);
    if (isLoaded) break;
    await new Promise((turned) => setTimeout(turned, 20));
  }
  expect(isLoaded).toBe(true);
  await new Promise((turned) => setImmediate(turned));
  const before = pool.status().accepted;
  const verdicts = pool.verify([claims[0]!, spoilt(claims[1]!, 9), claims[1]!, claims[2]!]);
  expect(pool.status()).toMatchObject({ accepted: before + 1, waitingClaims: 2 });
  expect(await verdicts).toEqual([true, false, true, true]);
  expect(pool.status()).toMatchObject({ accepted: before + 3, rejected: 1, waitingClaims: 0 });
});

test("verifies what was accepted before from memory, and what was refused again", async () => {
  const pool = newPool({ workerCount: 1 });
  const claim = claims[0] as SignatureClaim;
  const bad = spoilt(claim, 9);
  expect(await pool.verify([claim, bad])).toEqual([true, false]);
  expect(await pool.verify([claim, bad, { ...claim, tag: "nymcompute/bundle/v1" }])).toEqual([
    true,
    false,
    false,
  ]);
  expect(pool.status()).toMatchObject({ accepted: 1, remembered: 1, rejected: 3 });
});

test("verifies a claim once that many callers ask for at once, whatever the verdict", async () => {
  const pool = newPool({ workerCount: 1 });
  const [good, bad] = [claims[1]!, spoilt(claims[1]!, 7)];
  const asked = Array.from({ length: 300 }, (_, i) => pool.verify([i % 2 === 0 ? good : bad]));
  const verdicts = (await Promise.all(asked)).flat();
  expect(verdicts).toEqual(asked.map((_, i) => i % 2 === 0));
  expect(pool.status()).toMatchObject({ accepted: 1, rejected: 1, remembered: 0 });
});

test("takes a claim that is a view of a larger buffer, and leaves the buffer alone", async () => {
  const pool = newPool({ workerCount: 1 });
  const claim = claims[1] as SignatureClaim;
  const body = Buffer.alloc(100_000, 7);
  body.set(claim.signature, 1000);
  const signature = body.subarray(1000, 1000 + claim.signature.length);
  expect(await pool.verify([{ ...claim, signature }])).toEqual([true]);
  expect(body.length).toBe(100_000);
});

test("refuses with VERIFIER_BUSY what does not fit its queue, and serves on", async () => {
  const pool = newPool({ workerCount: 1, waitingClaimsMax: 20 });
  const tooMany = pool.verify(claims.slice(0, 21));
  await expect(tooMany).rejects.toMatchObject({ code: "VERIFIER_BUSY" });
  const first = pool.verify(claims.slice(0, 20));
  await new Promise((turned) => setImmediate(turned));
  // Sixteen of the twenty went to the worker, four wait.
  expect(pool.status().waitingClaims).toBe(4);
  const second = pool.verify(claims.slice(20, 36));
  const third = pool.verify(claims.slice(36, 37));
  await expect(third).rejects.toMatchObject({ code: "VERIFIER_BUSY", fields: { waiting: 20 } });
  expect([...(await first), ...(await second)]).toEqual(Array(36).fill(true));
  expect(await pool.verify(claims.slice(36))).toEqual([true, true, true, true]);
});

test("lets what comes in one turn of the event loop travel together, to one worker if it is little", async () => {
  const pool = newPool({ workerCount: 2 });
  await pool.verify(claims.slice(0, 1));
  const one = pool.verify(claims.slice(1, 2));
  const other = pool.verify(claims.slice(2, 4));
  expect(pool.status().waitingClaims).toBe(3);
  await new Promise((turned) => setImmediate(turned));
  expect(pool.status().waitingClaims).toBe(0);
  expect([...(await one), ...(await other)]).toEqual([true, true, true]);
});

test("replaces a worker that is killed in the middle of a batch, and the batch is verified", async () => {
  const workers: Worker[] = [];
  const onWorker = (worker: Worker): void => {
    workers.push(worker);
  };
  process.on("worker", onWorker);
  const pool = newPool({ workerCount: 1, implementation: "reference", acceptedClaimsMax: 0 });
  expect(await pool.verify(claims.slice(0, 1))).toEqual([true]);
  const verdicts = pool.verify(claims);
  await workers[0]?.terminate();
  expect(await verdicts).toEqual(claims.map(() => true));
  expect(pool.status().workerDeaths).toBe(1);
  expect(workers.length).toBe(2);
  process.off("worker", onWorker);
});

test("fails with its cause when every worker that takes a batch dies", async () => {
  const killAtOnce = (worker: Worker): void => {
    worker.on("message", () => void worker.terminate());
  };
  process.on("worker", killAtOnce);
  const pool = newPool({ workerCount: 1, implementation: "reference" });
  const failed = await pool.verify(claims.slice(0, 16)).catch((error: unknown) => error);
  process.off("worker", killAtOnce);
  expect(failed).toMatchObject({ code: "VERIFIER_FAILED", cause: { code: "WORKER_DIED" } });
});

test("closing fails what is not yet verified, and takes nothing more", async () => {
  const pool = newPool({ workerCount: 1 });
  const verdicts = pool.verify(claims);
  const settled = verdicts.catch((error: unknown) => error);
  await pool.close();
  expect(await settled).toMatchObject({ code: "VERIFIER_CLOSED" });
  await expect(pool.verify(claims)).rejects.toMatchObject({ code: "VERIFIER_CLOSED" });
});
