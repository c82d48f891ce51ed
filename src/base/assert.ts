/**
 * Assertions for our own mistakes. Input from outside never reaches them: it fails with a code.
 *
 * @module
 */

/** Thrown when the program itself is wrong; nothing catches it but a unit's top-level handler. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops the program if `condition` does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
