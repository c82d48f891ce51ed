/**
 * Options of a command or unit: from flags, then `NYMCOMPUTE_*` variables, then a configuration
 * file (`nymcompute.config.json`), then defaults; the first that names an option wins. Pure:
 * arguments, environment and file arrive as arguments.
 *
 * Every mistake is a `ConfigError` with one line: its code, what was expected, what came and from
 * where, and the next step.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  type CommandDeclaration,
  ConfigError,
  type OptionDeclaration,
  type OptionValues,
  variableOf,
} from "./config-declaration.ts";
import { helpText } from "./config-help.ts";
import { markIds, unmarked } from "./config-ids.ts";
import { type OptionValue, readText, readValue } from "./config-value.ts";

export interface ConfigSources {
  /** Without the program and the command. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file's text, or null where there is none. */
  readonly file: { readonly path: string; readonly text: string } | null;
  /** Names that other commands take from the same file; anything else in it is a mistake. */
  readonly otherNames?: readonly string[];
}

export type ConfigSource = "flag" | "environment" | "file" | "default";

export type ConfigResult<Declarations extends readonly OptionDeclaration[]> =
  | { readonly kind: "help"; readonly text: string }
  | {
      readonly kind: "run";
      readonly values: OptionValues<Declarations>;
      readonly arguments: readonly string[];
      /** Where each value came from. */
      readonly sources: Readonly<Record<string, ConfigSource>>;
    };

/** The configuration file's name, looked for in the working directory. */
export const configFileName = "nymcompute.config.json";

/** Reads all options of a command. Throws `ConfigError`. */
export function readConfig<const Declarations extends readonly OptionDeclaration[]>(
  declaration: CommandDeclaration<Declarations>,
  sources: ConfigSources,
): ConfigResult<Declarations> {
  const flags = readFlags(declaration, sources.argv);
  if (flags === null) return { kind: "help", text: helpText(declaration) };
  checkArguments(declaration, flags.arguments);
  const file = readFile(declaration, sources);
  const values: Record<string, OptionValue | undefined> = {};
  const from: Record<string, ConfigSource> = {};
  for (const option of declaration.options) {
    const variable = variableOf(option);
    const text = variable === null ? undefined : sources.env[variable];
    const flag = flags.values.get(option.name);
    if (flag !== undefined) {
      values[option.name] = readText(option, flag, `--${option.name}`);
      from[option.name] = "flag";
    } else if (variable !== null && text !== undefined && text !== "") {
      values[option.name] = readText(option, text, variable);
      from[option.name] = "environment";
    } else if (Object.hasOwn(file, option.name)) {
      const where = `${option.name} in ${sources.file?.path}`;
      values[option.name] = readValue(option, file[option.name], where);
      from[option.name] = "file";
    } else {
      values[option.name] = defaultOf(declaration, option);
      from[option.name] = "default";
    }
  }
  return {
    kind: "run",
    values: values as OptionValues<Declarations>,
    arguments: flags.arguments,
    sources: from,
  };
}

function defaultOf(
  declaration: CommandDeclaration<readonly OptionDeclaration[]>,
  option: OptionDeclaration,
): OptionValue | undefined {
  if (option.kind !== "boolean" && option.required === true) {
    const next = nextStep(declaration);
    throw new ConfigError("OPTION_MISSING", { expected: `--${option.name}`, got: "none", next });
  }
  return option.default;
}

function nextStep(declaration: CommandDeclaration<readonly OptionDeclaration[]>): string {
  return `${declaration.command} --help`;
}

interface Flags {
  /** Raw texts: one, several of a list, or a boolean. */
  readonly values: ReadonlyMap<string, string | boolean | readonly string[]>;
  readonly arguments: readonly string[];
}

/** Null where help is asked for. */
function readFlags(
  declaration: CommandDeclaration<readonly OptionDeclaration[]>,
  argv: readonly string[],
): Flags | null {
  const options: Record<string, { type: "string" | "boolean"; short?: string; multiple: boolean }> =
    {
      help: { type: "boolean", short: "h", multiple: true },
    };
  for (const option of declaration.options) {
    const type = option.kind === "boolean" ? "boolean" : "string";
    const short = option.short === undefined ? {} : { short: option.short };
    options[option.name] = { type, multiple: true, ...short };
    if (type === "boolean") options[`no-${option.name}`] = { type, multiple: true };
  }
  const next = nextStep(declaration);
  let parsed: ReturnType<typeof parseArgs>;
  try {
    const args = [...markIds(argv, (name) => options[name]?.type === "string")];
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    const isUnknown = code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
    const got = message.split(/\.(?:\s|$)/, 1)[0] ?? message;
    const expected = isUnknown ? "a known option" : "an option with its value";
    throw new ConfigError(isUnknown ? "OPTION_UNKNOWN" : "OPTION_INVALID", { expected, got, next });
  }
  if (parsed.values["help"] !== undefined) return null;
  const values = new Map<string, string | boolean | readonly string[]>();
  for (const option of declaration.options) {
    const own = parsed.values[option.name] as readonly (string | boolean)[] | undefined;
    const isNegated = parsed.values[`no-${option.name}`] !== undefined;
    if (own === undefined && !isNegated) continue;
    if (option.kind === "list") {
      values.set(option.name, own as readonly string[]);
      continue;
    }
    if ((own?.length ?? 0) > 1 || (own !== undefined && isNegated)) {
      const fields = { expected: `--${option.name} once`, got: "several", next };
      throw new ConfigError("OPTION_INVALID", fields);
    }
    values.set(option.name, isNegated ? false : (own?.[0] ?? true));
  }
  return { values, arguments: parsed.positionals.map(unmarked) };
}

function checkArguments(
  declaration: CommandDeclaration<readonly OptionDeclaration[]>,
  given: readonly string[],
): void {
  const declared = declaration.arguments ?? [];
  const next = nextStep(declaration);
  const missing = declared[given.length];
  if (missing !== undefined && missing.isOptional !== true) {
    throw new ConfigError("ARGUMENT_MISSING", { expected: missing.name, got: "none", next });
  }
  const unexpected = given[declared.length];
  if (unexpected !== undefined && declared.at(-1)?.isRepeated !== true) {
    const expected = `at most ${declared.length} arguments`;
    throw new ConfigError("ARGUMENT_UNEXPECTED", { expected, got: unexpected, next });
  }
}

function readFile(
  declaration: CommandDeclaration<readonly OptionDeclaration[]>,
  sources: ConfigSources,
): Readonly<Record<string, unknown>> {
  if (sources.file === null) return {};
  const { path, text } = sources.file;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    const got = (error as Error).message;
    throw new ConfigError("CONFIG_FILE_INVALID", { expected: "JSON", got, next: `mend ${path}` });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    const fields = { expected: "one JSON object", got: "another value", next: `mend ${path}` };
    throw new ConfigError("CONFIG_FILE_INVALID", fields);
  }
  const known = new Set([
    ...declaration.options.map(({ name }) => name),
    ...(sources.otherNames ?? []),
  ]);
  const unknown = Object.keys(content).find((name) => !known.has(name));
  if (unknown === undefined) return content as Readonly<Record<string, unknown>>;
  const fields = { expected: "a known option", got: unknown, next: `mend ${path}` };
  throw new ConfigError("OPTION_UNKNOWN", fields);
}
