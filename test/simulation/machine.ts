/**
 * One run of one unit on its simulated machine. It can be paused, as by SIGSTOP, and crash at any call
 * of a port, before it or after it: a crashed run never hears or says anything again.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { History } from "./history.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** Some day in 2026. */
export const startOfTime = 1_790_000_000_000;

export interface MachineOptions {
  readonly name: string;
  readonly time: SimulatedTime;
  readonly history: History;
  /** By how much the machine's wall clock is off, ms. */
  readonly clockOffset: () => number;
  /** When it crashes: each call of a port counts twice, before it and after it. */
  readonly fuse: {
    readonly calls: number;
    /** Only calls of this name count; null: all of them. */
    readonly only: string | null;
  } | null;
  /** It stops at a call for a while, as a machine does that swaps: what it knows grows old. */
  readonly stall: {
    readonly calls: number;
    readonly ms: number;
    /** Only calls of this name count; null: all of them. */
    readonly only: string | null;
  } | null;
  /** Told at once; `where` names the port's call. */
  readonly onCrash: (where: string) => void;
}

/** A promise of the dead. */
const never = new Promise<never>(() => undefined);

export class Machine {
  readonly name: string;
  readonly #options: MachineOptions;
  #isAlive = true;
  #fuse: number;
  #callsToStall: number;
  /** What happens when the machine goes on; null while it runs. */
  #held: (() => void)[] | null = null;

  constructor(options: MachineOptions) {
    this.name = options.name;
    this.#options = options;
    this.#fuse = options.fuse?.calls ?? Number.POSITIVE_INFINITY;
    this.#callsToStall = options.stall?.calls ?? Number.POSITIVE_INFINITY;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#held !== null;
  }

  /** Nothing is planned for it any more. */
  defuse(): void {
    this.#fuse = Number.POSITIVE_INFINITY;
    this.#callsToStall = Number.POSITIVE_INFINITY;
  }

  /** Ends the run here and now. */
  crash(where: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#held = null;
    const { history, onCrash } = this.#options;
    history.note(`crash ${this.name} ${where}`);
    history.reach(`crash ${this.name.replace(/-\d+$/, "")} ${where}`);
    onCrash(where);
  }

  pause(): void {
    if (this.#isAlive) this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const action of held) this.run(action);
  }

  /** Runs an action on this machine: now, when it goes on, or never. */
  run(action: () => void): void {
    if (!this.#isAlive) return;
    if (this.#held !== null) this.#held.push(action);
    else action();
  }

  /** One call of a port, with a crash where the fuse is used up. */
  call<Answer>(label: string, begin: () => Promise<Answer>): Promise<Answer> {
    if (this.#strikes(label, "before")) return never;
    this.#stall(label);
    return new Promise((resolve, reject) => {
      const arrive = (deliver: () => void): void =>
        this.run(() => {
          if (!this.#strikes(label, "after")) deliver();
        });
      // Where it stalls here, it acts later on what it knew before.
      this.run(() => {
        begin().then(
          (value) => arrive(() => resolve(value)),
          (error: unknown) => arrive(() => reject(error)),
        );
      });
    });
  }

  #stall(label: string): void {
    const { stall, history, time } = this.#options;
    if (stall === null || (stall.only !== null && stall.only !== label)) return;
    if (--this.#callsToStall !== 0) return;
    history.note(`${this.name} stalls at ${label}`);
    history.reach(`stall at ${label}`);
    this.pause();
    time.after(stall.ms, () => this.resume());
  }

  #strikes(label: string, side: "before" | "after"): boolean {
    if (!this.#isAlive) return true;
    const only = this.#options.fuse?.only ?? null;
    if (only !== null && only !== label) return false;
    if (--this.#fuse > 0) return false;
    this.crash(`${label} ${side}`);
    return true;
  }

  /** The machine's clock; its sleepers do not wake while it is paused. */
  readonly clock: Clock = {
    now: () => startOfTime + Math.floor(this.#options.time.now + this.#options.clockOffset()),
    monotonic: () => this.#options.time.now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => reject(signal?.reason as Error);
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#options.time.after(ms, () =>
          this.run(() => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          }),
        );
      }),
  };

  /** The same port, whose calls are calls of this machine. */
  port<Port extends object>(name: string, port: Port): Port {
    const calls = new Map<PropertyKey, unknown>();
    return new Proxy(port, {
      get: (target, property) => {
        const known = calls.get(property);
        if (known !== undefined) return known;
        const method: unknown = Reflect.get(target, property);
        if (typeof method !== "function") return method;
        const label = `${name}.${String(property)}`;
        const call = (...given: unknown[]): unknown =>
          this.call(label, () => method.apply(target, given) as Promise<unknown>);
        calls.set(property, call);
        return call;
      },
    });
  }
}
