/**
 * What a process says: messages, new processes, its output, its logs (spec/06-execution.md, output).
 * Everything is collected while a message is handled and goes out only if the handling succeeds.
 *
 * Items lie in the arena, one after the other, each: target 32 bytes (zero for a new process) | next
 * item u32 (0: none) | chain of tags u32 | chain of data u32 | has data u32.
 *
 * @module
 */

import { Address } from "./address";
import * as arena from "./arena";
import { headMax, storeArrayHead, storeBytesHead, storeTextHead, storeUint } from "./heads";
import * as inbox from "./inbox";
import { Message } from "./message";
import { U128 } from "./u128";
import { equalsUtf8, startsWithUtf8, storeAscii, storeUtf8, unitsOf, utf8Length } from "./utf8";

// Caps of spec/11-limits.md that a process can run into; the host refuses what is above them.
const itemsMax: i32 = 256;
const tagsMax: i32 = 64;
const tagNameMax: i32 = 64;
const tagValueMax: i32 = 3072;
const dataMax: i32 = 262_144;
const logMax: i32 = 16_384;

const itemBytes: i32 = 48;
const nextAt: usize = 32;
const tagsAt: usize = 36;
const dataAt: usize = 40;
const hasDataAt: usize = 44;

/** The tag that says which question an answer belongs to. */
const referenceTag: string = "X-Reference";

/** Characters of an address. */
const addressLength: i32 = 43;

// Lists of items: offset of the first and the last, and how many.
let firstMessage: i32 = 0;
let lastMessage: i32 = 0;
let messageCount: i32 = 0;
let firstSpawn: i32 = 0;
let lastSpawn: i32 = 0;
let spawnCount: i32 = 0;

let outputChain: i32 = 0;
let outputIsSet: bool = false;
let logChain: i32 = 0;
/** The item whose data is the output unless the process says something else; 0 for none. */
let firstReply: i32 = 0;

/** Adds text to a chain as it is. */
function addText(chain: i32, units: usize, count: i32): void {
  const target = arena.room(arena.partHead + count) + <usize>arena.partHead;
  if (storeAscii(units, count, target)) return arena.addPart(chain, count);
  const length = utf8Length(units, count);
  const wide = arena.room(arena.partHead + length) + <usize>arena.partHead;
  storeUtf8(units, count, wide);
  arena.addPart(chain, length);
}

/** Adds bytes to a chain as they are. */
function addBytes(chain: i32, pointer: usize, length: i32): void {
  const target = arena.room(arena.partHead + length) + <usize>arena.partHead;
  memory.copy(target, pointer, <usize>length);
  arena.addPart(chain, length);
}

/** Writes text with its head at `target`; the bytes written. */
function storeText(target: usize, units: usize, count: i32, length: i32): i32 {
  const head = storeTextHead(target, length);
  storeUtf8(units, count, target + <usize>head);
  return head + length;
}

/**
 * Begins a tag whose value takes at most `valueBytes`: the pair's head and the name are written, the
 * value follows where the pointer that is answered says. `endTag` ends it.
 */
function beginTag(item: i32, units: usize, count: i32, valueBytes: i32): usize {
  const nameBytes = utf8Length(units, count);
  assert(nameBytes > 0 && nameBytes <= tagNameMax, "a tag's name has 1 to 64 bytes");
  assert(valueBytes <= tagValueMax, "a tag's value has at most 3072 bytes");
  const start = arena.room(arena.partHead + nameBytes + valueBytes + 3 * headMax);
  const chain = load<i32>(arena.pointerTo(item), tagsAt);
  assert(arena.chainCount(chain) < tagsMax, "a message has at most 64 tags");
  const pair = start + <usize>arena.partHead;
  const head = storeArrayHead(pair, 2);
  return pair + <usize>head + <usize>storeText(pair + <usize>head, units, count, nameBytes);
}

function endTag(item: i32, end: usize): void {
  const start = arena.pointerTo(arena.position()) + <usize>arena.partHead;
  arena.addPart(load<i32>(arena.pointerTo(item), tagsAt), <i32>(end - start));
}

/** Adds a tag of the message being handled, as it came. */
function copyTag(item: i32, tag: i32): void {
  const nameLength = inbox.nameLength(tag);
  const valueLength = inbox.valueLength(tag);
  const start = arena.room(arena.partHead + nameLength + valueLength + 3 * headMax);
  const chain = load<i32>(arena.pointerTo(item), tagsAt);
  assert(arena.chainCount(chain) < tagsMax, "a message has at most 64 tags");
  let at = start + <usize>arena.partHead;
  at += <usize>storeArrayHead(at, 2);
  at += <usize>storeTextHead(at, nameLength);
  memory.copy(at, inbox.namePointer(tag), <usize>nameLength);
  at += <usize>nameLength;
  at += <usize>storeTextHead(at, valueLength);
  memory.copy(at, inbox.valuePointer(tag), <usize>valueLength);
  endTag(item, at + <usize>valueLength);
}

/** The chain of an item's data. */
function dataOf(item: i32): i32 {
  const entry = arena.pointerTo(item);
  store<u32>(entry, 1, hasDataAt);
  return load<i32>(entry, dataAt);
}

/** A message or a new process on its way out; add to it until the handling ends. */
@final
export class Outgoing {
  /** For `send`, `reply` and `spawn`: an item of this turn. */
  constructor(
    private readonly item: i32,
    private readonly turn: u64,
    /** An answer bears `X-Reference` already where the question has one. */
    private readonly isAnswer: bool = false,
  ) {}

  /** Adds a tag. */
  tag(name: string, value: string): Outgoing {
    this.checkTurn();
    const length = utf8Length(unitsOf(value), value.length);
    const at = beginTag(this.item, unitsOf(name), name.length, length);
    endTag(this.item, at + <usize>storeText(at, unitsOf(value), value.length, length));
    return this;
  }

  /** Adds a tag with an address as its value. */
  tagAddress(name: string, value: Address): Outgoing {
    this.checkTurn();
    let at = beginTag(this.item, unitsOf(name), name.length, addressLength);
    at += <usize>storeTextHead(at, addressLength);
    value.storeText(at);
    endTag(this.item, at + <usize>addressLength);
    return this;
  }

  /** Adds a tag with an amount as its value. */
  tagAmount(name: string, value: U128): Outgoing {
    this.checkTurn();
    const length = value.digitCount;
    let at = beginTag(this.item, unitsOf(name), name.length, length);
    at += <usize>storeTextHead(at, length);
    value.storeText(at, length);
    endTag(this.item, at + <usize>length);
    return this;
  }

  /** Adds all tags of a message whose names begin with `prefix`, as AO's notices do with `X-`. */
  copyTags(message: Message, prefix: string): Outgoing {
    this.checkTurn();
    for (let at = 0; at < message.tagCount; at++) {
      const name = inbox.namePointer(at);
      const length = inbox.nameLength(at);
      if (!startsWithUtf8(name, length, unitsOf(prefix), prefix.length)) continue;
      const isReference = equalsUtf8(name, length, unitsOf(referenceTag), referenceTag.length);
      if (this.isAnswer && isReference) continue;
      copyTag(this.item, at);
    }
    return this;
  }

  /** Adds text to the data. */
  text(value: string): Outgoing {
    this.checkTurn();
    addText(dataOf(this.item), unitsOf(value), value.length);
    return this;
  }

  /** Adds the 43 characters of an address to the data. */
  address(value: Address): Outgoing {
    this.checkTurn();
    value.storeText(arena.room(arena.partHead + addressLength) + <usize>arena.partHead);
    arena.addPart(dataOf(this.item), addressLength);
    return this;
  }

  /** Adds the digits of an amount to the data. */
  amount(value: U128): Outgoing {
    this.checkTurn();
    const length = value.digitCount;
    value.storeText(arena.room(arena.partHead + length) + <usize>arena.partHead, length);
    arena.addPart(dataOf(this.item), length);
    return this;
  }

  /** Adds bytes to the data. */
  bytes(value: Uint8Array): Outgoing {
    this.checkTurn();
    addBytes(dataOf(this.item), value.dataStart, value.length);
    return this;
  }

  /** Makes this item's data the output, if it is the first answer. For the SDK's own `reply`. */
  markReply(): void {
    if (firstReply == 0) firstReply = this.item;
  }

  private checkTurn(): void {
    assert(this.turn == inbox.turn, "the message is already sent");
  }
}

/** Makes an item; its offset. */
function newItem(): i32 {
  assert(messageCount + spawnCount < itemsMax, "a process sends at most 256 messages at a time");
  const tags = arena.newChain();
  const data = arena.newChain();
  const pointer = arena.room(itemBytes);
  memory.fill(pointer, 0, <usize>itemBytes);
  store<u32>(pointer, <u32>tags, tagsAt);
  store<u32>(pointer, <u32>data, dataAt);
  const offset = arena.position();
  arena.keep(itemBytes);
  return offset;
}

/** Sends a message; `action` becomes its tag `Action` unless it is empty. */
export function send(target: Address, action: string = ""): Outgoing {
  const outgoing = new Outgoing(newMessage(target), inbox.turn);
  return action.length > 0 ? outgoing.tag("Action", action) : outgoing;
}

/** Makes a message; its offset. */
function newMessage(target: Address): i32 {
  const item = newItem();
  target.store(arena.pointerTo(item));
  if (lastMessage == 0) firstMessage = item;
  else store<u32>(arena.pointerTo(lastMessage), <u32>item, nextAt);
  lastMessage = item;
  messageCount += 1;
  return item;
}

/**
 * Answers a message: sends `text` to its sender, which is also the output unless `output` says
 * something else. A tag `Reference` of the question comes back as `X-Reference`, so that a process
 * knows which of its questions is answered.
 */
export function reply(message: Message, text: string = ""): Outgoing {
  const outgoing = sendBack(message);
  outgoing.markReply();
  return text.length > 0 ? outgoing.text(text) : outgoing;
}

/** Tells a spawner that is a process the id of what it spawned. For the SDK's own entry. */
export function announce(spawn: Message): void {
  sendBack(spawn).tag("Action", "Spawned");
}

function sendBack(message: Message): Outgoing {
  const outgoing = new Outgoing(newMessage(message.from), inbox.turn, true);
  const reference = message.tag(referenceTag, message.tag("Reference"));
  return reference.length > 0 ? outgoing.tag(referenceTag, reference) : outgoing;
}

/**
 * Answers that a message was refused; what the process changed before stays, so check first and
 * change afterwards. To a message that itself reports an error nothing is sent: two processes that
 * do not understand each other would go on for ever.
 */
export function replyError(message: Message, text: string, action: string = "Error"): void {
  output(text);
  if (message.hasTag("Error")) return;
  reply(message).tag("Action", action).tagAddress("Message-Id", message.id).tag("Error", text);
}

/** Spawns a process from a module; it defaults to this one's scheduler and compute units. */
export function spawn(module: Address): Outgoing {
  const item = newItem();
  if (lastSpawn == 0) firstSpawn = item;
  else store<u32>(arena.pointerTo(lastSpawn), <u32>item, nextAt);
  lastSpawn = item;
  spawnCount += 1;
  return new Outgoing(item, inbox.turn).tagAddress("Module", module);
}

/** Adds text to the output of this evaluation: what `send` and `call` show. */
export function output(text: string): void {
  outputIsSet = true;
  addText(outputChain, unitsOf(text), text.length);
}

/** Adds bytes to the output of this evaluation. */
export function outputBytes(bytes: Uint8Array): void {
  outputIsSet = true;
  addBytes(outputChain, bytes.dataStart, bytes.length);
}

/** Adds a line to the logs; lines above 16 KiB in total are left out. */
export function log(text: string): void {
  const length = utf8Length(unitsOf(text), text.length);
  if (arena.chainLength(logChain) + length + headMax > logMax) return;
  const start = arena.room(arena.partHead + headMax + length) + <usize>arena.partHead;
  arena.addPart(logChain, storeText(start, unitsOf(text), text.length, length));
}

/** Forgets what the last message said. For the SDK's own entry. */
export function openOutbox(): void {
  arena.clearArena();
  firstMessage = 0;
  lastMessage = 0;
  messageCount = 0;
  firstSpawn = 0;
  lastSpawn = 0;
  spawnCount = 0;
  firstReply = 0;
  outputIsSet = false;
  outputChain = arena.newChain();
  logChain = arena.newChain();
}

/** The encoded result of the evaluation, `pointer << 32 | length`. For the SDK's own entry. */
export function closeOutbox(): i64 {
  const start = arena.position();
  putArray(6);
  putUint(7);
  putUint(1);
  const useReply = !outputIsSet && firstReply != 0;
  putBytes(useReply ? load<i32>(arena.pointerTo(firstReply), dataAt) : outputChain);
  putArray(messageCount);
  for (let item = firstMessage; item != 0; item = load<i32>(arena.pointerTo(item), nextAt)) {
    putArray(3);
    const target = arena.room(headMax + 32);
    const head = storeBytesHead(target, 32);
    memory.copy(target + <usize>head, arena.pointerTo(item), 32);
    arena.keep(head + 32);
    putTagsAndData(item);
  }
  putArray(spawnCount);
  for (let item = firstSpawn; item != 0; item = load<i32>(arena.pointerTo(item), nextAt)) {
    putArray(2);
    putTagsAndData(item);
  }
  putArray(arena.chainCount(logChain));
  arena.copyChain(logChain);
  const length = arena.position() - start;
  return <i64>(((<u64>arena.pointerTo(start)) << 32) | <u64>length);
}

function putArray(count: i32): void {
  arena.keep(storeArrayHead(arena.room(headMax), count));
}

function putUint(value: u64): void {
  arena.keep(storeUint(arena.room(headMax), value));
}

function putBytes(chain: i32): void {
  arena.keep(storeBytesHead(arena.room(headMax), arena.chainLength(chain)));
  arena.copyChain(chain);
}

function putTagsAndData(item: i32): void {
  const tags = load<i32>(arena.pointerTo(item), tagsAt);
  putArray(arena.chainCount(tags));
  arena.copyChain(tags);
  const entry = arena.pointerTo(item);
  if (load<u32>(entry, hasDataAt) == 0) {
    store<u8>(arena.room(1), 0xc0);
    arena.keep(1);
    return;
  }
  const data = load<i32>(entry, dataAt);
  assert(arena.chainLength(data) <= dataMax, "a message's data has at most 256 KiB");
  putBytes(data);
}
