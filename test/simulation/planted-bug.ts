/**
 * The form of a planted bug: what it puts in the place of what a unit stands on.
 *
 * @module
 */

import type { EvaluationPool } from "../../compute-unit/index.ts";
import type { SignatureVerifier } from "../../src/crypto/signature.ts";
import type { StoreEngine } from "../../src/node/store/engine.ts";
import type { StoreRole } from "../../src/node/store/schema.ts";
import type { StoresByRole } from "../../src/node/store/unit-stores.ts";
import type { Machine } from "./machine.ts";

/** What a planted bug puts in the place of what a unit stands on. All parts are optional. */
export interface PlantedBug {
  readonly name: string;
  /** It shows within a second or so. */
  readonly isQuick?: boolean;
  /** The tables under the stores. */
  readonly engine?: (engine: StoreEngine, role: StoreRole) => StoreEngine;
  /** The stores, one role each. */
  readonly scheduler?: (
    stores: StoresByRole["scheduler"],
    machine: Machine,
  ) => StoresByRole["scheduler"];
  readonly messenger?: (
    stores: StoresByRole["messenger"],
    machine: Machine,
  ) => StoresByRole["messenger"];
  readonly compute?: (stores: StoresByRole["compute"], machine: Machine) => StoresByRole["compute"];
  readonly verifier?: SignatureVerifier;
  readonly pool?: (pool: EvaluationPool, machine: Machine) => EvaluationPool;
}
