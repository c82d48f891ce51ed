/**
 * A unit's keys, signing ten times as fast as the reference: by liboqs as WebAssembly, 0.8 ms instead
 * of 8 (identity) and 0.5 instead of 5 (heads, four a second on the scheduler's main thread). It hedges
 * from the platform's generator itself. No signature leaves that does not verify, and where liboqs does
 * not load, or signs what the reference does not accept, the reference signs.
 *
 * liboqs copies the secret key into its own heap for each signature and does not erase it there. That
 * heap is this process's memory, which holds the key for as long as it runs anyway.
 *
 * @module
 */

import { createMLDSA44, createMLDSA65 } from "@oqs/liboqs-js/sig";
import { systemRandom } from "../../base/random.ts";
import type { HeadKey } from "../../crypto/head-key.ts";
import { type Identity, identityOf } from "../../crypto/identity.ts";
import { seedFor } from "../../crypto/key-derivation.ts";
import { type MlDsa, type MlDsaKey, mlDsa44, mlDsa65 } from "../../crypto/ml-dsa.ts";
import type { Logger } from "../logger.ts";

/** Signed once at the start, for the reference to look at. */
const trial: Uint8Array = Uint8Array.of(0, 1, 2, 3);

/** The identity of a master seed (32 bytes). */
export async function unitIdentity(seed: Uint8Array, logger: Logger): Promise<Identity> {
  return identityOf(await trustedKey(seedFor(seed, "sign65"), logger, mlDsa65, createMLDSA65));
}

/** The head key of a master seed (32 bytes). */
export async function unitHeadKey(seed: Uint8Array, logger: Logger): Promise<HeadKey> {
  const key = await trustedKey(seedFor(seed, "head44"), logger, mlDsa44, createMLDSA44);
  const { publicKey } = key;
  return { publicKey, sign: (bytes, hedging = systemRandom) => key.sign(bytes, hedging) };
}

/** What of liboqs' signers is used. */
interface Signer {
  sign(bytes: Uint8Array, secretKey: Uint8Array): Uint8Array;
  verify(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}

async function trustedKey(
  seed: Uint8Array,
  logger: Logger,
  mlDsa: MlDsa,
  load: () => Promise<Signer>,
): Promise<MlDsaKey> {
  const reference = mlDsa.keyFromSeed(seed);
  try {
    const key = quickKey(mlDsa.secretKeyFromSeed(seed), reference, await load());
    const signature = key.sign(trial, systemRandom);
    if (mlDsa.verify({ publicKey: key.publicKey, signature, bytes: trial })) return key;
    logger.warn("liboqs signs what the reference refuses: the reference signs");
  } catch (error) {
    logger.warn("liboqs does not sign here: the reference does", { error });
  }
  return reference;
}

function quickKey(secretKey: Uint8Array, reference: MlDsaKey, liboqs: Signer): MlDsaKey {
  const { publicKey } = reference;
  return {
    publicKey,
    sign: (bytes, hedging) => {
      // It cannot be told where its randomness comes from.
      if (hedging === "deterministic") return reference.sign(bytes, hedging);
      const signature = liboqs.sign(bytes, secretKey);
      if (liboqs.verify(bytes, signature, publicKey)) return signature;
      return reference.sign(bytes, systemRandom);
    },
  };
}
