/**
 * The verifier (spec/08-proofs.md §7 to §9). Plain TypeScript; its import closure holds no prover,
 * no transform, no kernel and nothing of Node. It returns a verdict for any input whatever.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../field/extension.ts";
import { Challenger, type Tag, tags } from "./challenger.ts";
import { combinedConstraintsAt, type TableOpening, vanishingAt } from "./constraints-at-point.ts";
import { type ClaimedValues, reducedOpenings } from "./deep.ts";
import { type FoldSchedule, foldSchedule } from "./fri/schedule.ts";
import { type FoldCommitment, verifyQueries } from "./fri/verify-queries.ts";
import type { VerifyingKey } from "./key.ts";
import { type TreeLayout, type TreeName, treeLayouts } from "./layout.ts";
import { type BusChallenges, busChallenges, publicWeight, sumPublicTerms } from "./lookup/bus.ts";
import { readOpening, shiftPositions } from "./merkle/opening.ts";
import { ProofError, require } from "./proof-error.ts";
import { ProofReader, proofVersion } from "./proof-words.ts";
import { checkStatement, type Statement, statementWords } from "./statement.ts";
import { multiplicitiesFit, type System } from "./system.ts";

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: ProofError };

/** Whether the bytes prove the statement for the key's system. Never throws on hostile input. */
export function verify(key: VerifyingKey, statement: Statement, proof: Uint8Array): Verdict {
  try {
    check(key, statement, proof);
    return { ok: true };
  } catch (error) {
    if (error instanceof ProofError) return { ok: false, reason: error };
    throw error;
  }
}

/** What the transcript has fixed before the query positions are drawn. */
interface Commitments {
  readonly roots: ReadonlyMap<TreeName, Uint32Array>;
  readonly buses: BusChallenges;
  readonly terminals: readonly Extension[];
  readonly combiner: Extension;
  readonly point: Extension;
  readonly claimed: readonly (readonly ClaimedValues[])[];
  readonly batcher: Extension;
  readonly layers: readonly FoldCommitment[];
  readonly finalPolynomial: readonly Extension[];
  readonly positions: readonly number[];
}

/** The proof's words and the transcript, read and absorbed side by side. */
class Session {
  readonly reader: ProofReader;
  readonly challenger: Challenger = new Challenger();
  readonly field: ExtensionField;

  constructor(field: ExtensionField, proof: Uint8Array) {
    this.field = field;
    this.reader = new ProofReader(proof);
  }

  root(tag: Tag): Uint32Array {
    const root = this.reader.digest();
    this.challenger.absorb(tag, root);
    return root;
  }

  extensions(tag: Tag, count: number): Extension[] {
    const elements = this.reader.extensions(this.field, count);
    this.challenger.absorb(tag, Uint32Array.from(elements.flat()));
    return elements;
  }

  work(tag: Tag, bits: number): void {
    if (bits === 0) return;
    const accepted = this.challenger.acceptWork(tag, bits, this.reader.word());
    require(accepted, "GRINDING_INSUFFICIENT", { expected: bits });
  }
}

function check(key: VerifyingKey, statement: Statement, proof: Uint8Array): void {
  const { system } = key;
  checkStatement(system, statement);
  const session = new Session(system.field, proof);
  const logHeights = begin(session, key, statement);
  const layouts = treeLayouts(system, logHeights);
  const schedule = foldSchedule(system.parameters, logHeights);
  const commitments = readCommitments(session, { key, layouts, schedule });
  checkBuses(system, statement, commitments);
  checkConstraints({ system, statement, logHeights, layouts, commitments });
  checkOpenings(session, { system, layouts, schedule, commitments });
  session.reader.finish();
}

/** Version, key, statement and heights: everything before the first commitment. */
function begin(session: Session, key: VerifyingKey, statement: Statement): number[] {
  const { reader, challenger } = session;
  const version = reader.word();
  require(version === proofVersion, "PROOF_VERSION", { expected: proofVersion, got: version });
  const digest = reader.digest();
  require(digest.every((word, i) => word === key.digest[i]), "KEY_MISMATCH");
  const logHeights = key.system.tables.map(({ program, logHeight }) => {
    const got = reader.word();
    require(got >= logHeight.min && got <= logHeight.max, "HEIGHT_OUT_OF_RANGE", {
      table: program.name,
      got,
    });
    return got;
  });
  const weight = publicWeight(statement.publicTerms);
  require(multiplicitiesFit(key.system, logHeights, weight), "MULTIPLICITY_OVERFLOW");
  challenger.absorb(tags.key, key.digest);
  challenger.absorb(tags.statement, statementWords(statement));
  challenger.absorb(tags.heights, Uint32Array.from(logHeights));
  return logHeights;
}

function readCommitments(
  session: Session,
  input: {
    readonly key: VerifyingKey;
    readonly layouts: readonly TreeLayout[];
    readonly schedule: FoldSchedule;
  },
): Commitments {
  const { key, layouts, schedule } = input;
  const { field, challenger } = session;
  const { system } = key;
  const { grinding, queries } = system.parameters;
  const roots = new Map<TreeName, Uint32Array>();
  if (key.fixedRoot !== null) roots.set("fixed", key.fixedRoot);
  roots.set("main", session.root(tags.mainRoot));

  session.work(tags.lookupWork, grinding.lookup);
  const [alpha, beta] = challenger.drawExtensions(tags.lookupChallenges, field, 2);
  const drawn = { alpha: alpha!, beta: beta! };
  const buses = busChallenges(field, drawn, system.tupleWidthMax);
  const withBuses = system.tables.filter((table) => table.groups.length > 0).length;
  if (withBuses > 0) roots.set("auxiliary", session.root(tags.auxiliaryRoot));
  const terminals = session.extensions(tags.terminals, withBuses);

  session.work(tags.constraintWork, grinding.constraints);
  const combiner = challenger.drawExtension(tags.constraintChallenge, field);
  roots.set("quotient", session.root(tags.quotientRoot));

  session.work(tags.deepWork, grinding.deep);
  const point = challenger.drawExtension(tags.deepPoint, field);
  // In the base field it could be a row of the trace or of a codeword.
  require(point.some((coefficient, i) => i > 0 && coefficient !== 0), "OPENING_POINT_IN_DOMAIN");
  const claimed = readClaimed(session, layouts);

  session.work(tags.batchWork, grinding.batch);
  const batcher = challenger.drawExtension(tags.batchChallenge, field);
  const layers = schedule.folds.map(() => {
    const root = session.root(tags.foldRoot);
    session.work(tags.foldWork, grinding.fold);
    return { root, beta: challenger.drawExtension(tags.foldChallenge, field) };
  });
  const finalLength = 2 ** schedule.logFinalLength;
  const finalPolynomial = session.extensions(tags.finalPolynomial, finalLength);
  session.work(tags.queryWork, grinding.query);
  const logSize = schedule.folds[0]?.logSize ?? schedule.logFinalSize;
  const raw = challenger.drawPositions(tags.queryPositions, queries, logSize);
  const positions = shiftPositions(
    raw.sort((a, b) => a - b),
    0,
  );
  const rest = { layers, finalPolynomial, positions };
  return { roots, buses, terminals, combiner, point, claimed, batcher, ...rest };
}

/** The claimed values of all matrices, absorbed together. */
function readClaimed(session: Session, layouts: readonly TreeLayout[]): ClaimedValues[][] {
  const counts = layouts.flatMap(({ matrices }) => matrices.map((m) => m.points * m.width));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const values = session.extensions(tags.openings, total);
  let at = 0;
  return layouts.map(({ matrices }) =>
    matrices.map(({ points, width }) =>
      Array.from({ length: points }, () => {
        at += width;
        return values.slice(at - width, at);
      }),
    ),
  );
}

/** The tables' sums and the public terms cancel. */
function checkBuses(system: System, statement: Statement, commitments: Commitments): void {
  const { field } = system;
  const publicSum = sumPublicTerms(field, commitments.buses, statement.publicTerms);
  const total = commitments.terminals.reduce((sum, term) => field.add(sum, term), publicSum);
  require(field.equal(total, field.zero), "BUS_UNBALANCED");
}

/** Base coefficients' columns, `degree` at a time, as columns of extension elements. */
function joinColumns(field: ExtensionField, columns: readonly Extension[]): Extension[] {
  const basis = field.one.map((_, d) => field.pow(field.root, d));
  const joined: Extension[] = [];
  for (let at = 0; at < columns.length; at += field.degree) {
    joined.push(
      basis.reduce((sum, unit, d) => field.add(sum, field.mul(unit, columns[at + d]!)), field.zero),
    );
  }
  return joined;
}

/** For each table: the combined constraints are the vanishing polynomial times the quotient. */
function checkConstraints(input: {
  readonly system: System;
  readonly statement: Statement;
  readonly logHeights: readonly number[];
  readonly layouts: readonly TreeLayout[];
  readonly commitments: Commitments;
}): void {
  const { system, layouts, commitments } = input;
  const { field } = system;
  let busIndex = 0;
  system.tables.forEach((table, index) => {
    const logHeight = input.logHeights[index]!;
    const valuesOf = (name: TreeName, point: 0 | 1): readonly Extension[] => {
      const tree = layouts.findIndex((layout) => layout.name === name);
      const matrix = layouts[tree]?.matrices.findIndex((m) => m.table === index) ?? -1;
      return matrix < 0 ? [] : (commitments.claimed[tree]![matrix]![point] ?? []);
    };
    const opening: TableOpening = {
      fixed: valuesOf("fixed", 0),
      local: valuesOf("main", 0),
      next: valuesOf("main", 1),
      auxiliary: joinColumns(field, valuesOf("auxiliary", 0)),
      auxiliaryNext: joinColumns(field, valuesOf("auxiliary", 1)),
    };
    const combined = combinedConstraintsAt({
      field,
      table,
      logHeight,
      point: commitments.point,
      publicValues: input.statement.publicValues[index]!,
      buses: commitments.buses,
      terminal: table.groups.length > 0 ? commitments.terminals[busIndex++]! : field.zero,
      opening,
      combiner: commitments.combiner,
    });
    const step = field.pow(commitments.point, 2 ** logHeight);
    const quotient = joinColumns(field, valuesOf("quotient", 0)).reduceRight(
      (sum, chunk) => field.add(field.mul(sum, step), chunk),
      field.zero,
    );
    const expected = field.mul(vanishingAt(field, commitments.point, logHeight), quotient);
    require(field.equal(combined, expected), "CONSTRAINTS_UNSATISFIED", {
      table: table.program.name,
    });
  });
}

/** Everything that was committed, at the query positions. */
function checkOpenings(
  session: Session,
  input: {
    readonly system: System;
    readonly layouts: readonly TreeLayout[];
    readonly schedule: FoldSchedule;
    readonly commitments: Commitments;
  },
): void {
  const { system, layouts, schedule, commitments } = input;
  const { logBlowup } = system.parameters;
  const { positions } = commitments;
  const logSize = schedule.folds[0]?.logSize ?? schedule.logFinalSize;
  const opened = layouts.map(({ name, matrices }) => {
    const shapes = matrices.map(({ width, logHeight }) => ({
      width,
      logHeight: logHeight + logBlowup,
    }));
    return readOpening(session.reader, {
      root: commitments.roots.get(name)!,
      shapes,
      positions,
      logSize,
    });
  });
  const shared = { field: system.field, layouts, logBlowup, positions, logSize };
  const reduced = reducedOpenings({ ...shared, ...commitments, opened });
  verifyQueries(session.reader, { ...shared, ...commitments, schedule, reduced });
}
