/**
 * A map in the order of its keys: a B+ tree. Chosen over a hash table because its order is that of
 * the keys alone, nobody can choose keys that make it slow, it never rehashes (so no sender pays for
 * a resize), and the collector visits it a node at a time (AssemblyScript's `Map` of 20,000 entries
 * made one sender in some pay 3.7 million gas).
 *
 * Keys are strings, integers, or objects with `compareTo` (`Address`, `U128`). A key must not change
 * once it is in the map.
 *
 * @module
 */

import { placeOf, readSlot, writeSlot } from "./slots";
import { Node, nodeMax, nodeMin, refill, split } from "./sorted-map-node";

/** Entries in the order of their keys. */
@final
export class SortedMap<K, V> {
  private root: Node<K, V> = new Node<K, V>(true);
  private entryCount: i32 = 0;
  /** Counts insertions and removals, so that a cursor can tell that it is out of date. */
  changes: u64 = 0;

  get size(): i32 {
    return this.entryCount;
  }

  has(key: K): bool {
    const leaf = this.leafOf(key);
    return leaf.holds(key, leaf.countBefore(key));
  }

  /** The value of a key that is there; aborts where it is not. */
  get(key: K): V {
    const leaf = this.leafOf(key);
    const at = leaf.countBefore(key);
    assert(leaf.holds(key, at), "there is no such key");
    return readSlot<V>(leaf.values!, at);
  }

  /** The value of the key, or `otherwise` where it is not there. */
  getOr(key: K, otherwise: V): V {
    const leaf = this.leafOf(key);
    const at = leaf.countBefore(key);
    return leaf.holds(key, at) ? readSlot<V>(leaf.values!, at) : otherwise;
  }

  set(key: K, value: V): void {
    const right = this.insert(this.root, key, value);
    if (right == null) return;
    const root = new Node<K, V>(false);
    root.count = 2;
    root.putChild(0, this.root);
    root.putChild(1, right);
    this.root = root;
  }

  /** Removes the key; false where it was not there. */
  delete(key: K): bool {
    if (!this.remove(this.root, key)) return false;
    const root = this.root;
    if (!root.isLeaf && root.count == 1) this.root = root.child(0);
    return true;
  }

  /** Before the first entry; `for (let c = map.cursor(); c.isValid; c.next())`. */
  cursor(): Cursor<K, V> {
    let node = this.root;
    while (!node.isLeaf) node = node.child(0);
    return new Cursor<K, V>(this, node, 0);
  }

  /** At the first entry that is not before `key`. */
  cursorFrom(key: K): Cursor<K, V> {
    const leaf = this.leafOf(key);
    return new Cursor<K, V>(this, leaf, leaf.countBefore(key));
  }

  private leafOf(key: K): Node<K, V> {
    // Nothing is allocated on the way down, so the node needs no place on the shadow stack.
    let node = changetype<usize>(this.root);
    while (!changetype<Node<K, V>>(node).isLeaf) {
      const keys = changetype<Node<K, V>>(node).keys;
      const at = placeOf<K>(keys, 1, changetype<Node<K, V>>(node).count, key, true) - 1;
      const children = changetype<usize>(changetype<Node<K, V>>(node).children);
      node = load<usize>(children + <usize>at * sizeof<usize>());
    }
    return changetype<Node<K, V>>(node);
  }

  /** Sets the key below `node`; the new right neighbour where the node had to be split. */
  private insert(node: Node<K, V>, key: K, value: V): Node<K, V> | null {
    if (node.isLeaf) return this.insertHere(node, key, value);
    const childAt = node.childOf(key);
    const added = this.insert(node.child(childAt), key, value);
    if (added == null) return null;
    const right = node.count == nodeMax ? split<K, V>(node) : null;
    const at = childAt + 1;
    const isRight = right != null && at > node.count;
    const target = isRight ? right! : node;
    const place = isRight ? at - node.count : at;
    target.open(place, 1);
    target.putChild(place, added);
    return right;
  }

  private insertHere(leaf: Node<K, V>, key: K, value: V): Node<K, V> | null {
    const at = leaf.countBefore(key);
    if (leaf.holds(key, at)) {
      writeSlot<V>(leaf.values!, at, value);
      return null;
    }
    this.entryCount += 1;
    this.changes += 1;
    const right = leaf.count == nodeMax ? split<K, V>(leaf) : null;
    const isRight = right != null && at > leaf.count;
    const target = isRight ? right! : leaf;
    const place = isRight ? at - leaf.count : at;
    target.open(place, 1);
    target.putEntry(place, key, value);
    return right;
  }

  private remove(node: Node<K, V>, key: K): bool {
    if (node.isLeaf) {
      const at = node.countBefore(key);
      if (!node.holds(key, at)) return false;
      node.close(at, 1);
      this.entryCount -= 1;
      this.changes += 1;
      return true;
    }
    const childAt = node.childOf(key);
    if (!this.remove(node.child(childAt), key)) return false;
    if (node.child(childAt).count < nodeMin && node.count > 1) {
      refill<K, V>(node, max(childAt - 1, 0));
    }
    return true;
  }
}

/** A place in a map. It aborts once an entry was added to the map or removed. */
@final
export class Cursor<K, V> {
  private leaf: Node<K, V>;
  private at: i32;
  private readonly changes: u64;

  constructor(
    private readonly map: SortedMap<K, V>,
    leaf: Node<K, V>,
    at: i32,
  ) {
    this.leaf = leaf;
    this.at = at;
    this.changes = map.changes;
    this.skipEnd();
  }

  /** False behind the last entry. */
  get isValid(): bool {
    assert(this.changes == this.map.changes, "the map changed under its cursor");
    return this.at < this.leaf.count;
  }

  get key(): K {
    assert(this.isValid, "the cursor is behind the last entry");
    return readSlot<K>(this.leaf.keys, this.at);
  }

  get value(): V {
    assert(this.isValid, "the cursor is behind the last entry");
    return readSlot<V>(this.leaf.values!, this.at);
  }

  next(): void {
    assert(this.isValid, "the cursor is behind the last entry");
    this.at += 1;
    this.skipEnd();
  }

  private skipEnd(): void {
    const next = this.leaf.next;
    if (this.at >= this.leaf.count && next != null) {
      this.leaf = next;
      this.at = 0;
    }
  }
}
