/**
 * Audits a process (spec/09-http.md §5.3): reads its log from slot 0, computes the genesis root, and has
 * every step shown by a proof that begins where the one before ended. The level `proven` is said here
 * and nowhere else, and only where nothing is missing. All of it comes from the process's id; no unit
 * is believed.
 *
 * What an earlier audit verified is taken from `known`, which the caller must have kept from others'
 * hands. Rejects where a unit does not answer; what is wrong is in the verdict.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { SignatureVerifier } from "../crypto/signature.ts";
import { checkMessage } from "../protocol/check.ts";
import { entryHashOf } from "../protocol/entry.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { contentIdOf, type Digest, idText } from "../protocol/ids.ts";
import { memoryPageBytes } from "../protocol/limits.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { genesisRoot } from "../zkvm/genesis-root.ts";
import { type PreparedModule, prepareModule } from "../zkvm/slot-context.ts";
import { UnprovableError } from "../zkvm/unprovable.ts";
import { type AuditedSlot, AuditLog } from "./audit-log.ts";
import type { AuditSource } from "./audit-source.ts";
import { type StepOutcome, type StepSubject, stepOf } from "./audit-step.ts";
import { type AuditVerdict, auditVerdict, type MissingSlots } from "./audit-verdict.ts";
import { CheckLines } from "./check-lines.ts";
import { checkHeads } from "./head-lines.ts";
import type { Placed } from "./receipt-parts.ts";

export interface AuditOptions {
  readonly network: Digest;
  readonly process: Digest;
  readonly source: AuditSource;
  readonly verifier: SignatureVerifier;
  /** The last slot; by default the newest. */
  readonly to?: number;
  /** Verifier keys of witnesses, one line each. */
  readonly witnesses?: readonly string[];
  /** What an earlier audit came to. */
  readonly known?: readonly AuditedSlot[];
  /** How long to wait, in all, for proofs that are being made. */
  readonly waitMs?: number;
  readonly clock?: Pick<Clock, "monotonic">;
  readonly onProgress?: (progress: AuditProgress) => void;
  /** Told from time to time, and at the end, what there is to be kept for the next audit. */
  readonly onKept?: (slots: readonly AuditedSlot[]) => Promise<void>;
}

export interface AuditProgress {
  readonly slot: number;
  /** The slot that the log is said to fill next. */
  readonly next: number;
  /** Steps verified in this run. */
  readonly verified: number;
}

/** Steps after which what is verified is handed out to be kept. */
const keepEvery = 16;
/** How long one request waits for a proof. */
const lookMs = 10_000;

/** The verdict on a process. */
export function auditProcess(options: AuditOptions): Promise<AuditVerdict> {
  return new Audit(options).run();
}

/** A check has failed: the audit ends there. */
class Refused extends Error {}

/** What everyone can compute from the process's id. */
interface Origin {
  readonly terms: SpawnTerms;
  readonly genesis: Digest;
  readonly module: PreparedModule | string;
}

class Audit {
  readonly #options: AuditOptions;
  readonly #lines: CheckLines;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #waitEnd: number;
  readonly #missing: MissingSlots[] = [];
  #verified = 0;
  /** Spent on results and proofs, waiting for them included. */
  #stepsMs = 0;
  #log: AuditLog | null = null;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lines = new CheckLines(this.#clock);
    this.#waitEnd = this.#clock.monotonic() + (options.waitMs ?? 0);
  }

  async run(): Promise<AuditVerdict> {
    let genesis: Digest | null = null;
    try {
      const origin = await this.#origin();
      ({ genesis } = origin);
      await this.#steps(origin);
      await this.#head(origin);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    } finally {
      await this.#keep();
    }
    return this.#verdict(genesis);
  }

  /** One line. A unit that does not answer, or has not the module, makes nothing invalid: it rejects. */
  async #line<Value>(name: string, check: () => Promise<readonly [Value, string]>): Promise<Value> {
    const start = this.#clock.monotonic();
    try {
      const [value, detail] = await check();
      const ms = this.#clock.monotonic() - start - this.#stepsMs;
      this.#lines.add(name, "valid", detail, ms);
      return value;
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code === "MODULE_MISSING") throw error;
      this.#lines.add(name, "invalid", error.message, this.#clock.monotonic() - start);
      throw new Refused();
    }
  }

  async #origin(): Promise<Origin> {
    const { source, process, network, verifier } = this.#options;
    const terms = await this.#line("spawn", async () => {
      const [spawn] = (await source.log(0, 1)).items;
      if (spawn === undefined) throw new ProtocolError("SLOT_UNKNOWN", { slot: 0 });
      // Whether its sender is proven, where it must be, is checked with the log.
      const message = checkMessage(spawn, network, null, () => true);
      if (message.spawn === null || !equalBytes(message.id, process)) {
        const got = idText(message.id);
        throw new ProtocolError("ENTRY_MESSAGE", { expected: idText(process), got });
      }
      const verdicts = await verifier.verify(message.claims);
      if (!verdicts.every((holds) => holds)) {
        throw new ProtocolError("SIGNATURE_INVALID", { message: idText(message.id) });
      }
      return [message.spawn, `by ${idText(message.body.owner.id)}`] as const;
    });
    const bytes = await this.#line("module", async () => {
      const module = await source.module(terms.module);
      const expected = idText(terms.module);
      if (module === null) throw new ProtocolError("MODULE_MISSING", { module: expected });
      const got = contentIdOf(module);
      if (equalBytes(got, terms.module)) return [module, expected] as const;
      throw new ProtocolError("CONTENT_MISMATCH", { expected, got: idText(got) });
    });
    const genesis = await this.#line("genesis", async () => {
      const root = genesisRoot(bytes);
      return [root, idText(root)] as const;
    });
    return { terms, genesis, module: preparedOf(bytes, terms) };
  }

  async #steps(origin: Origin): Promise<void> {
    const { network, process, source, verifier, known = [] } = this.#options;
    const { terms } = origin;
    const log = new AuditLog({ network, process, source, verifier, terms, known });
    const to = this.#options.to ?? Number.MAX_SAFE_INTEGER;
    const wrong: string[] = [];
    await this.#line("log", async () => {
      await log.resume();
      this.#log = log;
      for (let slot = 0; slot <= to; slot++) {
        if (log.slots[slot]?.step != null) continue;
        const placed = await log.placed(slot);
        if (placed === null) break;
        this.#options.onProgress?.({ slot, next: log.next, verified: this.#verified });
        const start = this.#clock.monotonic();
        const outcome = await this.#stepOf(this.#subject(origin, log, slot, placed));
        this.#stepsMs += this.#clock.monotonic() - start;
        if (outcome.kind === "invalid") {
          wrong.push(`slot ${slot}: ${outcome.detail}`);
          break;
        }
        if (outcome.kind === "missing") this.#miss(slot, outcome);
        else await this.#note(log, slot, outcome);
      }
      return [null, `slots 0 to ${this.#count - 1}, chained, every signature holds`] as const;
    });
    for (const detail of wrong) this.#lines.add("steps", "invalid", detail, this.#stepsMs);
  }

  /** Whether the scheduler's signature is on the log that was read, and who has cosigned it. */
  async #head({ terms }: Origin): Promise<void> {
    const { source, network, witnesses = [] } = this.#options;
    const slot = this.#count - 1;
    const audited = this.#log?.slots[slot]?.entryHash;
    if (audited === undefined) return;
    const receipt = await source.receipt(slot);
    const entry = (await source.log(slot, 1)).items[0]?.entry ?? new Uint8Array();
    const isSame = equalBytes(entryHashOf(entry), audited);
    checkHeads(this.#lines, { entry, receipt, witnesses }, isSame ? { network, terms } : null);
  }

  #subject(origin: Origin, log: AuditLog, slot: number, placed: Placed): StepSubject {
    const { terms, module, genesis } = origin;
    const isRefused = typeof module !== "string" && module.translated === null;
    const isStillborn = slot > 0 && log.slots[0]?.step?.failed === true;
    const fixedRoot = isRefused || isStillborn ? genesis : null;
    return { process: this.#options.process, slot, terms, placed, module, fixedRoot };
  }

  /** The best that any unit shows; a wrong answer of one does not hide the right one of another. */
  async #stepOf(subject: StepSubject): Promise<StepOutcome> {
    const outcomes: StepOutcome[] = [];
    const silences: unknown[] = [];
    for (const unit of this.#options.source.units) {
      try {
        const outcome = await this.#patiently(unit, subject);
        if (outcome.kind === "shown") return outcome;
        outcomes.push(outcome);
      } catch (error) {
        silences.push(error);
      }
    }
    const [first] = outcomes;
    if (first === undefined && silences.length > 0) throw silences[0];
    const invalid = outcomes.find(({ kind }) => kind === "invalid");
    return invalid ?? first ?? { kind: "missing", state: "absent", reason: "no compute unit" };
  }

  async #patiently(unit: AuditSource["units"][number], subject: StepSubject): Promise<StepOutcome> {
    for (;;) {
      const leftMs = Math.max(0, Math.floor(this.#waitEnd - this.#clock.monotonic()));
      const outcome = await stepOf(unit, subject, Math.min(lookMs, leftMs));
      const isComing =
        outcome.kind === "missing" &&
        ["queued", "proving", "not evaluated"].includes(outcome.state);
      if (!isComing || leftMs === 0) return outcome;
    }
  }

  async #note(
    log: AuditLog,
    slot: number,
    { step }: Extract<StepOutcome, { kind: "shown" }>,
  ): Promise<void> {
    log.note(slot, step);
    this.#verified++;
    if (this.#verified % keepEvery === 0) await this.#keep();
  }

  async #keep(): Promise<void> {
    if (this.#log !== null) await this.#options.onKept?.(this.#log.slots);
  }

  #miss(slot: number, { state, reason }: Extract<StepOutcome, { kind: "missing" }>): void {
    const last = this.#missing.at(-1);
    const joins = last?.to === slot - 1 && last.state === state && last.reason === reason;
    const from = joins ? last.from : slot;
    if (joins) this.#missing.pop();
    this.#missing.push({ from, to: slot, state, reason });
  }

  /** Slots that were looked at. */
  get #count(): number {
    const to = this.#options.to ?? Number.MAX_SAFE_INTEGER;
    return Math.min(this.#log?.slots.length ?? 0, to + 1);
  }

  #verdict(genesis: Digest | null): AuditVerdict {
    const steps = (this.#log?.slots ?? []).slice(0, this.#count).map(({ step }) => step);
    const parts = { genesis, steps, verified: this.#verified, missing: this.#missing };
    return auditVerdict(this.#lines, { ...parts, stepsMs: this.#stepsMs });
  }
}

/** The module as proofs are checked against it, or why none can be. */
function preparedOf(bytes: Uint8Array, { memoryLimit }: SpawnTerms): PreparedModule | string {
  try {
    return prepareModule(bytes, memoryLimit / memoryPageBytes);
  } catch (error) {
    if (error instanceof UnprovableError) return error.code;
    throw error;
  }
}
