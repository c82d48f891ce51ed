/**
 * The outbox (spec/06-execution.md §6): the bodies of what a process sends. The guest sets target,
 * tags and data; the host sets owner, anchor, network, depth and budget, so that equal messages of
 * two slots have two ids, and the work below one signed message is bounded by its budget.
 *
 * @module
 */

import { leafHash, merkleRoot } from "../crypto/merkle.ts";
import { ProtocolError } from "./errors.ts";
import { type Digest, dataHashOf, idText, messageIdOf } from "./ids.ts";
import { bodyBytesMax, messageGasMin } from "./limits.ts";
import { type Body, bodyRecord, dataForms, ownerKinds, type Tag } from "./message.ts";
import type { Output } from "./output.ts";
import { outboxAnchor } from "./provenance.ts";
import { reservedTags, type SpawnTerms } from "./spawn.ts";

/** One message or spawn that a process sends. */
export interface OutboxItem {
  readonly id: Digest;
  readonly body: Body;
  readonly bodyBytes: Uint8Array;
  readonly data: Uint8Array | null;
}

/** Whose evaluation sends. */
export interface OutboxSource {
  readonly process: Digest;
  readonly slot: number;
  readonly terms: SpawnTerms;
  /** The message that was evaluated. */
  readonly parent: Body;
  readonly gasUsed: number;
}

/**
 * The budget of each of `count` messages: what is left of the parent's, in equal shares. An
 * evaluation takes at least `messageGasMin`, so that cheap messages end as well.
 */
export function budgetShare(parentBudget: number, gasUsed: number, count: number): number {
  if (count === 0) return 0;
  const left = Math.max(0, parentBudget - Math.max(gasUsed, messageGasMin));
  return Math.floor(left / count);
}

/**
 * The outbox of a decoded output: messages, then spawns, in the guest's order. Throws `RECORD_FIELD`
 * where a body would break a bound: the evaluation has failed then.
 */
export function outboxOf(output: Output, source: OutboxSource): readonly OutboxItem[] {
  const items = [
    ...output.messages,
    ...output.spawns.map(({ tags, data }) => ({
      target: null,
      tags: spawnTags(tags, source.terms),
      data,
    })),
  ];
  const budget = budgetShare(source.parent.budget, source.gasUsed, items.length);
  return items.map(({ target, tags, data }, index) => {
    const body: Body = {
      network: source.parent.network,
      owner: { kind: ownerKinds.process, id: source.process },
      target,
      anchor: outboxAnchor(source.slot, index),
      notAfter: 0,
      depth: source.parent.depth + 1,
      budget,
      tags,
      dataForm: dataForms.plain,
      dataHash: data === null ? null : dataHashOf(data),
      dataSize: data?.length ?? 0,
    };
    const bodyBytes = bodyRecord.encode(body);
    if (bodyBytes.length > bodyBytesMax) {
      const got = bodyBytes.length;
      throw new ProtocolError("RECORD_FIELD", {
        field: `outbox[${index}]`,
        expected: bodyBytesMax,
        got,
      });
    }
    return { id: messageIdOf(bodyBytes), body, bodyBytes, data };
  });
}

/** The tags of a spawn that a process makes: what it leaves out is as its spawner's. */
function spawnTags(tags: readonly Tag[], terms: SpawnTerms): readonly Tag[] {
  const given = new Set(tags.map((tag) => tag.name));
  const inherited: Tag[] = [
    { name: reservedTags.rules, value: String(terms.rules) },
    { name: reservedTags.scheduler, value: idText(terms.scheduler) },
    ...terms.compute.units.map((unit) => ({ name: reservedTags.compute, value: idText(unit) })),
    { name: reservedTags.evidence, value: terms.evidence },
  ];
  // The quorum goes with the set that it counts in.
  if (!given.has(reservedTags.compute) && terms.compute.units.length > 0) {
    inherited.push({ name: reservedTags.computeQuorum, value: String(terms.compute.count) });
  }
  return [...tags, ...inherited.filter((tag) => !given.has(tag.name))];
}

/** The outbox root of a result: RFC 6962 over the canonical bodies. */
export function outboxRootOf(bodies: readonly Uint8Array[]): Digest {
  return merkleRoot(bodies.map(leafHash));
}
