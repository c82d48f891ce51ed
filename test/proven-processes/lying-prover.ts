/**
 * A prover that runs a slot under other premises than the true ones (another limit, another stack, other
 * memory, a program with other rows) and presents the run as one of the true program: as good a witness
 * of the other exit as a liar has. What it presents can be repaired further before it is judged.
 *
 * @module
 */

import { inboxHashOf } from "../../src/protocol/inbox.ts";
import { outputHashOf } from "../../src/protocol/output.ts";
import type { Matrix } from "../../src/stark/matrix.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { chunkBytes, metaChunkIndex } from "../../src/state/layout.ts";
import { multiproofRoots } from "../../src/state/multiproof.ts";
import { SlotRunner } from "../../src/testing/process-slots.ts";
import { slotFaults } from "../../src/testing/slot-tables.ts";
import { collectEvidence } from "../../src/zkvm/collect-evidence.ts";
import { encodeSegment, encodeSlotProof } from "../../src/zkvm/encode-evidence.ts";
import type { Evidence, HostRow } from "../../src/zkvm/evidence.ts";
import { EvolvingState } from "../../src/zkvm/evolving-state.ts";
import { fillTables } from "../../src/zkvm/fill-tables.ts";
import { Machine } from "../../src/zkvm/machine/execute.ts";
import type { StateImage } from "../../src/zkvm/machine/image-after.ts";
import type { RunRecord } from "../../src/zkvm/machine/run-record.ts";
import type { Row } from "../../src/zkvm/program/program.ts";
import { nothingCarried, startRegisters } from "../../src/zkvm/registers.ts";
import { segmentRowsMax } from "../../src/zkvm/segment-limits.ts";
import { type PreparedModule, prepareModule, programOf } from "../../src/zkvm/slot-context.ts";
import { type StepStatement, stepExits, stepKey } from "../../src/zkvm/statement.ts";
import { verifySlot } from "../../src/zkvm/verify-slot.ts";
import type { SlotWitness } from "../../src/zkvm/witness-slot.ts";

/** What the liar lets its machine believe; what is left out is true. */
export interface Premises {
  readonly gasLimit?: number;
  readonly stackLimit?: number;
  readonly memoryPagesMax?: number;
  readonly pages?: number;
  /** Other rows, as many; `trap` is the place of the program's trap. */
  readonly rows?: (rows: readonly Row[], trap: number) => readonly Row[];
  /** Changes the record of the run before anything is made of it. */
  readonly record?: (run: RunRecord, trap: number) => void;
}

/** What is presented: public evidence, tables, and what they are said to show. */
export interface Presented {
  readonly witness: SlotWitness;
  readonly traces: readonly Matrix[];
}

const kernel = new StateKernel();

/** The true premises of all slots here. */
export const limits = { gasLimit: 100_000, memoryPagesMax: 4 };

/** Slot 1 of a process. */
export class LiarsSlot {
  readonly module: PreparedModule;
  readonly inbox: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #pre: StateImage;

  constructor(bytes: Uint8Array, inbox: Uint8Array) {
    this.#bytes = bytes;
    this.module = prepareModule(bytes, limits.memoryPagesMax);
    this.inbox = inbox;
    const runner = new SlotRunner(bytes, limits);
    runner.run(new Uint8Array(8));
    this.#pre = runner.image();
  }

  /** The exit that the runtime comes to. */
  trueExit(): number {
    const runner = new SlotRunner(this.#bytes, limits);
    runner.run(new Uint8Array(8));
    return runner.run(this.inbox).ok ? stepExits.ok : stepExits.failed;
  }

  #programOf(memoryPagesMax: number) {
    const { translated } = prepareModule(this.#bytes, memoryPagesMax);
    if (translated === null) throw new Error("the module runs");
    return programOf(translated, { first: false, inbox: this.inbox });
  }

  /** A run under these premises, claimed to end with that exit under the true ones. */
  present(exit: number, premises: Premises = {}): Presented {
    const program = this.#programOf(limits.memoryPagesMax);
    const believed = this.#programOf(premises.memoryPagesMax ?? limits.memoryPagesMax);
    const { stackLimit = believed.stackLimit, gasLimit = limits.gasLimit } = premises;
    const trap = this.module.translated?.program.trap ?? 0;
    const rows = premises.rows?.(believed.rows, trap) ?? believed.rows;
    const { inbox } = this;
    const image = withPages(this.#pre, premises.pages);
    const machine = new Machine({
      program: { ...believed, rows, stackLimit },
      ...{ image, inbox, gasLimit },
    });
    const run = machine.run(segmentRowsMax);
    if (run.border !== null) throw new Error("one segment");
    premises.record?.(run, trap);
    const traces = fillTables(run, program, limits.gasLimit);
    const state = new EvolvingState(kernel, this.#pre);
    const evidence = collectEvidence({ state, run, rows: program.rows, gasLimit: limits.gasLimit });
    const pre = state.root();
    const post = rootAfter(evidence) ?? pre;
    const position = {
      ...{ index: 0, count: 1, carried: nothingCarried, roots: { pre, post } },
      start: startRegisters(program),
    };
    const returned = exit === stepExits.ok ? returnedBy(run) : null;
    const statement = this.#claim({ exit, pre, post, gas: run.gas, returned });
    return { witness: { program, run, evidence, statement, returned, position }, traces };
  }

  #claim(claimed: {
    readonly exit: number;
    readonly pre: Uint8Array;
    readonly post: Uint8Array;
    readonly gas: number;
    readonly returned: Uint8Array | null;
  }): StepStatement {
    const { exit, pre, post, gas, returned } = claimed;
    const isOk = exit === stepExits.ok;
    return {
      key: stepKey,
      module: this.module.id,
      limits,
      first: false,
      preRoot: pre,
      inboxHash: inboxHashOf(this.inbox),
      exit,
      gasUsed: isOk ? Math.min(gas, limits.gasLimit) : limits.gasLimit,
      postRoot: isOk ? post : pre,
      returnedHash: returned === null ? null : outputHashOf(returned),
      returnedLength: returned?.length ?? 0,
    };
  }

  /** Who refuses what is presented: the verifier by its code, constraints, buses, or nobody. */
  judge({ witness, traces }: Presented): string {
    const { module, inbox } = this;
    const { evidence, statement, position } = witness;
    const proof = encodeSlotProof([encodeSegment(evidence, new Uint8Array(4))]);
    const verdict = verifySlot({ module, inbox, statement, proof });
    const code = verdict.ok ? "accepted" : verdict.reason.code;
    if (code !== "STARK_REFUSED") return code;
    const pages = this.#pre.memory.length / 65_536;
    const post = rootAfter(evidence) ?? position.roots.pre;
    const bound = { ...witness, position: { ...position, roots: { ...position.roots, post } } };
    const faults = slotFaults(bound, traces, { inbox, pages });
    if (faults.length === 0) return "nobody";
    return faults.some((fault) => "constraint" in fault) ? "constraints" : "buses";
  }
}

/** An image with more pages of zeros, or with fewer. */
function withPages(image: StateImage, pages: number | undefined): StateImage {
  if (pages === undefined) return image;
  const memory = new Uint8Array(pages * 65_536);
  memory.set(image.memory.subarray(0, memory.length));
  return { ...image, memory };
}

function rootAfter({ boundary }: Evidence): Uint8Array | null {
  const walk = multiproofRoots({ ...boundary, contents: [boundary.pre, boundary.post] });
  return walk.ok ? (walk.roots[1] ?? null) : null;
}

/** The bytes of the returned range, as far as there are such. */
function returnedBy({ returned, memory, pages }: RunRecord): Uint8Array {
  const { pointer, length } = returned;
  const inside = pointer + length <= pages * 65_536 && length <= 1024;
  return Uint8Array.from({ length: inside ? length : 0 }, (_, i) => {
    const at = pointer + i;
    return (memory.word(at >>> 2) >>> (8 * (at & 3))) & 255;
  });
}

/** The same, with another end on the host's bus. */
export function withEnd(presented: Presented, end: Partial<HostRow>): Presented {
  const { witness } = presented;
  const { evidence } = witness;
  const changed = { ...evidence, end: { ...evidence.end, ...end } };
  return { ...presented, witness: { ...witness, evidence: changed } };
}

/** The same, with another page count after the run, in the state and on the host's bus. */
export function withPageCount(presented: Presented, pages: number): Presented {
  const { witness, traces } = withEnd(presented, { pages });
  const { boundary } = witness.evidence;
  const post = boundary.post.slice();
  const meta = boundary.indices.indexOf(metaChunkIndex) * chunkBytes;
  new DataView(post.buffer).setBigUint64(meta, BigInt(pages), true);
  const evidence = { ...witness.evidence, boundary: { ...boundary, post } };
  return { traces, witness: { ...witness, evidence } };
}

/** The same, with cells of a table changed in each of its rows, by what stands there. */
export function withCells(
  presented: Presented,
  table: number,
  change: (cells: Uint32Array, row: number) => void,
): Presented {
  const traces = presented.traces.map((trace, index) => {
    if (index !== table) return trace;
    const values = trace.values.slice();
    for (let row = 0; row < trace.height; row++) {
      change(values.subarray(row * trace.stride, row * trace.stride + trace.width), row);
    }
    return { ...trace, values };
  });
  return { ...presented, traces };
}
