/**
 * The base of every error with a code (spec/10-errors.md): a stable code, what was expected, what
 * came, and where. Each layer has its own closed list of codes and its own subclass.
 *
 * @module
 */

/** Fields beside the code; values are shown to people and written to logs. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | null>>;

/** An error that outside input or the environment may cause. `Code` is a closed list of strings. */
export class CodedError<Code extends string = string> extends Error {
  override readonly name: string = "CodedError";
  readonly code: Code;
  readonly fields: ErrorFields;

  constructor(code: Code, fields: ErrorFields = {}, options?: ErrorOptions) {
    super(describe(code, fields), options);
    this.code = code;
    this.fields = fields;
  }
}

function describe(code: string, fields: ErrorFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  return parts.length === 0 ? code : `${code}: ${parts.join(", ")}`;
}
