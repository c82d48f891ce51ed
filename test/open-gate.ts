/**
 * A finality gate that lets everything through at once, for tests of compute units whose schedulers sign no
 * heads.
 *
 * @module
 */

import type { FinalityGate } from "../compute-unit/head-gate.ts";

export const openGate: FinalityGate = {
  covered: () => Promise.resolve(true),
  stop: () => undefined,
};
