/**
 * Maps against a model: the test sends operations, the maps answer what they hold.
 *
 * @module
 */

import {
  Address,
  Cursor,
  guard,
  outputBytes,
  Reader,
  SortedMap,
  U128,
  Writer,
} from "nymcompute/sdk";

const byAddress = new SortedMap<Address, U128>();
const byText = new SortedMap<string, string>();
const byNumber = new SortedMap<u64, u64>();

/** An array of operations `[0 delete | 1 set, key number, value]`; answers all entries in order. */
export function changeMap(reader: Reader): void {
  const count = reader.array();
  for (let at = 0; at < count; at++) {
    guard(reader.array() == 3, "an operation has three values");
    const isSet = reader.uint() == 1;
    const key = reader.uint();
    const value = reader.uint();
    if (isSet) set(key, value);
    else remove(key);
  }
  outputBytes(entries());
}

/** Spread over all words, so that neighbours in one order are not neighbours in another. */
function addressOf(key: u64): Address {
  return new Address((key * 0x9e37_79b9_7f4a_7c15) >> 60, key * 0x9e37_79b9_7f4a_7c15, 0, key);
}

function set(key: u64, value: u64): void {
  byAddress.set(addressOf(key), new U128(value, key));
  byText.set(key.toString(), value.toString());
  byNumber.set(key, value);
  guard(byNumber.get(key) == value && byText.get(key.toString()) == value.toString(), "was set");
}

function remove(key: u64): void {
  const was = byNumber.has(key);
  guard(byNumber.delete(key) == was, "numbers agree");
  guard(byAddress.delete(addressOf(key)) == was, "addresses agree");
  guard(byText.delete(key.toString()) == was, "texts agree");
  guard(byAddress.getOr(addressOf(key), U128.max) == U128.max, "is gone");
}

function entries(): Uint8Array {
  const writer = new Writer();
  writer.array(4).array(byNumber.size);
  for (let c = byNumber.cursor(); c.isValid; c.next()) writer.array(2).uint(c.key).uint(c.value);
  writer.array(byText.size);
  for (let c = byText.cursor(); c.isValid; c.next()) writer.array(2).text(c.key).text(c.value);
  writer.array(byAddress.size);
  for (let c = byAddress.cursor(); c.isValid; c.next()) {
    writer.array(3).address(c.key).uint(c.value.high).uint(c.value.low);
  }
  return writer
    .array(1)
    .uint(firstFrom(byNumber.cursorFrom(500)))
    .toBytes();
}

/** The key at a cursor, or 0 behind the end. */
function firstFrom(cursor: Cursor<u64, u64>): u64 {
  return cursor.isValid ? cursor.key : 0;
}
