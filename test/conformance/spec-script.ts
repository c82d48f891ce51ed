/**
 * The spec suite's scripts as `wast2json` writes them: commands, actions and expected values.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Value } from "../../src/wasm/interpreter/value-stack.ts";

export interface SpecValue {
  readonly type: string;
  readonly value: string;
}

export interface SpecAction {
  readonly type: "invoke" | "get";
  /** Name of the module acted on; the latest one where absent. */
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly SpecValue[];
}

export interface SpecCommand {
  readonly type:
    | "module"
    | "register"
    | "action"
    | "assert_return"
    | "assert_trap"
    | "assert_exhaustion"
    | "assert_invalid"
    | "assert_malformed"
    | "assert_unlinkable"
    | "assert_uninstantiable";
  readonly line: number;
  readonly filename?: string;
  readonly module_type?: "binary" | "text";
  readonly name?: string;
  /** The name under which `register` makes a module known to importers. */
  readonly as?: string;
  readonly action?: SpecAction;
  readonly expected?: readonly SpecValue[];
}

/** Commands of one of the suite's files. */
export function readScript(root: string, file: string): readonly SpecCommand[] {
  const text = readFileSync(join(root, file, `${file}.json`), "utf8");
  return (JSON.parse(text) as { commands: readonly SpecCommand[] }).commands;
}

/** True if all of the command's arguments and expected results are i32 or i64. */
export function isIntegerAssertion(command: SpecCommand): boolean {
  if (command.action === undefined || !command.type.startsWith("assert_")) return false;
  const values = [...(command.action.args ?? []), ...(command.expected ?? [])];
  return values.every(({ type }) => type === "i32" || type === "i64");
}

/** The value as engines take and give it: signed, i32 as a number, i64 as a bigint. */
export function toValue({ type, value }: SpecValue): Value {
  return type === "i32" ? Number(value) | 0 : BigInt.asIntN(64, BigInt(value));
}
