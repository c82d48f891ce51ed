/**
 * One option's value out of text (flags, variables) or JSON (the file), checked against its
 * declaration.
 *
 * @module
 */

import { ConfigError, type OptionDeclaration } from "./config-declaration.ts";

export type OptionValue = string | number | boolean | readonly string[];

const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const truths: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["true", true],
  ["0", false],
  ["false", false],
]);

function invalid(expected: string, got: string, where: string): ConfigError {
  return new ConfigError("OPTION_INVALID", { expected, got, next: `mend ${where}` });
}

/** Reads what a flag or variable gave. `where` names it in the error. */
export function readText(
  option: OptionDeclaration,
  given: string | boolean | readonly string[],
  where: string,
): OptionValue {
  if (typeof given === "boolean") return given;
  if (option.kind === "list") {
    return typeof given === "string" ? given.split(",").map((part) => part.trim()) : given;
  }
  const text = typeof given === "string" ? given : given.join(",");
  switch (option.kind) {
    case "string":
      return checkChoice(option, text, where);
    case "number":
      if (!/^-?[0-9]{1,15}$/.test(text)) throw invalid("an integer", text, where);
      return checkRange(option, Number(text), where);
    case "bytes":
      return readSize(text, where);
    case "boolean": {
      const truth = truths.get(text.toLowerCase());
      if (truth === undefined) throw invalid("1, 0, true or false", text, where);
      return truth;
    }
  }
}

/** Reads what the file gave: JSON of the option's own type; a size may be a number or text. */
export function readValue(option: OptionDeclaration, value: unknown, where: string): OptionValue {
  const got = JSON.stringify(value);
  switch (option.kind) {
    case "string":
      if (typeof value === "string") return checkChoice(option, value, where);
      throw invalid("text", got, where);
    case "number":
      if (Number.isSafeInteger(value)) return checkRange(option, value as number, where);
      throw invalid("an integer", got, where);
    case "bytes":
      if (typeof value === "string") return readSize(value, where);
      if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
      throw invalid("a size", got, where);
    case "boolean":
      if (typeof value === "boolean") return value;
      throw invalid("true or false", got, where);
    case "list":
      if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
      throw invalid("a list of texts", got, where);
  }
}

function checkChoice(
  option: OptionDeclaration & { readonly kind: "string" },
  text: string,
  where: string,
): string {
  if (option.choices === undefined || option.choices.includes(text)) return text;
  throw invalid(option.choices.join(" or "), text, where);
}

function checkRange(
  option: OptionDeclaration & { readonly kind: "number" },
  value: number,
  where: string,
): number {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = option;
  if (value >= min && value <= max) return value;
  throw invalid(`an integer from ${min} to ${max}`, String(value), where);
}

function readSize(text: string, where: string): number {
  const [, digits, unit] = /^([0-9]{1,15})(KiB|MiB|GiB|)$/.exec(text) ?? [];
  const size = Number(digits) * (sizeUnits[unit ?? ""] ?? Number.NaN);
  if (Number.isSafeInteger(size)) return size;
  throw invalid("a size such as 4096, 64KiB, 16MiB or 1GiB", text, where);
}
