/**
 * Compares what compute units attest of the processes that name them (spec/16-evidence.md §4): reads each unit's
 * results once, in order, holds those of one unit against each other and against the module, and those of several
 * units of one entry against each other. What convicts is a file; a difference between two units convicts
 * neither, for one of them is right.
 *
 * @module
 */

import { concatBytes, equalBytes, toBase64url } from "../base/bytes.ts";
import type { SignatureClaim, SignatureVerifier } from "../crypto/signature.ts";
import { attestationClaim, attestationRecord } from "../protocol/attestation.ts";
import { checked } from "../protocol/errors.ts";
import type { UnitInfo } from "../protocol/http.ts";
import { type Digest, idText, parseId } from "../protocol/ids.ts";
import { resultRecord } from "../protocol/result.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import type { ComputeClient } from "./compute-client.ts";
import type { Finding } from "./findings.ts";
import { type AttestedBytes, ResultWatch, type UnitAccusation } from "./result-watch.ts";
import type { UnitCaller } from "./unit-call.ts";

/** A process of a log that is followed. */
export interface MonitoredProcess {
  readonly process: Digest;
  /** Entries that its log has. */
  readonly slots: number;
  /** The body of its spawn; null where its scheduler does not serve it. */
  readonly spawn: () => Promise<Uint8Array | null>;
  /** Null where its scheduler does not serve it. */
  readonly module: (id: Digest) => Promise<Uint8Array | null>;
}

/** One compute unit. */
export interface MonitoredUnit extends Pick<ComputeClient, "evaluations"> {
  readonly unit: Pick<UnitCaller, "url">;
  info(): Promise<Pick<UnitInfo, "address">>;
}

/** What one look came to. */
export interface ResultLook {
  readonly findings: readonly Finding[];
  /** Why units could not be looked at, in full or in part. */
  readonly silent: readonly string[];
}

interface AskedUnit {
  readonly client: MonitoredUnit;
  /** Its address; null until it has said it. */
  address: Digest | null;
  /** By process: the slot that is read next. */
  readonly next: Map<string, number>;
}

interface Subject extends Omit<MonitoredProcess, "spawn"> {
  readonly spawn: Uint8Array;
}

const pageMax = 64;
/** Results that are read again, beside new ones: what a unit says of them must be what it said. */
const againMax = 16;
/** Entries of which the first result is kept; of more the oldest are forgotten. */
const keptMax = 4096;

export class ResultMonitor {
  readonly #units: readonly AskedUnit[];
  readonly #verifier: SignatureVerifier;
  readonly #watch = new ResultWatch();
  /** By process and entry: the first result of it. */
  readonly #first = new Map<string, { readonly unit: string; readonly result: Uint8Array }>();
  #findings: Finding[] = [];
  #silent: string[] = [];
  #size = 0;

  constructor(units: readonly MonitoredUnit[], verifier: SignatureVerifier) {
    this.#units = units.map((client) => ({ client, address: null, next: new Map() }));
    this.#verifier = verifier;
  }

  /** Attested results that were read and compared, each once. */
  get size(): number {
    return this.#size;
  }

  /** One look at what the units say of these processes. Never rejects for a unit that is away. */
  async look(processes: readonly MonitoredProcess[]): Promise<ResultLook> {
    this.#findings = [];
    this.#silent = [];
    const answering: AskedUnit[] = [];
    for (const unit of this.#units) {
      if (await this.#ask(unit, () => this.#learn(unit))) answering.push(unit);
    }
    for (const one of processes) await this.#lookAt(one, answering);
    return { findings: this.#findings, silent: [...new Set(this.#silent)] };
  }

  async #learn(unit: AskedUnit): Promise<void> {
    unit.address ??= parseId((await unit.client.info()).address, "unit");
  }

  /** False where the unit does not answer, which is said. */
  async #ask(unit: AskedUnit, ask: () => Promise<void>): Promise<boolean> {
    try {
      await ask();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#silent.push(`${unit.client.unit.url}: ${reason}`);
      return false;
    }
  }

  async #lookAt(one: MonitoredProcess, answering: readonly AskedUnit[]): Promise<void> {
    const key = idText(one.process);
    const isBehind = ({ next }: AskedUnit): boolean => (next.get(key) ?? 0) < one.slots;
    if (!answering.some(isBehind)) return;
    const spawn = await one.spawn();
    const terms = spawn === null ? null : checked(() => termsOfSpawn(spawn));
    if (spawn === null || terms?.ok !== true) return;
    // Only of a process that names it: to ask for another would have the unit follow it.
    const { units } = terms.value.compute;
    const named = ({ address }: AskedUnit): boolean =>
      units.some((unit) => address !== null && equalBytes(unit, address));
    let reading = answering.filter((unit) => isBehind(unit) && named(unit));
    // Page by page of all units together, so that what is compared was read a short while ago.
    while (reading.length > 0) {
      const more: AskedUnit[] = [];
      for (const unit of reading) {
        await this.#ask(unit, async () => {
          if (await this.#readPage(unit, { ...one, spawn })) more.push(unit);
        });
      }
      reading = more;
    }
  }

  /** Takes the next results of a unit; false where it has no more. */
  async #readPage({ client, next }: AskedUnit, subject: Subject): Promise<boolean> {
    const key = idText(subject.process);
    const known = next.get(key) ?? 0;
    const from = Math.max(0, known - againMax);
    const page = await client.evaluations(subject.process, { from, limit: pageMax });
    const attested: AttestedBytes[] = [];
    for (const { result, attestation } of page) {
      if (attestation === null) break;
      attested.push({ result, attestation });
    }
    const holds = await this.#verified(attested);
    for (const [i, one] of attested.entries()) {
      const place = `slot ${from + i} of ${key}`;
      const { url } = client.unit;
      if (placeIn(one.result) !== place) {
        this.#say("RESULTS_WITHHELD", `${url}: ${placeIn(one.result)} in place of ${place}`);
        return false;
      }
      if (holds[i] === true) await this.#take(one, subject);
      else this.#say("ATTESTATION_INVALID", `${url}: ${place}`);
    }
    const last = from + attested.length;
    next.set(key, Math.max(known, last));
    this.#size += Math.max(0, last - known);
    return last > known && last < subject.slots && attested.length === page.length;
  }

  /** One signature stands for many results: each is verified once a page. */
  async #verified(attested: readonly AttestedBytes[]): Promise<readonly boolean[]> {
    const distinct = new Map<string, SignatureClaim>();
    const keys = attested.map(({ result, attestation }) => {
      const claim = checked(() => attestationClaim(attestationRecord.decode(attestation), result));
      if (!claim.ok) return null;
      // The payload names the unit, and the unit is its key.
      const key = toBase64url(concatBytes(claim.value.payload, claim.value.signature));
      distinct.set(key, claim.value);
      return key;
    });
    const verdicts = await this.#verifier.verify([...distinct.values()]);
    const holds = new Map([...distinct.keys()].map((key, i) => [key, verdicts[i] === true]));
    return keys.map((key) => key !== null && holds.get(key) === true);
  }

  async #take(attested: AttestedBytes, { spawn, module }: Subject): Promise<void> {
    this.#accuse(this.#watch.take(attested));
    const read = checked(() => resultRecord.decode(attested.result));
    if (!read.ok) return;
    const { process, entryHash, slot, module: moduleId } = read.value;
    if (slot === 0) {
      const bytes = await module(moduleId);
      if (bytes !== null) this.#accuse(this.#watch.takeGenesis(attested, spawn, bytes));
    }
    const unit = idText(attestationRecord.decode(attested.attestation).unit);
    const key = `${idText(process)} ${idText(entryHash)}`;
    const first = this.#first.get(key);
    if (first === undefined) {
      this.#first.set(key, { unit, result: attested.result });
      const [oldest] = this.#first.keys();
      if (this.#first.size > keptMax && oldest !== undefined) this.#first.delete(oldest);
    } else if (first.unit !== unit && !equalBytes(first.result, attested.result)) {
      const both = `${first.unit} and ${unit}`;
      this.#say(
        "RESULTS_DIFFER",
        `${both} attest different results of ${placeIn(attested.result)}`,
      );
    }
  }

  #accuse(accusation: UnitAccusation | null): void {
    if (accusation === null) return;
    const { code, detail, unit } = accusation.conviction;
    this.#say(code, `compute unit ${idText(unit)}: ${detail}`, accusation.file);
  }

  #say(code: string, detail: string, file: Uint8Array | null = null): void {
    const isKnown = this.#findings.some((one) => one.code === code && one.detail === detail);
    if (!isKnown) this.#findings.push({ code, detail, file });
  }
}

function placeIn(result: Uint8Array): string {
  const read = checked(() => resultRecord.decode(result));
  if (!read.ok) return "a result that cannot be read";
  return `slot ${read.value.slot} of ${idText(read.value.process)}`;
}
