/**
 * What came of a message, as a test reads it.
 *
 * @module
 */

import { utf8Text } from "../base/bytes.ts";
import { idText } from "../protocol/ids.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import type { Tag } from "../protocol/message.ts";
import { outputRecord } from "../protocol/output.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import type { EvaluationOutput } from "../runtime/evaluation-input.ts";

/** Something that a process said in one message. */
export interface KitSpawn {
  /** By name; of a name that repeats, the first. */
  readonly tags: Readonly<Record<string, string>>;
  /** All of them, in order. */
  readonly tagList: readonly Tag[];
  /** The data as text; null where there is none or where it is not UTF-8. */
  readonly data: string | null;
  readonly dataBytes: Uint8Array | null;
}

/** A message that a process sent. */
export interface KitMessage extends KitSpawn {
  readonly target: string;
}

/** One message's evaluation. */
export interface KitEvaluation {
  readonly process: string;
  readonly slot: number;
  /** The message's id. */
  readonly id: string;
  readonly ok: boolean;
  /** The output as text; empty where it is not UTF-8. */
  readonly text: string;
  readonly output: Uint8Array;
  readonly messages: readonly KitMessage[];
  readonly spawns: readonly KitSpawn[];
  readonly logs: readonly string[];
  readonly gasUsed: number;
  /** The state root after it. */
  readonly root: string;
  /** Why it failed, with the place in the source; null where it is good. */
  readonly diagnostic: Diagnostic | null;
}

/** Reads an evaluation's canonical bytes. */
export function kitEvaluation(
  evaluated: EvaluationOutput,
  diagnostic: Diagnostic | null,
): KitEvaluation {
  const result = resultRecord.decode(evaluated.result);
  const output = evaluated.output === null ? null : outputRecord.decode(evaluated.output);
  return {
    process: idText(result.process),
    slot: result.slot,
    id: idText(result.messageId),
    ok: result.exit === exits.ok,
    text: output === null ? "" : (utf8Text(output.output) ?? ""),
    output: output?.output ?? new Uint8Array(0),
    messages: (output?.messages ?? []).map((each) => ({
      target: idText(each.target),
      ...contentOf(each),
    })),
    spawns: (output?.spawns ?? []).map(contentOf),
    logs: output?.logs ?? [],
    gasUsed: result.gasUsed,
    root: idText(result.postRoot),
    diagnostic,
  };
}

/** Tags and data as a test reads them. */
export function contentOf(item: {
  readonly tags: readonly Tag[];
  readonly data: Uint8Array | null;
}): KitSpawn {
  const tags: Record<string, string> = {};
  for (const { name, value } of item.tags) if (!Object.hasOwn(tags, name)) tags[name] = value;
  return {
    tags,
    tagList: item.tags,
    data: item.data === null ? null : utf8Text(item.data),
    dataBytes: item.data,
  };
}
