/**
 * Checks a slot's tables without a proof: every constraint in every row, and all buses as multisets.
 * The fixed table's rows that are looked up stand as terms of the verifier, which saves evaluating
 * 2^16 rows each time.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { add, mul, P, sub } from "../field/koala-bear.ts";
import { checkTraces, type TraceFault } from "../stark/air/check-trace.ts";
import { evaluateNodes } from "../stark/air/evaluate.ts";
import type { PublicTerms } from "../stark/lookup/bus.ts";
import { type Matrix, rowOf } from "../stark/matrix.ts";
import { fixedMatrix } from "../zkvm/chips/fixed/matrix.ts";
import type { SlotWitness } from "../zkvm/prove-slot.ts";
import { starkStatement } from "../zkvm/slot-context.ts";
import { system, tableIndex } from "../zkvm/system.ts";

/** An element that is there. */
function at<Item extends object | number>(list: ArrayLike<Item>, index: number): Item {
  const item = list[index];
  assert(item !== undefined, `no element ${index}`);
  return item;
}

const fixed = fixedMatrix();
const arithmetic = { fromBase: (a: number) => a, add, sub, mul };

/** What the fixed table puts on its buses. */
function fixedTerms(main: Matrix): PublicTerms[] {
  const { program } = at(system.tables, tableIndex.fixed);
  const byBus = new Map<number, { multiplicities: number[]; tuples: number[] }>();
  for (let row = 0; row < main.height; row++) {
    const local = rowOf(main, row);
    if (local.every((uses) => uses === 0)) continue;
    const cells = { local, next: [], fixed: rowOf(fixed, row), publicValues: [] };
    const values = evaluateNodes(program, arithmetic, cells);
    for (const { bus, tuple, multiplicity } of program.interactions) {
      if (values[multiplicity] === 0) continue;
      const terms = byBus.get(bus) ?? { multiplicities: [], tuples: [] };
      terms.multiplicities.push(at(values, multiplicity));
      terms.tuples.push(...tuple.map((node) => at(values, node)));
      byBus.set(bus, terms);
    }
  }
  return [...byBus].map(([bus, { multiplicities, tuples }]) => ({
    bus,
    multiplicities: Uint32Array.from(multiplicities, (times) => times % P),
    tuples: Uint32Array.from(tuples),
  }));
}

/** All faults of a slot's tables, at most ten. */
export function slotFaults(
  witness: SlotWitness,
  traces: readonly Matrix[],
  input: { readonly inbox: Uint8Array; readonly pages: number },
): TraceFault[] {
  const about = starkStatement(witness, input);
  const own = system.tables.slice(0, tableIndex.fixed).map(({ program }, i) => ({
    program,
    main: at(traces, i),
    fixed: null,
    publicValues: at(about.publicValues, i),
  }));
  return checkTraces(own, [...about.publicTerms, ...fixedTerms(at(traces, tableIndex.fixed))]);
}
