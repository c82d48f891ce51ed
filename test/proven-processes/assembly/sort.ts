/**
 * Sorts objects. `Sort` makes as many as the tag `Count` says (1,000 by default), in rounds of which
 * all but the last are thrown away (`Rounds`, 2 by default), so that the garbage collector has work;
 * then it sorts the last round by number and name and answers a digest of the order. `Add` adds such a
 * round to the objects in the state, `Replace` puts new objects in the places of as many of those, and
 * both sort all of them.
 *
 * @module
 */

import { guard, Message, reply, replyError } from "nymcompute/sdk";
import { failOnDemand } from "./failures";

const countMax: u64 = 5000;
const roundsMax: u64 = 100;

class Item {
  constructor(
    readonly key: u32,
    readonly weight: u64,
    readonly name: string,
    public next: Item | null,
  ) {}
}

let seed: u32 = 1;
let kept: Item[] = [];

export function receive(message: Message): void {
  if (failOnDemand(message)) return;
  const action = message.action;
  if (action == "Sort") {
    const count = numberOf(message, "Count", 1000, countMax);
    const rounds = numberOf(message, "Rounds", 2, roundsMax);
    let items = makeItems(count);
    for (let round = 1; round < rounds; round++) items = makeItems(count);
    items.sort(compareItems);
    reply(message, digestOf(items));
  } else if (action == "Add" || action == "Replace") {
    const items = makeItems(numberOf(message, "Count", 100, countMax));
    if (action == "Add") kept = kept.concat(items);
    else for (let at = 0; at < items.length; at++) kept[nextRandom() % kept.length] = items[at];
    kept.sort(compareItems);
    reply(message, digestOf(kept));
  } else if (action == "Kept") reply(message, digestOf(kept));
  else replyError(message, "Unknown action");
}

function numberOf(message: Message, tag: string, otherwise: u64, most: u64): i32 {
  const number = U64.parseInt(message.tag(tag, otherwise.toString()));
  guard(number >= 1 && number <= most, "too many or none");
  return <i32>number;
}

/** A list of items in no order; each knows the one before it, so that the collector has a graph. */
function makeItems(count: i32): Item[] {
  const items: Item[] = [];
  let before: Item | null = null;
  for (let at = 0; at < count; at++) {
    const key = nextRandom() % 512;
    const name = "item " + String.fromCharCode(97 + (nextRandom() & 15));
    const item = new Item(key, <u64>nextRandom() * key, name, before);
    items.push(item);
    before = at % 10 == 9 ? null : item;
  }
  return items;
}

function nextRandom(): u32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

function compareItems(one: Item, other: Item): i32 {
  if (one.key != other.key) return one.key < other.key ? -1 : 1;
  if (one.name != other.name) return one.name < other.name ? -1 : 1;
  return one.weight < other.weight ? -1 : one.weight > other.weight ? 1 : 0;
}

/** FNV-1a of 32 bits over keys, weights and names in their order. */
function digestOf(items: Item[]): string {
  let hash: u32 = 0x811c_9dc5;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    const next = item.next;
    hash = (hash ^ item.key ^ <u32>item.weight) * 0x0100_0193;
    hash = (hash ^ item.name.charCodeAt(5) ^ (next ? next.key << 8 : 0)) * 0x0100_0193;
  }
  return items.length.toString() + " " + hash.toString(16);
}
