/**
 * The kernel of the state tree: what it compresses with, and what finds the blocks to compress.
 *
 * @module
 */

export { compress, widen } from "./poseidon2";
export { findDifferences } from "./differences";
