/**
 * The arrays of a map's nodes. Integers, addresses and amounts lie in them by value: the collector
 * then has one object for 32 entries instead of 65. That is more than memory: a run of 40,000 small
 * objects is passed over in one step of the collector, and one sender in some paid 1.3 million gas.
 *
 * A `StaticArray<T>` whose elements lie by value is a plain buffer under that type; nothing but this
 * file looks into it.
 *
 * @module
 */

import { Address } from "./address";
import { U128 } from "./u128";

/** Places in an array. */
export const slotsMax: i32 = 32;

function isAddress<T>(): bool {
  if (isInteger<T>()) return false;
  else return idof<T>() == idof<Address>();
}

function isAmount<T>(): bool {
  if (isInteger<T>()) return false;
  else return idof<T>() == idof<U128>();
}

/** Bytes of an element. */
function widthOf<T>(): usize {
  if (isInteger<T>()) return sizeof<T>();
  return isAddress<T>() ? 32 : isAmount<T>() ? 16 : sizeof<usize>();
}

/** True if elements are references, of which the collector must know. */
function isShared<T>(): bool {
  return !isInteger<T>() && !isAddress<T>() && !isAmount<T>();
}

function pointerOf<T>(slots: StaticArray<T>, at: i32): usize {
  return changetype<usize>(slots) + <usize>at * widthOf<T>();
}

export function newSlots<T>(): StaticArray<T> {
  if (isShared<T>()) return new StaticArray<T>(slotsMax);
  else return changetype<StaticArray<T>>(new ArrayBuffer(slotsMax * <i32>widthOf<T>()));
}

export function readSlot<T>(slots: StaticArray<T>, at: i32): T {
  const pointer = pointerOf<T>(slots, at);
  if (isInteger<T>()) {
    return load<T>(pointer);
  } else if (isAddress<T>()) {
    return changetype<T>(
      new Address(
        load<u64>(pointer),
        load<u64>(pointer, 8),
        load<u64>(pointer, 16),
        load<u64>(pointer, 24),
      ),
    );
  } else if (isAmount<T>()) {
    return changetype<T>(new U128(load<u64>(pointer), load<u64>(pointer, 8)));
  } else {
    return unchecked(slots[at]);
  }
}

export function writeSlot<T>(slots: StaticArray<T>, at: i32, value: T): void {
  const pointer = pointerOf<T>(slots, at);
  if (isInteger<T>()) {
    store<T>(pointer, value);
  } else if (isAddress<T>()) {
    const address = changetype<Address>(value);
    store<u64>(pointer, address.word0);
    store<u64>(pointer, address.word1, 8);
    store<u64>(pointer, address.word2, 16);
    store<u64>(pointer, address.word3, 24);
  } else if (isAmount<T>()) {
    const amount = changetype<U128>(value);
    store<u64>(pointer, amount.low);
    store<u64>(pointer, amount.high, 8);
  } else {
    unchecked((slots[at] = value));
  }
}

/** Below zero, zero or above zero, as the key at `left` is before, at or after the one at `right`. */
function compareWords(left: usize, right: usize): i32 {
  for (let at: usize = 0; at < 32; at += 8) {
    const leftWord = load<u64>(left + at);
    const rightWord = load<u64>(right + at);
    if (leftWord != rightWord) return leftWord < rightWord ? -1 : 1;
  }
  return 0;
}

/** Below zero, zero or above zero, as the element is before, at or after `key`. */
export function compareSlot<K>(slots: StaticArray<K>, at: i32, key: K): i32 {
  if (isInteger<K>()) {
    const left = load<K>(pointerOf<K>(slots, at));
    return left == key ? 0 : left < key ? -1 : 1;
  } else if (isString<K>()) {
    const left = changetype<string>(unchecked(slots[at]));
    const right = changetype<string>(key);
    return left == right ? 0 : left < right ? -1 : 1;
  } else if (isAddress<K>()) {
    return compareWords(pointerOf<K>(slots, at), changetype<usize>(key));
  } else {
    return readSlot<K>(slots, at).compareTo(key);
  }
}

/**
 * The first place from `low` to `high` whose key is not before `key`, or (`orEqual`) is after it.
 */
export function placeOf<K>(slots: StaticArray<K>, low: i32, high: i32, key: K, orEqual: bool): i32 {
  // An order of 0 counts as "before" where equal keys are passed over.
  const bound = <i32>orEqual;
  if (!isInteger<K>()) {
    if (isAddress<K>()) {
      return placeOfWords(changetype<usize>(slots), low, high, changetype<usize>(key), bound);
    }
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareSlot<K>(slots, middle, key) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * As `placeOf`, for addresses: on bare pointers, 20 gas a round. A reference that is handed to a
 * function goes over the collector's shadow stack: it was 130.
 */
function placeOfWords(slots: usize, low: i32, high: i32, words: usize, bound: i32): i32 {
  const first = load<u64>(words);
  while (low < high) {
    const middle = (low + high) >> 1;
    const pointer = slots + ((<usize>middle) << 5);
    const word = load<u64>(pointer);
    // The first word decides but for one pair of ids in 2^64.
    const isBefore = word != first ? word < first : compareWords(pointer, words) < bound;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Moves `count` elements within one array: references keep their owner, the collector need not know. */
export function moveSlots<T>(slots: StaticArray<T>, from: i32, to: i32, count: i32): void {
  memory.copy(pointerOf<T>(slots, to), pointerOf<T>(slots, from), <usize>count * widthOf<T>());
}

/** Copies `count` elements from another array. */
export function copySlots<T>(
  target: StaticArray<T>,
  at: i32,
  source: StaticArray<T>,
  from: i32,
  count: i32,
): void {
  if (isShared<T>()) {
    // One by one: the collector is told of each new owner.
    for (let i = 0; i < count; i++) unchecked((target[at + i] = source[from + i]));
  } else {
    const bytes = <usize>count * widthOf<T>();
    memory.copy(pointerOf<T>(target, at), pointerOf<T>(source, from), bytes);
  }
}

/** Clears `count` unused places, so that the collector sees no reference in them. */
export function clearSlots<T>(slots: StaticArray<T>, at: i32, count: i32): void {
  memory.fill(pointerOf<T>(slots, at), 0, <usize>count * widthOf<T>());
}
