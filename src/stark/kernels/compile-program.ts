/**
 * Compiles a table's constraints and interactions into programs for the kernels' interpreter
 * (spec/08-proofs.md §6). The oracle is `reference-constraints.ts`, which evaluates them directly.
 *
 * @module
 */

import { type Extension, type ExtensionField, powersOf } from "../../field/extension.ts";
import type { RowKind } from "../air/air.ts";
import type { QuotientInput, TableInput } from "../engine.ts";
import { busOffset } from "../lookup/bus.ts";
import { type KernelProgram, ProgramBuilder, type Slot } from "./program-builder.ts";

/** Entries of the list of matrices and vectors that a program reads and writes. */
export const sources = {
  local: 0,
  next: 1,
  fixed: 2,
  auxiliary: 3,
  auxiliaryNext: 4,
  every: 5,
  first: 6,
  last: 7,
  transition: 8,
  quotient: 9,
} as const;

/** Where the program of the auxiliary columns stores: denominators, then multiplicities. */
export const firstLookupDestination = 10;

/** Evaluates the expressions of one table, each node once, in the order of the list. */
class NodeCompiler {
  readonly builder: ProgramBuilder = new ProgramBuilder();
  readonly #input: TableInput;
  readonly #groups: Map<string, number> = new Map();
  readonly #slots: (Slot | undefined)[] = [];

  constructor(input: TableInput) {
    this.#input = input;
  }

  #cell(source: number, column: number): Slot {
    const group = column - (column % 4);
    const key = `${source} ${group}`;
    let register = this.#groups.get(key);
    if (register === undefined) {
      register = this.builder.loadColumns(source, group);
      this.#groups.set(key, register);
    }
    return { register, index: column % 4 };
  }

  /** Computes the nodes that are below the given ones, in the list's order. */
  compute(roots: readonly number[]): void {
    const { nodes } = this.#input.table.program;
    const needed = new Set(roots);
    for (let index = Math.max(-1, ...roots); index >= 0; index--) {
      const node = nodes[index]!;
      if (!needed.has(index) || !["add", "sub", "mul"].includes(node.operation)) continue;
      needed.add(node.left).add(node.right);
    }
    for (const index of [...needed].sort((a, b) => a - b)) this.#slots[index] ??= this.#node(index);
  }

  #node(index: number): Slot {
    const { operation, left, right } = this.#input.table.program.nodes[index]!;
    switch (operation) {
      case "constant":
        return this.builder.constant(left);
      case "public":
        return this.builder.constant(this.#input.publicValues[left]!);
      case "local":
        return this.#cell(sources.local, left);
      case "next":
        return this.#cell(sources.next, left);
      case "fixed":
        return this.#cell(sources.fixed, left);
      default:
        return this.builder.arithmetic(operation, this.#slots[left]!, this.#slots[right]!);
    }
  }

  slot(index: number): Slot {
    return this.#slots[index]!;
  }

  /** An interaction's denominator: alpha + (bus + 1) beta^W - sum of beta^k v_k. */
  denominator(field: ExtensionField, index: number): number {
    const { bus, tuple } = this.#input.table.program.interactions[index]!;
    this.compute(tuple);
    const register = this.builder.extensionConstant(busOffset(field, this.#input.buses, bus));
    // The first power of beta is 1: that term is a subtraction, and for a tuple of one number all.
    const constant = { register, index: 0 };
    this.builder.update("sub", constant, constant, this.slot(tuple[0]!));
    const terms = tuple.slice(1).map((node, k) => ({
      slot: this.slot(node),
      factor: field.sub(field.zero, this.#input.buses.betaPowers[k + 1]!),
    }));
    this.builder.addSum(register, terms);
    return register;
  }
}

/** The program that stores every denominator (packed) and multiplicity of a row. */
export function compileLookups(field: ExtensionField, input: TableInput): KernelProgram {
  const compiler = new NodeCompiler(input);
  const { interactions } = input.table.program;
  interactions.forEach(({ multiplicity }, index) => {
    const destination = firstLookupDestination + index;
    compiler.builder.storePacked(compiler.denominator(field, index), destination);
    compiler.compute([multiplicity]);
    compiler.builder.storeVector(compiler.slot(multiplicity), destination + interactions.length);
  });
  return compiler.builder.finish();
}

type Term = { readonly slot: Slot; readonly factor: Extension };

/** The sums of constraints for each kind of row, four terms at a time. */
class ConstraintSums {
  readonly #builder: ProgramBuilder;
  readonly #registers: Map<RowKind, number> = new Map();
  readonly #pending: Map<RowKind, Term[]> = new Map();

  constructor(builder: ProgramBuilder) {
    this.#builder = builder;
  }

  add(kind: RowKind, term: Term): void {
    const pending = this.#pending.get(kind) ?? [];
    this.#pending.set(kind, pending);
    pending.push(term);
    if (pending.length === 4) this.#flush(kind);
  }

  #flush(kind: RowKind): void {
    const pending = this.#pending.get(kind) ?? [];
    if (pending.length === 0) return;
    const register = this.#registers.get(kind) ?? this.#builder.extensionZero();
    this.#registers.set(kind, register);
    this.#builder.addSum(register, pending);
    this.#pending.set(kind, []);
  }

  /** The sums, each times its kind's selector over the vanishing polynomial, added up. */
  finish(): number {
    const total = this.#builder.extensionZero();
    for (const kind of ["every", "first", "last", "transition"] as const) {
      this.#flush(kind);
      const register = this.#registers.get(kind);
      if (register === undefined) continue;
      const selector = this.#builder.loadVector(sources[kind]);
      for (const slot of this.#builder.slotsOf(register)) {
        const product = this.#builder.arithmetic("mul", slot, selector);
        const target = { register: total, index: slot.index };
        this.#builder.update("add", target, target, product);
      }
    }
    return total;
  }
}

/** One group's constraint: column * d_1 * d_2 - m_1 * d_2 - m_2 * d_1, or column * d - m. */
function groupConstraint(
  field: ExtensionField,
  compiler: NodeCompiler,
  input: { readonly group: readonly number[]; readonly column: number; readonly table: TableInput },
): number {
  const { builder } = compiler;
  const { interactions } = input.table.table.program;
  const multiplicities = input.group.map((index) => interactions[index]!.multiplicity);
  const divisors = input.group.map((index) => compiler.denominator(field, index));
  compiler.compute(multiplicities);
  const [first, second] = divisors;
  const product = builder.mulExtensions(input.column, first!);
  const constant = { register: product, index: 0 };
  builder.update("sub", constant, constant, compiler.slot(multiplicities[0]!));
  if (second === undefined) return product;
  const value = builder.mulExtensions(product, second);
  for (const slot of builder.slotsOf(first!)) {
    const numerator = builder.arithmetic("mul", slot, compiler.slot(multiplicities[1]!));
    const target = { register: value, index: slot.index };
    builder.update("sub", target, target, numerator);
  }
  return value;
}

/** The program that stores the quotient (plain, canonical) at every place of its domain. */
export function compileQuotient(field: ExtensionField, input: QuotientInput): KernelProgram {
  const { program, groups } = input.table;
  const compiler = new NodeCompiler(input);
  const { builder } = compiler;
  const sums = new ConstraintSums(builder);
  const count = program.constraints.length + groups.length + 3;
  const powers = powersOf(field, input.combiner, count);
  const basis = powersOf(field, field.root, field.degree);
  let next = 0;
  const addExtension = (kind: RowKind, register: number): void => {
    const power = powers[next++]!;
    for (const slot of builder.slotsOf(register)) {
      sums.add(kind, { slot, factor: field.mul(power, basis[slot.index]!) });
    }
  };
  for (const { kind, node } of program.constraints) {
    compiler.compute([node]);
    sums.add(kind, { slot: compiler.slot(node), factor: powers[next++]! });
  }
  if (groups.length > 0) {
    const running = builder.loadColumns(sources.auxiliary, 4 * groups.length);
    const after = builder.copyExtension(running);
    groups.forEach((group, index) => {
      const column = builder.loadColumns(sources.auxiliary, 4 * index);
      for (const slot of builder.slotsOf(column)) {
        const target = { register: after, index: slot.index };
        builder.update("add", target, target, slot);
      }
      addExtension("every", groupConstraint(field, compiler, { group, column, table: input }));
    });
    addExtension("first", running);
    const following = builder.loadColumns(sources.auxiliaryNext, 4 * groups.length);
    for (const slot of builder.slotsOf(following)) {
      builder.update("sub", slot, slot, { register: after, index: slot.index });
    }
    addExtension("transition", following);
    const terminal = builder.extensionConstant(input.terminal);
    for (const slot of builder.slotsOf(after)) {
      builder.update("sub", slot, slot, { register: terminal, index: slot.index });
    }
    addExtension("last", after);
  }
  builder.storePlain(sums.finish(), sources.quotient);
  return builder.finish();
}
