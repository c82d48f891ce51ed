/**
 * A process's own rules.
 *
 * @module
 */

/**
 * Aborts unless the condition holds: the evaluation fails, nothing of it stays, nothing goes out.
 * The build turns the call into the compiler's `assert`, so that the abort names the caller's line.
 */
export function guard(condition: bool, text: string): void {
  assert(condition, text);
}
