/**
 * Several URLs of one unit: instances of a scheduler on one store, of which one leads. They are told by
 * the address that each claims at `GET /`; a request that fails at one, or that one sits on, goes to the
 * next, and later ones begin where the last was answered. Every request of a unit may be repeated.
 *
 * @module
 */

import { mediaTypes, type UnitInfo } from "../protocol/http.ts";
import {
  jsonOf,
  type UnitAnswer,
  UnitCallError,
  type UnitCaller,
  type UnitFetch,
  type UnitRequest,
  unitCaller,
  unitTimeoutMs,
} from "./unit-call.ts";

/** How much longer than its caller expects a request may take before another instance is asked too. */
const patienceMs = 1500;
/** For the address of a URL. */
const learnMs = 2000;

/** A caller for each URL; those of one address stand in for each other. */
export function unitCallers(urls: readonly string[], fetchUnit?: UnitFetch): readonly UnitCaller[] {
  const callers = urls.map((url) => unitCaller(url, fetchUnit));
  if (callers.length < 2) return callers;
  const instances = new Instances(callers);
  return callers.map(({ url }, own) => ({
    url,
    call: (request) => instances.call(own, request),
  }));
}

/** True where another instance may have an answer: none came, or this one cannot serve. */
function isTurning(error: unknown): boolean {
  return error instanceof UnitCallError && (error.status === 0 || error.status >= 500);
}

class Instances {
  readonly #callers: readonly UnitCaller[];
  /** What each URL claims to be, once it has answered. */
  readonly #addresses = new Map<number, string>();
  /** By address: which instance answered last. */
  readonly #answering = new Map<string, number>();

  constructor(callers: readonly UnitCaller[]) {
    this.#callers = callers;
  }

  async call(own: number, request: UnitRequest): Promise<UnitAnswer> {
    const address = this.#addresses.get(own);
    if (address === undefined) {
      const answer = await this.#one(own, request);
      void this.#learn();
      return answer;
    }
    const known = this.#instancesOf(own, address);
    try {
      return await this.#first(address, known, request);
    } catch (error) {
      if (!isTurning(error)) throw error;
      await this.#learn();
      const others = this.#instancesOf(own, address).filter((index) => !known.includes(index));
      if (others.length === 0) throw error;
      return await this.#first(address, others, request);
    }
  }

  #one(index: number, request: UnitRequest): Promise<UnitAnswer> {
    const caller = this.#callers[index];
    if (caller === undefined) throw new RangeError("an instance for each URL");
    return caller.call(request);
  }

  /** The one that answered last, the one that was meant, and the others. */
  #instancesOf(own: number, address: string): readonly number[] {
    const named = [...this.#addresses].filter(([, other]) => other === address);
    const order = [this.#answering.get(address) ?? own, own, ...named.map(([index]) => index)];
    return [...new Set(order)];
  }

  /** Asks those that have not said yet what they are. Never rejects. */
  async #learn(): Promise<void> {
    const all = this.#callers.map((_, index) => index);
    const unknown = all.filter((index) => !this.#addresses.has(index));
    const asked = unknown.map(async (index) => {
      const request = { method: "GET", path: "/", accept: mediaTypes.json } as const;
      const info = jsonOf<UnitInfo>(await this.#one(index, { ...request, timeoutMs: learnMs }));
      this.#addresses.set(index, String(info.address));
    });
    await Promise.allSettled(asked);
  }

  /** The first answer; the next is asked where one fails, or has not answered for long. */
  #first(address: string, order: readonly number[], request: UnitRequest): Promise<UnitAnswer> {
    const over = new AbortController();
    const signals = request.signal === undefined ? [] : [request.signal];
    const signal = AbortSignal.any([...signals, over.signal]);
    const expectedMs = Math.max(0, (request.timeoutMs ?? unitTimeoutMs) - unitTimeoutMs);
    return new Promise((resolve, reject) => {
      const failures: unknown[] = [];
      let next = 0;
      const settle = (result: () => void): void => {
        if (over.signal.aborted) return;
        over.abort();
        result();
      };
      const ask = (): void => {
        const turn = next++;
        const index = order[turn];
        if (index === undefined || over.signal.aborted) return;
        const goOn = (): void => {
          if (next === turn + 1) ask();
        };
        const onAnswer = (answer: UnitAnswer): void => {
          this.#answering.set(address, index);
          resolve(answer);
        };
        const onFailure = (error: unknown): void => {
          failures.push(error);
          if (!isTurning(error)) settle(() => reject(error));
          else if (failures.length === order.length) settle(() => reject(failures[0]));
          else goOn();
        };
        const asked = this.#one(index, { ...request, signal });
        asked.then((answer) => settle(() => onAnswer(answer)), onFailure);
        const patience = AbortSignal.timeout(expectedMs + patienceMs);
        patience.addEventListener("abort", goOn, { once: true });
      };
      ask();
    });
  }
}
