/**
 * How a command declares its options and arguments (`config.ts` reads them), and the error of wrong
 * use.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type ConfigErrorCode =
  | "OPTION_UNKNOWN"
  | "OPTION_INVALID"
  | "OPTION_MISSING"
  | "ARGUMENT_MISSING"
  | "ARGUMENT_UNEXPECTED"
  | "CONFIG_FILE_INVALID";

/** Wrong use: exit code 2. */
export class ConfigError extends CodedError<ConfigErrorCode> {
  override readonly name = "ConfigError";
}

interface OptionCommon {
  /** As in `--name`: lower case with hyphens. */
  readonly name: string;
  readonly help: string;
  /** Default: `NYMCOMPUTE_` and the name in capitals with underscores. Null: from no variable. */
  readonly env?: string | null;
  /** One letter, as in `-o`. */
  readonly short?: string;
  /** What the help shows as the value, such as `FILE`. */
  readonly placeholder?: string;
}

/** What one option is. Without a default its value may be `undefined`, unless it is required. */
export type OptionDeclaration = OptionCommon &
  (
    | {
        readonly kind: "string";
        readonly default?: string;
        readonly required?: true;
        /** The only values there are. */
        readonly choices?: readonly string[];
      }
    | {
        readonly kind: "number";
        readonly default?: number;
        readonly required?: true;
        /** Inclusive. Numbers are integers. */
        readonly min?: number;
        readonly max?: number;
      }
    /** `--name`, `--no-name`; in a variable `1`, `0`, `true`, `false`. */
    | { readonly kind: "boolean"; readonly default: boolean }
    /** Repeats as a flag; comma-separated in a variable; an array in the file. */
    | { readonly kind: "list"; readonly default: readonly string[]; readonly required?: true }
    /** A size: `4096`, `64KiB`, `16MiB`, `1GiB`. */
    | { readonly kind: "bytes"; readonly default?: number; readonly required?: true }
  );

type ValueOfKind<Declaration extends OptionDeclaration> = Declaration["kind"] extends "string"
  ? string
  : Declaration["kind"] extends "boolean"
    ? boolean
    : Declaration["kind"] extends "list"
      ? readonly string[]
      : number;

/** The values by name; an option without default that is not required may be `undefined`. */
export type OptionValues<Declarations extends readonly OptionDeclaration[]> = {
  readonly [Declaration in Declarations[number] as Declaration["name"]]: Declaration extends
    | { readonly default: unknown }
    | { readonly required: true }
    ? ValueOfKind<Declaration>
    : ValueOfKind<Declaration> | undefined;
};

/** What stands without a flag, in order. */
export interface ArgumentDeclaration {
  readonly name: string;
  readonly help: string;
  readonly isOptional?: boolean;
  /** Only the last: it takes all that are left. */
  readonly isRepeated?: boolean;
}

export interface CommandDeclaration<Declarations extends readonly OptionDeclaration[]> {
  /** As typed, such as `nymcompute dev`. */
  readonly command: string;
  readonly summary: string;
  readonly options: Declarations;
  readonly arguments?: readonly ArgumentDeclaration[];
}

/** The variable of an option, or null. */
export function variableOf(option: OptionDeclaration): string | null {
  if (option.env !== undefined) return option.env;
  return `NYMCOMPUTE_${option.name.toUpperCase().replaceAll("-", "_")}`;
}
