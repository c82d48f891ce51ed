/**
 * For commands that run until they are ended: Ctrl-C and SIGTERM abort a signal once; a second one
 * ends this process at once.
 *
 * @module
 */

export interface Ending {
  readonly signal: AbortSignal;
  /** Resolves when the end begins. */
  readonly begun: Promise<void>;
  /** Stops listening. */
  release(): void;
}

/** Listens from now on. */
export function untilSignal(): Ending {
  const ending = new AbortController();
  const onSignal = (): void => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort(new Error("ended by a signal"));
  };
  // Without a listener a closed terminal would leave the units without their clean end.
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: ending.signal,
    begun: new Promise((done) => {
      ending.signal.addEventListener("abort", () => done(), { once: true });
    }),
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
