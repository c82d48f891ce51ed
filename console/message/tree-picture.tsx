/**
 * The tree of messages as a picture: causes on the left, what they caused on the right, with states and
 * times. It is one stop for the Tab key; arrows go along the tree, Enter opens a message.
 *
 * @module
 */

import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { MessageStatus } from "../../src/protocol/http.ts";
import { toneOf } from "../parts/badge.tsx";
import { durationText } from "../parts/format.ts";
import { goTo, placeOfMessage } from "../shell/router.ts";
import { layoutTree, type Placed, stepTo, type TreeKey } from "./tree-layout.ts";
import type { Tree } from "./tree-source.ts";

const sizes = { nodeWidth: 208, nodeHeight: 76, gapX: 44, gapY: 14 };
/** Around the tree, so that a focus ring is whole. */
const margin = 14;
const keys: ReadonlySet<string> = new Set<TreeKey>([
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
  "Home",
  "End",
]);

export function TreePicture({ tree }: { readonly tree: Tree }): VNode {
  const layout = layoutTree(tree.root, tree.messages, sizes);
  const [current, setCurrent] = useState(tree.root);
  const picture = useRef<SVGSVGElement>(null);
  const isMoving = useRef(false);
  useEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    picture.current?.querySelector<SVGElement>('[tabindex="0"]')?.focus();
  });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") goTo(placeOfMessage(current));
    if (!keys.has(event.key)) return;
    event.preventDefault();
    isMoving.current = true;
    setCurrent(stepTo(layout, current, event.key as TreeKey));
  };
  const places = new Map(layout.placed.map((placed) => [placed.id, placed]));
  const begin = tree.messages.get(tree.root)?.events[0]?.at ?? 0;
  return (
    <div
      class="picture tree"
      role="tree"
      aria-label="Messages that this message caused"
      onKeyDown={onKey}
    >
      <svg
        ref={picture}
        role="presentation"
        width={layout.width + 2 * margin}
        height={layout.height + 2 * margin}
      >
        <g transform={`translate(${margin} ${margin})`}>
          {layout.placed.map((placed) => (
            <Edge key={placed.id} placed={placed} cause={places.get(placed.cause ?? "")} />
          ))}
          {layout.placed.map((placed) => {
            const message = tree.messages.get(placed.id);
            return message === undefined ? null : (
              <TreeNode
                key={placed.id}
                placed={placed}
                message={message}
                begin={begin}
                isCurrent={placed.id === current}
                isRoot={placed.id === tree.root}
                onCurrent={setCurrent}
              />
            );
          })}
        </g>
      </svg>
    </div>
  );
}

function Edge(props: {
  readonly placed: Placed;
  readonly cause: Placed | undefined;
}): VNode | null {
  const { placed, cause } = props;
  if (cause === undefined) return null;
  const from = { x: cause.x + sizes.nodeWidth, y: cause.y + sizes.nodeHeight / 2 };
  const to = { x: placed.x, y: placed.y + sizes.nodeHeight / 2 };
  const middle = (from.x + to.x) / 2;
  const d = `M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
  return <path class="tree-edge" d={d} />;
}

interface TreeNodeProps {
  readonly placed: Placed;
  readonly message: MessageStatus;
  /** When the first message was accepted. */
  readonly begin: number;
  readonly isCurrent: boolean;
  readonly isRoot: boolean;
  readonly onCurrent: (id: string) => void;
}

function TreeNode(props: TreeNodeProps): VNode {
  const { placed, message, begin, isCurrent, isRoot, onCurrent } = props;
  const { id, x, y, depth } = placed;
  const name = message.spawn ? "Spawn" : (message.action ?? "Message");
  const where = message.slot === null ? "no slot" : `slot ${message.slot}`;
  const times = timesOf(message, begin);
  const state = stateOf(message);
  const tone = toneOf(state);
  const open = (): void => {
    onCurrent(id);
    goTo(placeOfMessage(id));
  };
  return (
    <g
      class={`tree-node tree-${tone}${isRoot ? " tree-root" : ""}`}
      transform={`translate(${x} ${y})`}
      role="treeitem"
      // As XML spells it: SVG knows no `tabIndex`, and nothing could have the focus.
      tabindex={isCurrent ? 0 : -1}
      aria-level={depth + 1}
      aria-selected={isCurrent}
      onClick={open}
      onFocus={() => onCurrent(id)}
    >
      <rect class="tree-box" width={sizes.nodeWidth} height={sizes.nodeHeight} rx="8" />
      <rect class="tree-bar" width="5" height={sizes.nodeHeight - 16} x="0" y="8" rx="2.5" />
      <text class="tree-name" x="16" y="23">
        {/* The spaces keep words apart for whoever hears them. */}
        {`${cutTo(name, 22)} `}
      </text>
      <text class="tree-state" x="16" y="43">
        {state}
        <tspan class="tree-quiet"> · {where} </tspan>
      </text>
      <text class="tree-quiet" x="16" y="63">
        {times}
      </text>
    </g>
  );
}

/** The state, or that it came to an end that failed. */
function stateOf({ state, events }: MessageStatus): string {
  const failed = events.some(({ kind, exit }) => kind === "evaluated" && exit === "failed");
  return failed && state !== "proven" ? "failed" : state;
}

/** When it came, from the first message on, and how long it took to its result. */
function timesOf({ events }: MessageStatus, begin: number): string {
  const accepted = events[0]?.at ?? begin;
  const evaluated = events.find(({ kind }) => kind === "evaluated");
  const came = `+${durationText(Math.max(0, accepted - begin))}`;
  if (evaluated === undefined) return came;
  return `${came}, result in ${durationText(Math.max(0, evaluated.at - accepted))}`;
}

const cutTo = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;
