/**
 * Where two outputs of a slot differ, field by field and in words: for people who compare two versions
 * of a process.
 *
 * @module
 */

import { toHex, utf8Text } from "../base/bytes.ts";
import { idText } from "../protocol/ids.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import type { Tag } from "../protocol/message.ts";
import { type Output, outputRecord } from "../protocol/output.ts";
import type { Pair } from "./state-difference.ts";

/** A field of the output, `messages[0].tags` say, and what it is on both sides; null where absent. */
export interface FieldDifference extends Pair<string | null> {
  readonly field: string;
}

/** What came of a slot: all returned bytes, or the reason of the failure. */
export interface SlotOutcome {
  readonly output: Uint8Array | null;
  readonly diagnostic: Diagnostic | null;
}

/** Differences shown of one slot. */
const differencesMax = 32;

/** The fields that differ; none where the returned bytes are the same, or both failed. */
export function outputDifferences(
  current: SlotOutcome,
  candidate: SlotOutcome,
): readonly FieldDifference[] {
  const ours = fieldsOf(current);
  const theirs = fieldsOf(candidate);
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((field) => ({
      field,
      current: ours.get(field) ?? null,
      candidate: theirs.get(field) ?? null,
    }))
    .filter((each) => each.current !== each.candidate)
    .slice(0, differencesMax);
}

/** A slot's outcome as a list of named texts. What a failure says is no part of what is committed. */
function fieldsOf({ output }: SlotOutcome): ReadonlyMap<string, string> {
  if (output === null) return new Map([["exit", "failed"]]);
  return new Map([["exit", "ok"], ...outputFields(outputRecord.decode(output))]);
}

function outputFields({ output, messages, spawns, logs }: Output): [string, string][] {
  const items = (name: string, each: Output["messages"][number] | Output["spawns"][number]) => {
    const fields: [string, string][] = [[`${name}.tags`, tagText(each.tags)]];
    if ("target" in each) fields.unshift([`${name}.target`, idText(each.target)]);
    if (each.data !== null) fields.push([`${name}.data`, dataText(each.data)]);
    return fields;
  };
  return [
    ["output", dataText(output)],
    ...messages.flatMap((each, i) => items(`messages[${i}]`, each)),
    ...spawns.flatMap((each, i) => items(`spawns[${i}]`, each)),
    ...logs.map((line, i): [string, string] => [`logs[${i}]`, JSON.stringify(line)]),
  ];
}

/** Quoted, so that equal texts are equal tags. */
function tagText(tags: readonly Tag[]): string {
  const nameText = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));
  return tags.map(({ name, value }) => `${nameText(name)}=${JSON.stringify(value)}`).join(" ");
}

/** Quoted text where it is UTF-8, else hexadecimal: equal texts are equal bytes. */
function dataText(data: Uint8Array): string {
  const text = utf8Text(data);
  return text === null ? `0x${toHex(data)}` : JSON.stringify(text);
}
