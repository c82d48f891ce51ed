/**
 * The text of `--help`, made from a command's declaration so that it cannot fall behind it.
 *
 * @module
 */

import {
  type CommandDeclaration,
  type OptionDeclaration,
  variableOf,
} from "./config-declaration.ts";

/** The text of `--help`. */
export function helpText(declaration: CommandDeclaration<readonly OptionDeclaration[]>): string {
  const usage = (declaration.arguments ?? []).map(({ name, isOptional, isRepeated }) => {
    const shown = isRepeated === true ? `${name} …` : name;
    return isOptional === true ? ` [${shown}]` : ` ${shown}`;
  });
  const lines = [
    declaration.summary,
    "",
    `Usage: ${declaration.command}${usage.join("")}${declaration.options.length > 0 ? " [options]" : ""}`,
  ];
  if (declaration.arguments !== undefined && declaration.arguments.length > 0) {
    lines.push("", "Arguments:");
    lines.push(...table(declaration.arguments.map(({ name, help }) => [name, help])));
  }
  lines.push("", "Options:");
  const rows = declaration.options.map((option): [string, string] => [
    flagOf(option),
    notesOf(option),
  ]);
  lines.push(...table([...rows, ["-h, --help", "show this text"]]));
  return `${lines.join("\n")}\n`;
}

function flagOf(option: OptionDeclaration): string {
  const placeholders = { string: "TEXT", number: "N", boolean: "", list: "TEXT", bytes: "SIZE" };
  const placeholder = option.placeholder ?? placeholders[option.kind];
  const short = option.short === undefined ? "" : `-${option.short}, `;
  const flag = option.kind === "boolean" && option.default ? `no-${option.name}` : option.name;
  return `${short}--${flag}${placeholder === "" ? "" : ` ${placeholder}`}`;
}

function notesOf(option: OptionDeclaration): string {
  const notes: string[] = [];
  if (option.kind === "string" && option.choices !== undefined) {
    notes.push(`one of ${option.choices.join(", ")}`);
  }
  if (option.kind === "list") notes.push("repeats");
  if (option.kind !== "boolean") {
    if (option.required === true) notes.push("required");
    else if (option.default !== undefined && String(option.default) !== "") {
      notes.push(`default ${String(option.default)}`);
    }
  }
  const variable = variableOf(option);
  if (variable !== null) notes.push(variable);
  return notes.length === 0 ? option.help : `${option.help} (${notes.join("; ")})`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
