/**
 * A tree of messages in lines, and as JSON. A chain of messages that each cause one stays at its
 * indentation, and the middle of a long one is left out: the output is bounded whatever the tree.
 *
 * @module
 */

import type { MessageEvent } from "../protocol/http.ts";
import { messageGasMin } from "../protocol/limits.ts";
import { eventOf, type MessageTree, type TreeNode } from "./message-tree.ts";

const linesMax = 60;
const headLines = 40;
const depthShownMax = 12;

/** A message of a tree. */
export interface NodeView {
  readonly id: string;
  /** The message of the tree that caused it; null for the first. */
  readonly cause: string | null;
  readonly process: string;
  readonly action: string | null;
  readonly spawn: boolean;
  readonly slot: number | null;
  readonly state: string;
  /** `ok` or `failed`; null where there is no result. */
  readonly exit: string | null;
  readonly gasUsed: number | null;
  /** What it took of its cause's budget: at least the least that a message costs. */
  readonly gasCharged: number | null;
  /** Its result has a proof, as far as its messenger knows. */
  readonly proven: boolean;
  /** Of `stopped` and `refused`. */
  readonly reason: string | null;
  readonly detail: string | null;
  readonly budget: number;
  readonly depth: number;
  /** The ids of the messages that it caused. */
  readonly caused: readonly string[];
}

/**
 * A tree as a list, each message before those it caused. A list and no nesting: a chain may be a
 * thousand hops deep, and readers of JSON give up long before that (jq at 256 levels).
 */
export function listedTree(root: TreeNode): readonly NodeView[] {
  const views: NodeView[] = [];
  const waiting: { node: TreeNode; cause: string | null }[] = [{ node: root, cause: null }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, cause } = next;
    views.push(viewOf(node, cause));
    const { id } = node.status;
    for (const child of [...node.caused].reverse()) waiting.push({ node: child, cause: id });
  }
  return views;
}

function viewOf({ status, caused }: TreeNode, cause: string | null): NodeView {
  const { id, process, action, spawn, slot, state, budget, depth, events } = status;
  const evaluated = eventOf(events, "evaluated");
  const ending = eventOf(events, "stopped") ?? eventOf(events, "refused");
  return {
    id,
    cause,
    process,
    action,
    spawn,
    slot,
    state,
    exit: evaluated?.exit ?? null,
    gasUsed: evaluated?.gasUsed ?? null,
    gasCharged: chargeOf(evaluated),
    proven: eventOf(events, "proven") !== undefined,
    reason: ending?.reason ?? null,
    detail: ending?.detail ?? evaluated?.detail ?? null,
    budget,
    depth,
    caused: caused.map((child) => child.status.id),
  };
}

function chargeOf(evaluated: MessageEvent | undefined): number | null {
  return evaluated?.gasUsed === undefined ? null : Math.max(evaluated.gasUsed, messageGasMin);
}

/** The tree for people, in at most `linesMax` lines and a summary. */
export function treeText(tree: MessageTree): string {
  const lines = treeLines(tree.root);
  const left = lines.length - linesMax;
  const shown =
    left > 0
      ? [
          ...lines.slice(0, headLines),
          `… ${left} messages left out (--json has all) …`,
          ...lines.slice(headLines + left),
        ]
      : lines;
  const { used, charged } = totalGas(tree.root);
  const state = tree.isSettled ? "all settled" : "not settled yet";
  const cut = tree.isCut ? ", more were not read" : "";
  return `${shown.join("\n")}\n\n${tree.count} messages, ${used} gas used, ${charged} charged as gas, ${state}${cut}`;
}

function treeLines(root: TreeNode): string[] {
  const lines: string[] = [];
  const waiting = [{ node: root, indent: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, indent } = next;
    lines.push(`${"  ".repeat(Math.min(indent, depthShownMax))}${lineOf(node)}`);
    const below = node.caused.length > 1 || indent === 0 ? indent + 1 : indent;
    for (const child of [...node.caused].reverse()) waiting.push({ node: child, indent: below });
  }
  return lines;
}

function lineOf(node: TreeNode): string {
  const view = viewOf(node, null);
  const { id, process, action, spawn, slot, exit, gasUsed, proven, reason, state, detail } = view;
  const what = spawn ? "spawn" : (action ?? "message");
  const where = slot === null ? `to ${process}` : `${process} slot ${slot}`;
  const ended = state === "stopped" || state === "refused" ? `${state}(${reason})` : state;
  const how =
    exit === null
      ? state === "unclaimed"
        ? "unclaimed: no process, its addressee may read it"
        : ended
      : `${exit}, ${gasUsed} gas${proven ? ", proven" : ""}`;
  const said = exit === "failed" && detail !== null ? ` (${detail})` : "";
  return `${what}  ${where}  ${how}${said}  [${id}]`;
}

function totalGas(root: TreeNode): { readonly used: number; readonly charged: number } {
  let used = 0;
  let charged = 0;
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const evaluated = eventOf(node.status.events, "evaluated");
    used += evaluated?.gasUsed ?? 0;
    charged += chargeOf(evaluated) ?? 0;
    waiting.push(...node.caused);
  }
  return { used, charged };
}
