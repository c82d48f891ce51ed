/**
 * What all commands have in common: `--help`, `--json`, options from flags, variables and file, exit
 * codes (0 done, 1 failed, 2 wrong use), errors in one line. With `--json` stdout holds one JSON
 * document and nothing else; a failure's document is `{"error": {code, message, fields, next}}`.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigSource, configFileName, readConfig } from "../node/config.ts";
import {
  type CommandDeclaration,
  ConfigError,
  type OptionDeclaration,
  type OptionValues,
} from "../node/config-declaration.ts";
import { CliError, type Failure, failureLine, failureOf } from "./cli-error.ts";
import type { Terminal } from "./terminal.ts";

/** A command that can be run. */
export interface Command {
  /** Answers the exit code. Rejects only with our own mistakes. */
  run(argv: readonly string[], terminal: Terminal): Promise<number>;
}

/** What a command is given. */
export interface CommandUse<Declarations extends readonly OptionDeclaration[]> {
  readonly values: OptionValues<Declarations>;
  readonly arguments: readonly string[];
  /** Where each value came from. */
  readonly sources: Readonly<Record<string, ConfigSource>>;
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

/** What a command ends with. */
export interface Outcome {
  /** The document of `--json`; undefined where the command wrote its own. */
  readonly json?: unknown;
  /** What people read. */
  readonly text?: string;
  /** The command did its work and the answer is no: told on stderr, with exit code 1. */
  readonly failure?: Error;
}

const jsonOption = {
  name: "json",
  kind: "boolean",
  default: false,
  help: "print one JSON document on stdout and nothing else",
} as const;

/** Names that any command or unit takes from the one configuration file. */
const fileNames: readonly string[] = [
  ...["messenger", "scheduler", "compute", "network", "key", "passphrase-file", "data", "port"],
  ...["budget", "timeout", "wait", "finality", "listen", "http", "log-level", "witness", "json"],
];

/** Makes a command of its declaration and of what it does. */
export function defineCommand<const Declarations extends readonly OptionDeclaration[]>(
  definition: CommandDeclaration<Declarations> & {
    readonly run: (use: CommandUse<Declarations>) => Promise<Outcome>;
  },
): Command {
  const { command, summary } = definition;
  const declaration = {
    command,
    summary,
    options: [...definition.options, jsonOption] as readonly OptionDeclaration[],
    ...(definition.arguments === undefined ? {} : { arguments: definition.arguments }),
  };
  const start = async (argv: readonly string[], terminal: Terminal): Promise<number> => {
    const file = configurationFile(terminal.folder);
    const { env } = terminal;
    const config = readConfig(declaration, { argv, env, file, otherNames: fileNames });
    if (config.kind === "help") {
      terminal.write(config.text);
      return 0;
    }
    const isJson = config.values["json"] === true;
    const outcome = await definition.run({
      values: config.values as OptionValues<Declarations>,
      arguments: config.arguments,
      sources: config.sources,
      isJson,
      terminal,
    });
    terminal.progress(null);
    report(outcome, isJson, terminal);
    if (outcome.failure === undefined) return 0;
    const failure = failureOf(outcome.failure);
    if (failure === null) throw outcome.failure;
    terminal.note(failureLine(command, failure).trimEnd());
    return 1;
  };
  return {
    run: async (argv, terminal) => {
      try {
        return await start(argv, terminal);
      } catch (error) {
        terminal.progress(null);
        const failure = failureOf(error);
        if (failure === null) throw error;
        tell(failure, { command, terminal, isJson: wantsJson(argv, terminal) });
        return isWrongUse(error) ? 2 : 1;
      }
    },
  };
}

function isWrongUse(error: unknown): boolean {
  return (
    error instanceof ConfigError || (error instanceof CliError && error.code === "ARGUMENT_INVALID")
  );
}

function report(outcome: Outcome, isJson: boolean, terminal: Terminal): void {
  if (isJson && outcome.json !== undefined) terminal.write(`${JSON.stringify(outcome.json)}\n`);
  if (!isJson && outcome.text !== undefined) terminal.write(`${outcome.text.trimEnd()}\n`);
}

/** Tells of a failure; stdout gets its document where a document was asked for. */
export function tell(
  failure: Failure,
  to: { readonly command: string; readonly terminal: Terminal; readonly isJson: boolean },
): void {
  const { command, terminal, isJson } = to;
  if (isJson) terminal.write(`${JSON.stringify({ error: failure })}\n`);
  terminal.note(failureLine(command, failure).trimEnd());
}

/** The wish may stand in a line that could not be read. */
function wantsJson(argv: readonly string[], terminal: Terminal): boolean {
  const variable = terminal.env["NYMCOMPUTE_JSON"];
  return argv.includes("--json") || variable === "1" || variable === "true";
}

function configurationFile(folder: string): { path: string; text: string } | null {
  try {
    return { path: configFileName, text: readFileSync(join(folder, configFileName), "utf8") };
  } catch {
    return null;
  }
}
