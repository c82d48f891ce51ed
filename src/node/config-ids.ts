/**
 * Ids on a command line. One of 64 begins with a hyphen, and a parser of options would take it for
 * one; nobody chooses their id, so nobody should have to know the trick of writing `--` before it.
 *
 * @module
 */

const idText = /^-[A-Za-z0-9_-]{42}$/;

// No argument of a process can hold this character.
const mark = "\u0000";

/** The arguments with such ids made harmless: joined to their option, or marked. */
export function markIds(
  argv: readonly string[],
  takesValue: (option: string) => boolean,
): readonly string[] {
  const marked: string[] = [];
  for (const [i, argument] of argv.entries()) {
    if (argument === "--") return [...marked, ...argv.slice(i)];
    const before = marked.at(-1);
    if (!idText.test(argument)) marked.push(argument);
    else if (before?.startsWith("--") && takesValue(before.slice(2))) {
      marked[marked.length - 1] = `${before}=${argument}`;
    } else marked.push(mark + argument);
  }
  return marked;
}

/** A positional argument as it was typed. */
export function unmarked(argument: string): string {
  return argument.startsWith(mark) ? argument.slice(mark.length) : argument;
}
