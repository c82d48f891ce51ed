/**
 * Property tests draw new cases at every run, but for CI: there each run draws the same, so that a
 * change is judged by what it changed. `FAST_CHECK_SEED=N` repeats or varies a run anywhere.
 *
 * @module
 */

import fc from "fast-check";

const fixedSeed = 20_261_122;
const { CI, FAST_CHECK_SEED } = process.env;
const seed = FAST_CHECK_SEED ?? (CI === undefined || CI === "" ? undefined : fixedSeed);
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
