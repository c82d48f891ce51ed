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

/** Entries of a leaf, children of a branch, at most; every node but the root is at least half full. */
const nodeMax: i32 = 32;
const nodeMin: i32 = 16;

/** Below zero, zero or above zero, as `left` is before, at or after `right`. */
function compareKeys<K>(left: K, right: K): i32 {
  if (isString<K>()) {
    const leftText = changetype<string>(left);
    const rightText = changetype<string>(right);
    return leftText == rightText ? 0 : leftText < rightText ? -1 : 1;
  } else if (isInteger<K>()) {
    return left == right ? 0 : left < right ? -1 : 1;
  } else {
    return left.compareTo(right);
  }
}

/**
 * A leaf holds `count` keys with their values. A branch holds `count` children, and for each the key
 * that nothing in it is before and everything to its left is before; of the first child that key is
 * not kept up to date, because nothing is ever compared with it.
 */
@final
class Node<K, V> {
  count: i32 = 0;
  next: Node<K, V> | null = null;
  readonly keys: StaticArray<K> = new StaticArray<K>(nodeMax);
  readonly values: StaticArray<V> | null;
  readonly children: StaticArray<Node<K, V>> | null;

  constructor(isLeaf: bool) {
    this.values = isLeaf ? new StaticArray<V>(nodeMax) : null;
    this.children = isLeaf ? null : new StaticArray<Node<K, V>>(nodeMax);
  }

  get isLeaf(): bool {
    return this.values != null;
  }

  /** How many keys are before `key` (or at it, if `orEqual`). */
  countBefore(key: K, orEqual: bool): i32 {
    const keys = this.keys;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compareKeys<K>(unchecked(keys[middle]), key);
      if (order < 0 || (orEqual && order == 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Which child the key belongs to. */
  childOf(key: K): i32 {
    return max(this.countBefore(key, true) - 1, 0);
  }

  child(at: i32): Node<K, V> {
    return this.children![at];
  }

  holds(key: K, at: i32): bool {
    return at < this.count && compareKeys<K>(unchecked(this.keys[at]), key) == 0;
  }

  /** Makes room at `at`, the node not being full; the caller fills it. */
  open(at: i32): void {
    const moved = this.count - at;
    moveWithin<K>(this.keys, at, at + 1, moved);
    if (this.isLeaf) moveWithin<V>(this.values!, at, at + 1, moved);
    else moveWithin<Node<K, V>>(this.children!, at, at + 1, moved);
    this.count += 1;
  }

  /** Takes out what is at `at`. */
  close(at: i32): void {
    this.count -= 1;
    const moved = this.count - at;
    moveWithin<K>(this.keys, at + 1, at, moved);
    if (this.isLeaf) moveWithin<V>(this.values!, at + 1, at, moved);
    else moveWithin<Node<K, V>>(this.children!, at + 1, at, moved);
    this.forget(this.count);
  }

  /** Copies one entry of a node of the same kind to `at`. */
  take(at: i32, other: Node<K, V>, from: i32): void {
    this.keys[at] = other.keys[from];
    if (this.isLeaf) this.values![at] = other.values![from];
    else this.children![at] = other.children![from];
  }

  /** Clears the unused place `at`, so that the collector sees no reference there. */
  forget(at: i32): void {
    clear<K>(this.keys, at);
    if (this.isLeaf) clear<V>(this.values!, at);
    else clear<Node<K, V>>(this.children!, at);
  }

  /** Moves the last `moved` entries to the front of the right neighbour. */
  giveRight(right: Node<K, V>, moved: i32): void {
    for (let at = 0; at < moved; at++) right.open(0);
    for (let at = 0; at < moved; at++) {
      right.take(at, this, this.count - moved + at);
      this.forget(this.count - moved + at);
    }
    this.count -= moved;
  }

  /** Moves the first `moved` entries of the right neighbour to the end. */
  takeRight(right: Node<K, V>, moved: i32): void {
    for (let at = 0; at < moved; at++) this.take(this.count + at, right, at);
    this.count += moved;
    for (let at = 0; at < moved; at++) right.close(0);
  }
}

/** Moves within one array: references keep their owner, so the collector need not be told. */
function moveWithin<T>(array: StaticArray<T>, from: i32, to: i32, count: i32): void {
  const start = changetype<usize>(array);
  const width = sizeof<T>();
  memory.copy(start + <usize>to * width, start + <usize>from * width, <usize>count * width);
}

function clear<T>(array: StaticArray<T>, at: i32): void {
  memory.fill(changetype<usize>(array) + <usize>at * sizeof<T>(), 0, sizeof<T>());
}

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
    return leaf.holds(key, leaf.countBefore(key, false));
  }

  /** The value of a key that is there; aborts where it is not. */
  get(key: K): V {
    const leaf = this.leafOf(key);
    const at = leaf.countBefore(key, false);
    assert(leaf.holds(key, at), "there is no such key");
    return leaf.values![at];
  }

  /** The value of the key, or `otherwise` where it is not there. */
  getOr(key: K, otherwise: V): V {
    const leaf = this.leafOf(key);
    const at = leaf.countBefore(key, false);
    return leaf.holds(key, at) ? leaf.values![at] : otherwise;
  }

  set(key: K, value: V): void {
    const right = this.insert(this.root, key, value);
    if (right == null) return;
    const root = new Node<K, V>(false);
    root.keys[0] = this.root.keys[0];
    root.children![0] = this.root;
    root.keys[1] = right.keys[0];
    root.children![1] = right;
    root.count = 2;
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
    return new Cursor<K, V>(this, leaf, leaf.countBefore(key, false));
  }

  private leafOf(key: K): Node<K, V> {
    let node = this.root;
    while (!node.isLeaf) node = node.child(node.childOf(key));
    return node;
  }

  /** Sets the key below `node`; the new right neighbour where the node had to be split. */
  private insert(node: Node<K, V>, key: K, value: V): Node<K, V> | null {
    if (node.isLeaf) {
      const at = node.countBefore(key, false);
      if (node.holds(key, at)) {
        node.values![at] = value;
        return null;
      }
      this.entryCount += 1;
      this.changes += 1;
      const right = node.count == nodeMax ? split<K, V>(node) : null;
      const full = right != null && at > node.count;
      const target = full ? right! : node;
      const place = full ? at - node.count : at;
      target.open(place);
      target.keys[place] = key;
      target.values![place] = value;
      return right;
    }
    const childAt = node.childOf(key);
    const added = this.insert(node.child(childAt), key, value);
    if (added == null) return null;
    const at = childAt + 1;
    const right = node.count == nodeMax ? split<K, V>(node) : null;
    const full = right != null && at > node.count;
    const target = full ? right! : node;
    const place = full ? at - node.count : at;
    target.open(place);
    target.keys[place] = added.keys[0];
    target.children![place] = added;
    return right;
  }

  private remove(node: Node<K, V>, key: K): bool {
    if (node.isLeaf) {
      const at = node.countBefore(key, false);
      if (!node.holds(key, at)) return false;
      node.close(at);
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

/** Moves the upper half of a full node to a new right neighbour. */
function split<K, V>(node: Node<K, V>): Node<K, V> {
  const right = new Node<K, V>(node.isLeaf);
  for (let at = nodeMin; at < nodeMax; at++) {
    right.take(at - nodeMin, node, at);
    node.forget(at);
  }
  right.count = nodeMax - nodeMin;
  node.count = nodeMin;
  if (node.isLeaf) {
    right.next = node.next;
    node.next = right;
  }
  return right;
}

/** Joins the children at `leftAt` and after it, or evens them out, where one is below half. */
function refill<K, V>(parent: Node<K, V>, leftAt: i32): void {
  const left = parent.child(leftAt);
  const right = parent.child(leftAt + 1);
  // Of a branch the first key is not kept up to date; its parent knows it.
  if (!right.isLeaf) right.keys[0] = parent.keys[leftAt + 1];
  if (left.count + right.count <= nodeMax) {
    left.next = right.next;
    left.takeRight(right, right.count);
    parent.close(leftAt + 1);
    return;
  }
  if (left.count > right.count) left.giveRight(right, (left.count - right.count) >> 1);
  else left.takeRight(right, (right.count - left.count) >> 1);
  parent.keys[leftAt + 1] = right.keys[0];
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
    return this.leaf.keys[this.at];
  }

  get value(): V {
    assert(this.isValid, "the cursor is behind the last entry");
    return this.leaf.values![this.at];
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
