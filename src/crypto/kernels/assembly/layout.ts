/**
 * Memory map of the ML-DSA-65 kernel, in bytes, and the constants of FIPS 204 table 1. A polynomial
 * is 256 signed 32-bit words; a vector of them lies back to back.
 *
 *        0  nothing
 *     1024  zetas: 256 words, in Montgomery form; behind them the pairs for the layer of length 2
 *     2560  round constants of Keccak: 24 words of 64 bits
 *     2816  the sponge's state: 25 lanes of 64 bits, read as bytes while squeezing
 *     3072  mu (64), rho' (64) and the two commitment hashes (48 each)
 *     3328  the signature, in or out: 3,309 bytes
 *     6656  the host's input: 4,096 bytes (message, keys, randomness)
 *    10752  w1, packed: 768 bytes
 *    12288  scratch: 36 polynomials
 *    49152  key slots of `keyBytes`, as many as the host made room for
 *
 * @module
 */

export const Q: i32 = 8380417;
/** q^-1 mod 2^32. */
export const Q_INVERSE: i32 = 58728449;
/** Rows and columns of A. */
export const K: usize = 6;
export const L: usize = 5;
export const GAMMA1: i32 = 1 << 19;
export const GAMMA2: i32 = (Q - 1) / 32;
export const TAU: i32 = 49;
export const BETA: i32 = 196;
export const OMEGA: i32 = 55;
export const C_TILDE_BYTES: usize = 48;

export const POLY: usize = 1024;

export const ZETAS: usize = 1024;
export const ZETA_PAIRS: usize = 2048;
export const ROUND_CONSTANTS: usize = 2560;
export const SPONGE: usize = 2816;
export const MU: usize = 3072;
export const RHO_PRIME: usize = 3136;
export const C_TILDE: usize = 3200;
export const C_TILDE_AGAIN: usize = 3248;
export const SIGNATURE: usize = 3328;
export const INPUT: usize = 6656;
export const W1_PACKED: usize = 10752;
export const SCRATCH: usize = 12288;
export const KEYS: usize = 49152;

// Scratch, by name. The challenge is one polynomial, the others are vectors.
export const CHALLENGE: usize = SCRATCH;
export const Z: usize = SCRATCH + POLY;
export const Y: usize = SCRATCH + 6 * POLY;
export const W: usize = SCRATCH + 11 * POLY;
export const W0: usize = SCRATCH + 17 * POLY;
export const W1: usize = SCRATCH + 23 * POLY;
export const HINT: usize = SCRATCH + 29 * POLY;
export const SCRATCH_END: usize = SCRATCH + 36 * POLY;

// Within a slot. A verification key ends before S1.
export const SLOT_A: usize = 0;
export const SLOT_T1: usize = 30 * POLY;
export const SLOT_TR: usize = 36 * POLY;
export const SLOT_SECRET: usize = 36 * POLY + 64;
export const SLOT_S1: usize = 36 * POLY + 128;
export const SLOT_S2: usize = SLOT_S1 + 5 * POLY;
export const SLOT_T0: usize = SLOT_S2 + 6 * POLY;

/** Where a signature's parts begin behind the commitment hash. */
export const SIGNATURE_Z: usize = SIGNATURE + 48;
export const SIGNATURE_HINT: usize = SIGNATURE + 48 + 5 * 640;
