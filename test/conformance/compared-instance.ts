/**
 * One module in several engines at once: every call is made in all of them, and results, traps, gas
 * and the whole state must be the same. Differences are collected in words.
 *
 * @module
 */

import type { Value } from "../../src/wasm/interpreter/value-stack.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";
import type { Engine, EngineInstance, EngineLimits, EngineOutcome } from "./engine.ts";

interface Participant {
  readonly engine: Engine;
  readonly instance: EngineInstance;
}

/** What a comparison tells: differences, which must not be, and the words for each trap, which may. */
export interface ComparisonObserver {
  readonly report: (difference: string) => void;
  /** Each engine's own reason, in the engines' order. */
  readonly trapped?: (reasons: readonly string[]) => void;
}

export class ComparedInstance {
  readonly #participants: readonly Participant[];
  readonly #report: (difference: string) => void;
  readonly #observer: ComparisonObserver;

  constructor(participants: readonly Participant[], observer: ComparisonObserver) {
    this.#participants = participants;
    this.#observer = observer;
    this.#report = observer.report;
  }

  /** Calls in all engines; the first engine's outcome, which the others share or it is reported. */
  invoke(name: string, args: readonly Value[]): EngineOutcome {
    const outcomes = this.#participants.map(({ instance }) => instance.invoke(name, args));
    const first = outcomes[0] as EngineOutcome;
    const call = `${name}(${args.join()})`;
    this.#compare(call, outcomes.map(outcomeText));
    if (first.ok) this.#compare(`gas of ${call}`, this.#gasCounted());
    else this.#observer.trapped?.(outcomes.map((each) => (each.ok ? "returned" : each.reason)));
    this.#compareStates(call);
    return first;
  }

  /** An exported global in all engines. */
  get(name: string): Value {
    const values = this.#participants.map(({ instance }) => instance.get(name));
    this.#compare(`global ${name}`, values.map(String));
    return values[0] as Value;
  }

  #gasCounted(): string[] {
    return this.#participants
      .map(({ instance }) => instance.gasUsed())
      .filter((gas) => gas !== null)
      .map(String);
  }

  #compareStates(after: string): void {
    const globals = this.#participants.map(({ instance }) => instance.globals().join());
    this.#compare(`globals after ${after}`, globals);
    const memories = this.#participants.map(({ instance }) => instance.memory());
    const expected = memories[0] as Uint8Array;
    memories.forEach((memory, position) => {
      if (Buffer.compare(memory, expected) === 0) return;
      this.#report(`memory after ${after}: ${this.#nameOf(position)} differs`);
    });
  }

  #compare(what: string, texts: readonly string[]): void {
    if (texts.every((text) => text === texts[0])) return;
    this.#report(`${what}: ${texts.map((text, i) => `${this.#nameOf(i)} ${text}`).join("; ")}`);
  }

  #nameOf(position: number): string {
    return this.#participants[position]?.engine.name ?? "";
  }
}

/**
 * The module in all engines; null where a segment does not fit, which all must say alike.
 */
export function instantiateCompared(
  engines: readonly Engine[],
  validated: ValidatedModule,
  limits: EngineLimits,
  observer: ComparisonObserver,
): ComparedInstance | null {
  const participants: Participant[] = [];
  for (const engine of engines) {
    const instance = engine.instantiate(validated, limits);
    if (instance !== null) participants.push({ engine, instance });
  }
  if (participants.length > 0 && participants.length < engines.length) {
    observer.report(
      `only ${participants.map(({ engine }) => engine.name).join()} could instantiate`,
    );
  }
  return participants.length === engines.length
    ? new ComparedInstance(participants, observer)
    : null;
}

/** Traps are equal whatever their reason. */
function outcomeText(outcome: EngineOutcome): string {
  return outcome.ok ? `[${outcome.results.join()}]` : "trap";
}
