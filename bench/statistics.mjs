/**
 * Numbers from rounds. A shared machine's speed drifts, so what is compared runs in turn, round by
 * round, and every ratio is the median of the rounds' own ratios.
 *
 * @module
 */

/** The middle value; the mean of the two middle ones. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The least value that `share` (0 to 1) of the values do not exceed. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Milliseconds that `work` takes. */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Runs all of `contestants` (name to function that answers a figure) one after the other, `rounds`
 * times, every second round backwards. Answers name to figures, in the order of the rounds.
 */
export async function interleaved(contestants, rounds) {
  const names = Object.keys(contestants);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) figures[name].push(await contestants[name](round));
  }
  return figures;
}

/** A row of the report: our rounds against the peer's, ratios round by round. */
export function compared({ ours, peer, ...row }) {
  const ratios = ours.map((value, round) => value / peer[round]);
  return {
    ...row,
    value: median(ours),
    peerValue: median(peer),
    ratio: median(ratios),
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
  };
}
