/**
 * The nodes of a sorted map's B+ tree.
 *
 * @module
 */

import {
  clearSlots,
  compareSlot,
  copySlots,
  moveSlots,
  newSlots,
  placeOf,
  readSlot,
  slotsMax,
  writeSlot,
} from "./slots";

/** Every node but the root is at least half full. */
export const nodeMax: i32 = slotsMax;
export const nodeMin: i32 = slotsMax / 2;

/**
 * A leaf holds `count` keys with their values. A branch holds `count` children, and for each the key
 * that nothing in it is before and everything to its left is before; of the first child that key is
 * not kept up to date, because nothing is ever compared with it.
 */
@final
export class Node<K, V> {
  count: i32 = 0;
  next: Node<K, V> | null = null;
  readonly keys: StaticArray<K> = newSlots<K>();
  readonly values: StaticArray<V> | null;
  readonly children: StaticArray<Node<K, V>> | null;

  constructor(readonly isLeaf: bool) {
    this.values = isLeaf ? newSlots<V>() : null;
    this.children = isLeaf ? null : newSlots<Node<K, V>>();
  }

  /** How many keys are before `key`. */
  countBefore(key: K): i32 {
    return placeOf<K>(this.keys, 0, this.count, key, false);
  }

  /** Which child the key belongs to: the last whose key is not after it, or the first. */
  childOf(key: K): i32 {
    return placeOf<K>(this.keys, 1, this.count, key, true) - 1;
  }

  child(at: i32): Node<K, V> {
    return readSlot<Node<K, V>>(this.children!, at);
  }

  holds(key: K, at: i32): bool {
    return at < this.count && compareSlot<K>(this.keys, at, key) == 0;
  }

  /** Makes room for `added` entries at `at`; the caller fills it. */
  open(at: i32, added: i32): void {
    const moved = this.count - at;
    moveSlots<K>(this.keys, at, at + added, moved);
    if (this.isLeaf) moveSlots<V>(this.values!, at, at + added, moved);
    else moveSlots<Node<K, V>>(this.children!, at, at + added, moved);
    this.count += added;
  }

  /** Takes out `removed` entries from `at` on. */
  close(at: i32, removed: i32): void {
    const end = at + removed;
    const moved = this.count - end;
    moveSlots<K>(this.keys, end, at, moved);
    if (this.isLeaf) moveSlots<V>(this.values!, end, at, moved);
    else moveSlots<Node<K, V>>(this.children!, end, at, moved);
    this.shorten(removed);
  }

  /** Forgets the last `removed` entries. */
  shorten(removed: i32): void {
    this.count -= removed;
    clearSlots<K>(this.keys, this.count, removed);
    if (this.isLeaf) clearSlots<V>(this.values!, this.count, removed);
    else clearSlots<Node<K, V>>(this.children!, this.count, removed);
  }

  /** Copies `count` entries of a node of the same kind to `at`, where there is room. */
  take(at: i32, other: Node<K, V>, from: i32, count: i32): void {
    copySlots<K>(this.keys, at, other.keys, from, count);
    if (this.isLeaf) copySlots<V>(this.values!, at, other.values!, from, count);
    else copySlots<Node<K, V>>(this.children!, at, other.children!, from, count);
  }

  putEntry(at: i32, key: K, value: V): void {
    writeSlot<K>(this.keys, at, key);
    writeSlot<V>(this.values!, at, value);
  }

  /** Puts a child under the first of its keys. */
  putChild(at: i32, child: Node<K, V>): void {
    copySlots<K>(this.keys, at, child.keys, 0, 1);
    writeSlot<Node<K, V>>(this.children!, at, child);
  }

  /** Moves the last `moved` entries to the front of the right neighbour. */
  giveRight(right: Node<K, V>, moved: i32): void {
    right.open(0, moved);
    right.take(0, this, this.count - moved, moved);
    this.shorten(moved);
  }

  /** Moves the first `moved` entries of the right neighbour to the end. */
  takeRight(right: Node<K, V>, moved: i32): void {
    this.take(this.count, right, 0, moved);
    this.count += moved;
    right.close(0, moved);
  }
}

/** Moves the upper half of a full node to a new right neighbour. */
export function split<K, V>(node: Node<K, V>): Node<K, V> {
  const right = new Node<K, V>(node.isLeaf);
  node.giveRight(right, nodeMin);
  if (node.isLeaf) {
    right.next = node.next;
    node.next = right;
  }
  return right;
}

/** Joins the children at `leftAt` and after it, or evens them out, where one is below half. */
export function refill<K, V>(parent: Node<K, V>, leftAt: i32): void {
  const left = parent.child(leftAt);
  const right = parent.child(leftAt + 1);
  if (left.count + right.count <= nodeMax) {
    left.next = right.next;
    left.takeRight(right, right.count);
    parent.close(leftAt + 1, 1);
    return;
  }
  if (left.count > right.count) left.giveRight(right, (left.count - right.count) >> 1);
  else left.takeRight(right, (right.count - left.count) >> 1);
  copySlots<K>(parent.keys, leftAt + 1, right.keys, 0, 1);
}
