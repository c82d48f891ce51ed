/**
 * The prover (spec/08-proofs.md §7 to §9): commits, draws, answers, in the verifier's order. Its
 * proofs are byte-identical on every run, with every engine and any number of threads.
 *
 * It checks the shape of what it is given and nothing more: a trace that breaks a constraint gives
 * a proof that the verifier refuses. `air/check-trace.ts` tells why.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { Extension } from "../field/extension.ts";
import { tags } from "./challenger.ts";
import type { Engine } from "./engine.ts";
import { proveOpenings } from "./fri/prove.ts";
import { busChallenges } from "./lookup/bus.ts";
import { logOf, type Matrix } from "./matrix.ts";
import { commit, type MerkleTree } from "./merkle/tree.ts";
import { proofVersion } from "./proof-words.ts";
import { ProverSession } from "./prover-session.ts";
import { moveMatrix, type ProvingKey } from "./proving-key.ts";
import { type Statement, statementWords } from "./statement.ts";
import type { System } from "./system.ts";

export interface ProverInput {
  /** One main trace for each table: its width, and a height that the system allows. */
  readonly traces: readonly Matrix[];
  readonly statement: Statement;
}

function checkTraces(system: System, traces: readonly Matrix[]): number[] {
  assert(traces.length === system.tables.length, "one trace for each table");
  return system.tables.map(({ program, logHeight }, i) => {
    const trace = traces[i]!;
    const log = logOf(trace.height);
    assert(trace.width === program.width, `${program.name}: width ${trace.width}`);
    assert(log >= logHeight.min && log <= logHeight.max, `${program.name}: height 2^${log}`);
    return log;
  });
}

function begin(session: ProverSession, key: ProvingKey, input: ProverInput): number[] {
  const { verifyingKey } = key;
  const logHeights = checkTraces(verifyingKey.system, input.traces);
  session.writer.word(proofVersion);
  session.writer.words(verifyingKey.digest);
  session.writer.words(Uint32Array.from(logHeights));
  session.challenger.absorb(tags.key, verifyingKey.digest);
  session.challenger.absorb(tags.statement, statementWords(input.statement));
  session.challenger.absorb(tags.heights, Uint32Array.from(logHeights));
  return logHeights;
}

async function extendAll(session: ProverSession, matrices: readonly Matrix[]): Promise<Matrix[]> {
  const extended: Matrix[] = [];
  for (const matrix of matrices) {
    extended.push(await session.engine.extend(matrix, session.parameters.logBlowup));
  }
  return extended;
}

/** Proves the statement; the engine must be for the key's extension. */
export async function prove(
  engine: Engine,
  key: ProvingKey,
  input: ProverInput,
): Promise<Uint8Array> {
  const { system } = key.verifyingKey;
  const { field } = engine;
  const { parameters, tables } = system;
  const { grinding } = parameters;
  assert(field.degree === system.field.degree, "an engine for another extension");
  const session = new ProverSession(engine, parameters);
  const { challenger } = session;
  const logHeights = begin(session, key, input);
  const traces = input.traces.map((trace) => moveMatrix(engine, trace));
  const extended = await extendAll(session, traces);
  const mainTree = await commit(engine, extended);
  session.root(tags.mainRoot, mainTree.root);

  await session.work(tags.lookupWork, grinding.lookup);
  const [alpha, beta] = challenger.drawExtensions(tags.lookupChallenges, field, 2);
  const buses = busChallenges(field, { alpha: alpha!, beta: beta! }, system.tupleWidthMax);
  const shared = tables.map((table, i) => ({
    table,
    logHeight: logHeights[i]!,
    publicValues: input.statement.publicValues[i]!,
    buses,
  }));
  const auxiliary: (Matrix | null)[] = [];
  const terminals: Extension[] = [];
  for (const [i, table] of tables.entries()) {
    if (table.groups.length === 0) {
      auxiliary.push(null);
      terminals.push(field.zero);
      continue;
    }
    const own = { ...shared[i]!, main: traces[i]!, fixed: key.fixed[i]! };
    const columns = await engine.lookupColumns(own);
    auxiliary.push(await engine.extend(columns.matrix, parameters.logBlowup, true));
    terminals.push(columns.terminal);
  }
  const present = auxiliary.filter((matrix) => matrix !== null);
  const auxiliaryTree = present.length === 0 ? null : await commit(engine, present);
  if (auxiliaryTree !== null) session.root(tags.auxiliaryRoot, auxiliaryTree.root);
  session.extensions(
    tags.terminals,
    terminals.filter((_, i) => auxiliary[i] !== null),
  );

  await session.work(tags.constraintWork, grinding.constraints);
  const combiner = challenger.drawExtension(tags.constraintChallenge, field);
  const quotients: Matrix[] = [];
  for (const [i, { quotientChunks: chunks }] of tables.entries()) {
    const values = await engine.quotientValues({
      ...shared[i]!,
      main: extended[i]!,
      fixed: key.extended[i]!,
      auxiliary: auxiliary[i]!,
      terminal: terminals[i]!,
      combiner,
    });
    const { logBlowup } = parameters;
    const shape = { logHeight: logHeights[i]!, chunks, logBlowup };
    quotients.push(await engine.extendQuotient(values, shape));
  }
  const quotientTree = await commit(engine, quotients);
  session.root(tags.quotientRoot, quotientTree.root);

  const trees: MerkleTree[] = [key.tree, mainTree, auxiliaryTree, quotientTree].filter(
    (tree) => tree !== null,
  );
  await proveOpenings(session, { system, logHeights, trees });
  return session.writer.finish();
}
