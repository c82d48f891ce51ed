/**
 * Verifications a second of the pool: each round is 160 claims by 20 keys, never remembered. Divide
 * 160 by a round's time. Needs a built `dist/`, as the tests do.
 *
 * @module
 */

import { bench } from "vitest";
import { u64be } from "../../base/bytes.ts";
import { systemRandom } from "../../base/random.ts";
import { createIdentity } from "../../crypto/identity.ts";
import { referenceVerifier, type SignatureClaim } from "../../crypto/signature.ts";
import { VerifierPool } from "./verifier-pool.ts";

const tag = "nymcompute/message-signature/v1";
const identities = Array.from({ length: 20 }, () => createIdentity(systemRandom));
const claims = identities.flatMap((identity): SignatureClaim[] =>
  Array.from({ length: 8 }, (_, index) => {
    const { algorithm, publicKey } = identity;
    const payload = u64be(index);
    return { algorithm, publicKey, tag, payload, signature: identity.sign(tag, payload) };
  }),
);

bench("160 claims by the reference on the main thread", async () => {
  await referenceVerifier.verify(claims);
});

for (const workerCount of [1, 2]) {
  for (const implementation of ["auto", "reference"] as const) {
    const pool = new VerifierPool({ workerCount, implementation, acceptedClaimsMax: 0 });
    const name = `160 claims, workers: ${workerCount}, implementation: ${implementation}`;
    const round = async (): Promise<void> => {
      await pool.verify(claims);
    };
    bench(name, round, { teardown: (_task, mode) => (mode === "run" ? pool.close() : undefined) });
  }
}
