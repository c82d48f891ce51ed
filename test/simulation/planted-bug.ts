/**
 * The form of a planted bug: what it puts in the place of what a unit stands on, and how.
 *
 * @module
 */

import type { EvaluationPool, FinalityGate } from "../../compute-unit/index.ts";
import type { SignatureVerifier } from "../../src/crypto/signature.ts";
import type { StoreEngine, TableWriter } from "../../src/node/store/engine.ts";
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
  readonly gate?: (gate: FinalityGate) => FinalityGate;
  readonly pool?: (pool: EvaluationPool, machine: Machine) => EvaluationPool;
}

/** A port with some of its methods replaced. */
export function replaced<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, name) => {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** An engine some of whose plans' reads and writes are replaced. */
export function rewired(
  engine: StoreEngine,
  change: (tables: TableWriter) => Partial<TableWriter>,
): StoreEngine {
  const wired = (tables: TableWriter): TableWriter => ({
    get: (table, key) => tables.get(table, key),
    view: (table, key, use) => tables.view(table, key, use),
    range: (table, range) => tables.range(table, range),
    put: (table, key, value) => tables.put(table, key, value),
    remove: (table, key) => tables.remove(table, key),
    ...change(tables),
  });
  return {
    read: (query) => engine.read((tables) => query(wired(tables as TableWriter))),
    update: (plan) => engine.update((tables) => plan(wired(tables))),
    close: () => engine.close(),
  };
}
