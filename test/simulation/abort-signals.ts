/**
 * Abort signals for simulated time. The platform's own cost a twelfth of a run, and which of them
 * still hear each other hangs on its garbage collector; these do what units ask of them and no more.
 *
 * @module
 */

import type { SimulatedTime } from "./simulated-time.ts";

type Listener = () => void;

class LightSignal {
  aborted = false;
  reason: unknown = undefined;
  readonly #listeners = new Set<Listener>();

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.delete(listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** Tells everyone who listens, once. */
  end(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

/** One error for all that end: making one each would be a fiftieth of a run. */
const aborted = new DOMException("This operation was aborted", "AbortError");
const timedOut = new DOMException("The operation was aborted due to timeout", "TimeoutError");

class LightController {
  readonly signal: LightSignal = new LightSignal();

  abort(reason: unknown = aborted): void {
    this.signal.end(reason);
  }
}

function any(sources: Iterable<AbortSignal>): AbortSignal {
  const signal = new LightSignal();
  const signals = [...sources];
  const ended = signals.find((source) => source.aborted);
  if (ended !== undefined) {
    signal.end(ended.reason);
    return signal as unknown as AbortSignal;
  }
  const listeners = signals.map(
    (source): Listener =>
      () => {
        signals.forEach((other, i) => {
          const listener = listeners[i];
          if (listener !== undefined) other.removeEventListener("abort", listener);
        });
        signal.end(source.reason);
      },
  );
  signals.forEach((source, i) => {
    const listener = listeners[i];
    if (listener !== undefined) source.addEventListener("abort", listener, { once: true });
  });
  return signal as unknown as AbortSignal;
}

/**
 * Puts these signals in the place of the platform's while `run` is under way, and their time limits on
 * simulated time: they are the one thing that units take from the platform by name.
 */
export async function withAbortSignals<Answer>(
  time: SimulatedTime,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const { AbortController: controllers } = globalThis;
  const platform = {
    any: AbortSignal.any.bind(AbortSignal),
    timeout: AbortSignal.timeout.bind(AbortSignal),
  };
  globalThis.AbortController = LightController as unknown as typeof AbortController;
  AbortSignal.any = any;
  AbortSignal.timeout = (ms) => {
    const limit = new LightSignal();
    time.after(ms, () => limit.end(timedOut));
    return limit as unknown as AbortSignal;
  };
  try {
    return await run();
  } finally {
    globalThis.AbortController = controllers;
    Object.assign(AbortSignal, platform);
  }
}
