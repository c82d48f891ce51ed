/**
 * A gas profile in the developer's words: functions by name, lines of source, folded stacks for flame
 * graphs. Whatever is not known here, such as the names of a module that was built elsewhere, changes
 * the words and never the sums.
 *
 * @module
 */

import type { GasProfile } from "../runtime/gas-profile.ts";
import type { OpenCall } from "../wasm/interpreter/gas-tally.ts";
import type { ValidatedModule } from "../wasm/validate/validated-module.ts";
import { type DebugInfo, shortName } from "./compile-debug.ts";
import { type LineOf, lineTable } from "./line-table.ts";

/** A place in the source; null where none is known. */
export interface ReportPlace {
  readonly file: string | null;
  readonly line: number | null;
}

export interface FunctionReport extends ReportPlace {
  readonly name: string;
  readonly calls: number;
  readonly self: number;
  readonly total: number;
}

export interface LineReport extends ReportPlace {
  readonly gas: number;
}

/** A call that was open at a failure. */
export interface StackFrame extends ReportPlace {
  readonly name: string;
  readonly column: number | null;
}

export interface GasReport {
  /** Most first. `self` of all functions and `gas` of all lines both come to what was spent. */
  readonly functions: readonly FunctionReport[];
  readonly lines: readonly LineReport[];
  /** Innermost first; empty where nothing trapped. */
  readonly stack: readonly StackFrame[];
  /** `outer;inner gas`, one for each stack. */
  readonly folded: readonly string[];
}

/** What is known of a module beside its bytes. */
export interface ModuleKnowledge {
  readonly sourceMap: string | null;
  readonly debug: DebugInfo | null;
}

export function gasReport(
  { functions, offsets, stacks, trapped }: GasProfile,
  validated: ValidatedModule,
  knowledge: ModuleKnowledge,
): GasReport {
  const words = new Words(validated, knowledge);
  const lines = new Map<string, LineReport>();
  for (const [offset, gas] of offsets) {
    const { file, line } = words.placeOf(offset);
    const key = `${file}:${line}`;
    lines.set(key, { file, line, gas: gas + (lines.get(key)?.gas ?? 0) });
  }
  return {
    functions: functions
      .map(({ functionIndex, calls, self, total }) => {
        const { file, line } = words.placeOf(words.bodyOf(functionIndex));
        return { name: words.nameOf(functionIndex), file, line, calls, self, total };
      })
      .sort((a, b) => b.self - a.self),
    lines: [...lines.values()].sort((a, b) => b.gas - a.gas),
    stack: trapped.map((call) => words.frameOf(call)),
    folded: stacks.map((stack) => {
      return `${stack.functions.map((index) => words.nameOf(index)).join(";")} ${stack.gas}`;
    }),
  };
}

class Words {
  readonly #validated: ValidatedModule;
  readonly #debug: DebugInfo | null;
  readonly #lineOf: LineOf;
  /** Where the bodies begin, ascending. */
  readonly #bodies: readonly number[];

  constructor(validated: ValidatedModule, { sourceMap, debug }: ModuleKnowledge) {
    this.#validated = validated;
    const isItsOwn = debug?.functions.length === validated.functions.length;
    this.#debug = isItsOwn ? debug : null;
    this.#lineOf = lineTable(sourceMap);
    this.#bodies = validated.module.functions.map(({ offset }) => offset);
  }

  nameOf(functionIndex: number): string {
    const known = this.#debug?.functions[functionIndex];
    // In folded stacks these separate names from each other and from the number.
    if (known !== undefined) return shortName(known).replace(/[;\s]/g, "_");
    const { exports } = this.#validated.module;
    const exported = exports.find(
      ({ kind, index }) => kind === "function" && index === functionIndex,
    );
    return exported?.name ?? `function-${functionIndex}`;
  }

  /** Where a function's body begins. */
  bodyOf(functionIndex: number): number {
    return this.#bodies[functionIndex] ?? 0;
  }

  placeOf(offset: number): { file: string | null; line: number | null; column: number | null } {
    const body = this.#bodies.findLast((each) => each <= offset) ?? 0;
    return this.#lineOf(offset, body) ?? { file: null, line: null, column: null };
  }

  frameOf({ functionIndex, offset }: OpenCall): StackFrame {
    return { name: this.nameOf(functionIndex), ...this.placeOf(offset) };
  }
}
