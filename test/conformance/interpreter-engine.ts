/**
 * The reference interpreter as an engine of the conformance tests.
 *
 * @module
 */

import { instantiate, type Machine } from "../../src/wasm/interpreter/machine.ts";
import { Trap } from "../../src/wasm/interpreter/trap.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";
import type { Engine, EngineInstance, EngineLimits } from "./engine.ts";

export const interpreterEngine: Engine = {
  name: "interpreter",
  instantiate(validated, limits) {
    try {
      return instanceOf(validated, instantiate(validated, limits), limits);
    } catch (error) {
      if (error instanceof Trap) return null;
      throw error;
    }
  },
};

function instanceOf(
  validated: ValidatedModule,
  machine: Machine,
  limits: EngineLimits,
): EngineInstance {
  const { globals } = validated.module;
  return {
    invoke(name, args) {
      machine.refill(limits.gasLimit);
      const outcome = machine.invoke(name, args);
      return outcome.ok ? outcome : { ok: false, reason: outcome.trap };
    },
    get: (name) => machine.globalNamed(name),
    memory: () => machine.memory,
    globals: () => machine.globals.filter((_, index) => globals[index]?.mutable),
    gasUsed: () => machine.gasUsed,
  };
}
