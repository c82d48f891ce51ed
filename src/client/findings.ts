/**
 * What a monitor has to say after a look (spec/16-evidence.md §4): each thing once, with a file where it convicts.
 *
 * @module
 */

import { type Accusation, accusationOf } from "../log/log-watch.ts";
import type { Signatures } from "../log/signatures.ts";
import type { LogEvidence } from "../protocol/log-evidence.ts";

/** What a monitor says. */
export interface Finding {
  /** `E0` to `E8` where a file convicts, else a word. */
  readonly code: string;
  /** For people. */
  readonly detail: string;
  /** The evidence; null where there is none that others would have to believe. */
  readonly file: Uint8Array | null;
}

export class Findings {
  readonly #signatures: Signatures;
  #all: Finding[] = [];

  constructor(signatures: Signatures) {
    this.#signatures = signatures;
  }

  get all(): readonly Finding[] {
    return this.#all;
  }

  clear(): void {
    this.#all = [];
  }

  say(code: string, detail: string, file: Uint8Array | null = null): readonly Finding[] {
    const isKnown = this.#all.some((one) => one.code === code && one.detail === detail);
    if (!isKnown) this.#all.push({ code, detail, file });
    return this.#all;
  }

  take({ conviction, file }: Accusation): void {
    this.say(conviction.code, conviction.detail, file);
  }

  /** Says what the evidence convicts of, or something else where it does not. */
  accuse(
    evidence: LogEvidence,
    otherwise: { readonly code: string; readonly detail: string },
  ): void {
    const accusation = accusationOf(evidence, this.#signatures);
    if (accusation === null) this.say(otherwise.code, otherwise.detail);
    else this.take(accusation);
  }
}
