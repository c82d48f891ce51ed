/**
 * The prover's transcript and the words it has written (spec/08-proofs.md §7, §9), side by side, so
 * that nothing is sent without being absorbed.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { Extension } from "../field/extension.ts";
import { Challenger, type Tag } from "./challenger.ts";
import type { Engine } from "./engine.ts";
import type { ProofParameters } from "./parameters.ts";
import { ProofWriter } from "./proof-words.ts";

export class ProverSession {
  readonly writer: ProofWriter = new ProofWriter();
  readonly challenger: Challenger = new Challenger();
  readonly engine: Engine;
  readonly parameters: ProofParameters;

  constructor(engine: Engine, parameters: ProofParameters) {
    this.engine = engine;
    this.parameters = parameters;
  }

  root(tag: Tag, root: Uint32Array): void {
    this.writer.words(root);
    this.challenger.absorb(tag, root);
  }

  extensions(tag: Tag, elements: readonly Extension[]): void {
    this.writer.extensions(elements);
    this.challenger.absorb(tag, Uint32Array.from(elements.flat()));
  }

  async work(tag: Tag, bits: number): Promise<void> {
    if (bits === 0) return;
    const nonce = await this.engine.findNonce(this.challenger.state, tag, bits);
    this.writer.word(nonce);
    assert(this.challenger.acceptWork(tag, bits, nonce), "the engine's nonce is not the work");
  }
}
