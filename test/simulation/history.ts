/**
 * What a run shows to the outside, and what is wrong about it. Every event goes into one log whose
 * hash tells whether two runs of a seed were the same; promises that have been made are held to what
 * is said later, at once.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { equalBytes } from "../../src/base/bytes.ts";
import type { AttestedBytes } from "../../src/client/result-watch.ts";
import { acceptancesRecord } from "../../src/protocol/acceptance.ts";
import { attestationRecord } from "../../src/protocol/attestation.ts";
import { entryRecord } from "../../src/protocol/entry.ts";
import { logPageRecord } from "../../src/protocol/envelope.ts";
import { evaluationPageRecord } from "../../src/protocol/evaluation.ts";
import { idText } from "../../src/protocol/ids.ts";
import { kinds } from "../../src/protocol/kinds.ts";
import { kindOf } from "../../src/protocol/record.ts";
import { resultDigestOf, resultRecord } from "../../src/protocol/result.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** Something that must never be. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

/** An acknowledgement that a client got. */
export interface Acknowledged {
  readonly id: string;
  readonly process: string;
  readonly slot: number;
  readonly entry: Uint8Array;
}

/** See the module comment. */
export class History {
  readonly #time: SimulatedTime;
  readonly #lines: string[] = [];
  /** The first entry that anyone was told for a slot, and the first result by unit and entry. */
  readonly #entries = new Map<string, string>();
  readonly #attested = new Map<string, string>();
  readonly #epochs = new Map<string, string>();
  /** Signed heads: the first root that anyone was told for a size. */
  readonly heads = new Map<number, Uint8Array>();
  #newestHead = 0;
  /** By process and slot: leaves of the newest head when somebody was first told an attestation. */
  readonly spokenUnder = new Map<string, number>();
  readonly violations: Violation[] = [];
  readonly acknowledged: Acknowledged[] = [];
  /** What units attested, in the order in which it was said. */
  readonly attested: AttestedBytes[] = [];
  /** Message id → the code under which a client was told that it is refused. */
  readonly refused = new Map<string, string>();
  /** States that were reached, and how often. */
  readonly reached = new Map<string, number>();

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  note(line: string): void {
    this.#lines.push(`${this.#time.now.toFixed(3)} ${line}`);
  }

  reach(state: string): void {
    this.reached.set(state, (this.reached.get(state) ?? 0) + 1);
  }

  violate(rule: string, detail: string): void {
    this.note(`VIOLATION ${rule}: ${detail}`);
    this.violations.push({ rule, detail });
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  hash(): string {
    const hash = createHash("sha256");
    for (const line of this.#lines) hash.update(line).update("\n");
    return hash.digest("hex");
  }

  /** What a unit answers is a promise: of one order, and of one result for one entry. */
  observe(unit: string, answer: { readonly status: number; readonly body: Uint8Array }): void {
    if (answer.status >= 300 || answer.body.length === 0) return;
    const kind = answer.body[0] === 0x7b ? null : kindOf(answer.body);
    if (kind === kinds.logPage) {
      for (const { entry } of logPageRecord.decode(answer.body).items) this.#promised(unit, entry);
    } else if (kind === kinds.acceptances) {
      for (const { assignment } of acceptancesRecord.decode(answer.body).acceptances) {
        if (assignment !== null) this.#promised(unit, assignment);
      }
    } else if (kind === kinds.evaluationPage) {
      for (const one of evaluationPageRecord.decode(answer.body).evaluations) {
        if (one.attestation !== null) this.#spoken(one.result, one.attestation);
      }
    }
  }

  #promised(unit: string, bytes: Uint8Array): void {
    const { process, slot, messageId } = entryRecord.decode(bytes);
    const place = `${idText(process)} ${slot}`;
    const message = idText(messageId);
    const earlier = this.#entries.get(place) ?? message;
    this.#entries.set(place, earlier);
    if (earlier !== message) this.violate("one order", `${unit} says two messages for ${place}`);
  }

  #spoken(result: Uint8Array, attestation: Uint8Array): void {
    this.attested.push({ result, attestation });
    const { process, slot, entryHash } = resultRecord.decode(result);
    const { unit } = attestationRecord.decode(attestation);
    const key = `${idText(unit)} ${idText(process)} ${idText(entryHash)}`;
    const digest = idText(resultDigestOf(result));
    const earlier = this.#attested.get(key) ?? digest;
    this.#attested.set(key, earlier);
    const place = `${idText(process)} ${slot}`;
    if (!this.spokenUnder.has(place)) this.spokenUnder.set(place, this.#newestHead);
    if (earlier !== digest) this.violate("one result", `two attested for slot ${slot}`);
  }

  /** A signed head is a promise of one history, whichever instance signs. */
  headSigned(size: number, root: Uint8Array): void {
    this.note(`head of ${size}`);
    this.#newestHead = Math.max(this.#newestHead, size);
    const earlier = this.heads.get(size) ?? root;
    this.heads.set(size, earlier);
    if (!equalBytes(earlier, root)) this.violate("one history", `two roots of ${size} leaves`);
  }

  /** An epoch separates instances: two must not assign under one. */
  assignedUnder(epoch: number, instance: string): void {
    const earlier = this.#epochs.get(String(epoch)) ?? instance;
    this.#epochs.set(String(epoch), earlier);
    if (earlier === instance) return;
    this.violate("one instance an epoch", `${instance} and ${earlier} both used ${epoch}`);
  }
}
