/**
 * Inspected state in lines: a value on one line where it is one, else its parts below it.
 *
 * @module
 */

import type { Inspected, InspectedGlobal } from "../kit/inspect-state.ts";

const linesMax = 2000;

export function stateText(globals: readonly InspectedGlobal[]): string {
  const lines = globals.flatMap(({ name, value }) => valueLines(`${name}: `, value, ""));
  if (lines.length <= linesMax) return lines.join("\n");
  const more = `… ${lines.length - linesMax} more lines (--global NAME shows one global)`;
  return [...lines.slice(0, linesMax), more].join("\n");
}

function valueLines(label: string, value: Inspected, indent: string): readonly string[] {
  const inner = `${indent}  `;
  const { fields, items, entries } = value;
  const head = `${indent}${label}${headOf(value)}`;
  if (fields !== undefined) {
    return [head, ...fields.flatMap((each) => valueLines(`${each.name}: `, each.value, inner))];
  }
  if (entries !== undefined) {
    return [
      head,
      ...entries.flatMap((each) => {
        return valueLines(`${oneLine(each.key)} => `, each.value, inner);
      }),
    ];
  }
  if (items === undefined) return [head];
  return [head, ...items.flatMap((each, i) => valueLines(`${i}: `, each, inner))];
}

function headOf({ type, value, length, note, items, entries }: Inspected): string {
  const said = note === undefined ? "" : ` (${note})`;
  const isCollection = items !== undefined || entries !== undefined || value === undefined;
  const count = length === undefined || !isCollection ? "" : ` of ${length}`;
  return `${type}${count}${value === undefined ? "" : ` ${scalarText(type, value)}`}${said}`;
}

function scalarText(type: string, value: string | number | boolean | null): string {
  return type === "String" && value !== null ? JSON.stringify(value) : String(value);
}

/** A key; one that is more than a value is told by its type. */
function oneLine(key: Inspected): string {
  return key.value === undefined ? headOf(key) : scalarText(key.type, key.value);
}
