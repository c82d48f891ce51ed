/**
 * Values as people read them: times, sizes, gas, shortened ids. Pure; the language is the page's own,
 * so that screenshots and tests are the same everywhere.
 *
 * @module
 */

const number = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const calendar = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** `12,345`. */
export function countText(count: number): string {
  return number.format(count);
}

/** `abcdef…wxyz`; ids are told apart by both ends. */
export function shortId(id: string): string {
  return id.length <= 13 ? id : `${id.slice(0, 7)}…${id.slice(-5)}`;
}

/** Bytes in binary units, with at most three digits. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** Gas: `940`, `12.3 k`, `8.00 M`. */
export function gasText(gas: number): string {
  if (gas < 1000) return String(gas);
  if (gas < 999_500) return `${threeDigits(gas / 1000)} k`;
  if (gas < 999_500_000) return `${threeDigits(gas / 1e6)} M`;
  return `${threeDigits(gas / 1e9)} G`;
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

/** How long something took: `3 ms`, `1.2 s`, `4 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A time of the day, in this reader's zone. */
export function timeText(at: number): string {
  return clock.format(at);
}

/** Day and time. */
export function dateText(at: number): string {
  return `${calendar.format(at)}, ${clock.format(at)}`;
}
