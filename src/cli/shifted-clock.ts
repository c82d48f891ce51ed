/**
 * A process whose wall clock is not the machine's. Time that only passes (waits, measurements) goes on
 * as it does.
 *
 * @module
 */

/** From now on everything in this process reads the time through the answer, which moves it. */
export function shiftedClock(): (offsetMs: number) => void {
  const now = Date.now.bind(Date);
  let offset = 0;
  Date.now = () => now() + offset;
  return (offsetMs) => {
    offset = offsetMs;
  };
}
