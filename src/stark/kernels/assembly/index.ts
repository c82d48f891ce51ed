/**
 * The prover's kernels: all exports of the module that `scripts/generate-kernels.mjs` compiles. The
 * memory is shared and comes from the host; its map is in `field.ts`.
 *
 * @module
 */

export { findNonce, hashPairs, hashRows } from "./blake3";
export { runningSum, sumGroup } from "./lookup";
export {
  buildRoots, buildTwiddles, forwardPass2, forwardPass4, inverseGather, inversePass2, inversePass4,
  joinChunks, scaleVectors,
} from "./ntt";
export { invertExtensions, openingWeights, pointDifferences } from "./points";
export { runProgram } from "./program";
export {
  addScaled, clear, combineColumns, divideByPoint, foldPairs, weighRows,
} from "./rows";
