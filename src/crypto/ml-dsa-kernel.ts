/**
 * ML-DSA-65 (FIPS 204) by a SIMD kernel, for units: the same signatures and verdicts, byte for byte,
 * as the reference of `ml-dsa.ts`, which stays the oracle of every test and check. A verification
 * takes 18 µs where the key was seen before and 95 µs where not, a signature 0.2 ms (the reference:
 * 1.9 ms and 8 ms; liboqs verifies in 180 µs; Node 20.20). Most of a verification is the expansion of
 * the key, so expanded keys are kept.
 *
 * One instance owns one WebAssembly memory. Its map is `kernels/assembly/layout.ts`.
 *
 * @module
 */

import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { assert } from "../base/assert.ts";
import { equalBytes, utf8Bytes } from "../base/bytes.ts";
import { mlDsaKernelBase64 } from "./kernel.generated.ts";
import { type Hedging, type MlDsaClaim, type MlDsaKey, mlDsa65 } from "./ml-dsa.ts";

/** From `layout.ts`: the signature, the host's input, the key slots. */
const signatureAt = 3328;
const inputAt = 6656;
const inputBytes = 4096;
const keysAt = 49_152;
const polynomialBytes = 1024;
/** Expanded: the matrix and t1, and tr; behind it, in a signing key, the secrets. */
const publicSlotBytes: number = 36 * polynomialBytes + 64;
const secretSlotBytes: number = 53 * polynomialBytes + 128;
const pageBytes = 65_536;

interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly start: () => void;
  readonly expandPublicKey: (slot: number) => void;
  readonly expandSecretKey: (slot: number) => void;
  readonly beginMessage: (slot: number) => void;
  readonly takeMessage: (length: number) => void;
  readonly endMessage: () => void;
  readonly verify: (slot: number) => number;
  readonly sign: (slot: number) => void;
}

/** A kernel with room for so many bytes of expanded keys. */
class Kernel {
  readonly exports: KernelExports;
  readonly bytes: Uint8Array;

  constructor(slotBytes: number) {
    const module = new WebAssembly.Module(decodeBase64(mlDsaKernelBase64));
    this.exports = new WebAssembly.Instance(module, {}).exports as unknown as KernelExports;
    const { memory, start } = this.exports;
    const missing = keysAt + slotBytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    this.bytes = new Uint8Array(memory.buffer);
    start();
  }

  input(bytes: Uint8Array): void {
    this.bytes.set(bytes, inputAt);
  }

  message(slot: number, bytes: Uint8Array): void {
    const { beginMessage, takeMessage, endMessage } = this.exports;
    beginMessage(slot);
    for (let at = 0; at < bytes.length; at += inputBytes) {
      const part = bytes.subarray(at, at + inputBytes);
      this.input(part);
      takeMessage(part.length);
    }
    endMessage();
  }

  verify(slot: number, message: Uint8Array, signature: Uint8Array): boolean {
    this.message(slot, message);
    this.bytes.set(signature, signatureAt);
    return this.exports.verify(slot) === 1;
  }
}

interface KnownKey {
  readonly publicKey: Uint8Array;
  readonly slot: number;
}

/** Verifies, and keeps the expanded keys that were used last. Of public bytes only. */
export class MlDsaKernelVerifier {
  readonly #kernel: Kernel;
  readonly #keysMax: number;
  // By the first bytes of rho, in order of use: a map iterates in the order of insertion.
  readonly #known = new Map<number, KnownKey>();

  /** @param options.keysMax how many expanded keys are kept, 37 KB each */
  constructor(options: { readonly keysMax: number }) {
    assert(options.keysMax >= 1, "room for one key");
    this.#keysMax = options.keysMax;
    this.#kernel = new Kernel(options.keysMax * publicSlotBytes);
  }

  /** The verdict of FIPS 204 algorithm 3; false for wrong lengths. */
  verify({ publicKey, signature, bytes }: MlDsaClaim): boolean {
    if (publicKey.length !== mlDsa65.publicKeyBytes) return false;
    if (signature.length !== mlDsa65.signatureBytes) return false;
    return this.#kernel.verify(this.#slotOf(publicKey), bytes, signature);
  }

  #slotOf(publicKey: Uint8Array): number {
    const name = nameOf(publicKey);
    const known = this.#known.get(name);
    if (known !== undefined) {
      this.#known.delete(name);
      if (equalBytes(known.publicKey, publicKey)) {
        this.#known.set(name, known);
        return known.slot;
      }
    }
    // Somebody's key with the same beginning costs the other its place, and no more than that.
    const slot = known?.slot ?? this.#freeSlot();
    this.#kernel.input(publicKey);
    this.#kernel.exports.expandPublicKey(slot);
    this.#known.set(name, { publicKey: publicKey.slice(), slot });
    return slot;
  }

  #freeSlot(): number {
    if (this.#known.size < this.#keysMax) return keysAt + this.#known.size * publicSlotBytes;
    for (const [name, { slot }] of this.#known) {
      this.#known.delete(name);
      return slot;
    }
    throw new RangeError("a full table has an oldest key");
  }
}

/** The first 52 bits of a key. */
function nameOf(publicKey: Uint8Array): number {
  const view = new DataView(publicKey.buffer, publicKey.byteOffset, 8);
  return view.getUint32(0) * 2 ** 20 + (view.getUint32(4) >>> 12);
}

/**
 * The key of a 32-byte seed, as `mlDsa65.keyFromSeed`, signing in an instance of its own: the secret
 * key lies in no other memory, and what a signature leaves beside it is wiped. Each signature is
 * verified before it is given out, so a fault in signing gives nothing away. Throws where the kernel
 * does not load or does not sign as the reference does.
 */
export function kernelKeyFromSeed(seed: Uint8Array): MlDsaKey {
  const { publicKey, secretKey } = ml_dsa65.keygen(seed);
  const kernel = new Kernel(publicSlotBytes + secretSlotBytes);
  const [publicSlot, secretSlot] = [keysAt, keysAt + publicSlotBytes];
  kernel.input(publicKey);
  kernel.exports.expandPublicKey(publicSlot);
  kernel.input(secretKey);
  kernel.exports.expandSecretKey(secretSlot);
  const sign = (bytes: Uint8Array, hedging: Hedging): Uint8Array => {
    const random = hedging === "deterministic" ? new Uint8Array(32) : hedging.bytes(32);
    kernel.message(secretSlot, bytes);
    kernel.input(random);
    kernel.exports.sign(secretSlot);
    const signature = kernel.bytes.slice(signatureAt, signatureAt + mlDsa65.signatureBytes);
    assert(kernel.verify(publicSlot, bytes, signature), "a signature that holds");
    return signature;
  };
  const sample = utf8Bytes("nymcompute");
  const expected = ml_dsa65.sign(sample, secretKey, { extraEntropy: false });
  secretKey.fill(0);
  assert(equalBytes(sign(sample, "deterministic"), expected), "the reference's signature");
  return { publicKey, sign };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
