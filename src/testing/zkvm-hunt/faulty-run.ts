/**
 * Runs of a faulty machine (design of the hunt, level 3): at one step it executes another row than the
 * program has there, and goes on from what came of it. The tables are filled as if it had executed the
 * program, so that everything behind the fault is consistent, and only the fault itself can be refused.
 *
 * @module
 */

import { checkTraces, type TraceFault } from "../../stark/air/check-trace.ts";
import { StateKernel } from "../../state/kernel.ts";
import { buses } from "../../zkvm/chips/buses.ts";
import { fixedMatrix } from "../../zkvm/chips/fixed/matrix.ts";
import { collectEvidence } from "../../zkvm/collect-evidence.ts";
import { EvolvingState } from "../../zkvm/evolving-state.ts";
import { fillTables } from "../../zkvm/fill-tables.ts";
import { judgeEnd } from "../../zkvm/judge-end.ts";
import { Machine } from "../../zkvm/machine/execute.ts";
import type { RunRecord } from "../../zkvm/machine/run-record.ts";
import type { Row } from "../../zkvm/program/program.ts";
import { segmentRowsMax } from "../../zkvm/segment-limits.ts";
import { starkStatement } from "../../zkvm/slot-context.ts";
import { stepExits } from "../../zkvm/statement.ts";
import { system, tableIndex } from "../../zkvm/system.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import { huntTables, nameOfObstacle } from "./hunt-table.ts";

/** A fault of the machine. */
export interface MachineFault {
  readonly name: string;
  /** How what refuses it begins. */
  readonly refusedBy: string;
  /** The row that is executed wrongly: the `nth` of the run that this holds for, from 0. */
  readonly where: (row: Row) => boolean;
  readonly nth?: number;
  /** What is executed instead. */
  readonly instead: (row: Row) => Row;
  /** Makes the record say, at the fault's step, what the program's row would have done. */
  readonly patch?: (run: RunRecord, step: number) => void;
}

const tables = huntTables(system);
const fixed = fixedMatrix();

/** Rows that a machine reads one after the other, with another one at one step. */
class FaultyRows {
  readonly rows: readonly Row[];
  /** The step at which the fault came, or null if it never did. */
  step: number | null = null;
  #reads = 0;
  #left: number;

  constructor(rows: readonly Row[], fault: MachineFault) {
    this.#left = fault.nth ?? 0;
    this.rows = new Proxy(rows, {
      get: (target, key) => {
        const row = typeof key === "string" ? target[Number(key)] : undefined;
        if (row === undefined) return Reflect.get(target, key) as unknown;
        const step = this.#reads++;
        const isHere = this.step === null && fault.where(row) && this.#left-- === 0;
        if (!isHere) return row;
        this.step = step;
        return fault.instead(row);
      },
    });
  }
}

/** What refuses a fault, by name: constraints, buses, or the verifier's own checks. */
export function refusalsOf(slot: HuntSlot, fault: MachineFault): readonly string[] {
  const { input, witness } = slot;
  const { program } = witness;
  const { gasLimit } = input.limits;
  const faulty = new FaultyRows(program.rows, fault);
  const machine = new Machine({
    program: { ...program, rows: faulty.rows },
    image: input.pre,
    inbox: input.inbox,
    gasLimit,
  });
  const run = machine.run(segmentRowsMax);
  if (faulty.step === null) throw new Error(`no row for: ${fault.name}`);
  fault.patch?.(run, faulty.step);
  const state = new EvolvingState(new StateKernel(), input.pre);
  const evidence = collectEvidence({ state, run, rows: program.rows, gasLimit });
  const pre = state.root();
  state.advance(run);
  const post = state.root();
  const end = judgeEnd(evidence.end, gasLimit);
  const own = end === null ? ["verifier: no end"] : [];
  const statement = {
    ...witness.statement,
    exit: end?.ok === true ? stepExits.ok : stepExits.failed,
    postRoot: end?.ok === true ? post : pre,
  };
  const position = { ...witness.position, roots: { pre, post } };
  const about = starkStatement(
    { program, evidence, statement, position },
    { inbox: input.inbox, pages: input.pre.memory.length / 65_536 },
  );
  const traces = fillTables(run, program, gasLimit);
  const whole = system.tables.map(({ program: air }, i) => ({
    program: air,
    main: traces[i]!,
    fixed: i === tableIndex.fixed ? fixed : null,
    publicValues: about.publicValues[i]!,
  }));
  const found = checkTraces(whole, about.publicTerms, 100).map(nameOfFault);
  return [...new Set([...own, ...found])];
}

function nameOfFault(fault: TraceFault): string {
  if ("constraint" in fault) {
    const table = tables.find(({ name }) => name === fault.table)!;
    return nameOfObstacle(table, fault.constraint);
  }
  const name = Object.entries(buses).find(([, bus]) => bus === fault.bus)?.[0];
  return `bus ${name}`;
}
