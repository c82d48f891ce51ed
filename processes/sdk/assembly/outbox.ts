/**
 * What a process says: messages, new processes, its output, its logs (spec/06-execution.md §5).
 * Everything is collected while a message is handled and goes out only if the handling succeeds.
 *
 * @module
 */

import { Address } from "./address";
import * as arena from "./arena";
import { headMax } from "./heads";
import * as inbox from "./inbox";
import {
  addBytes,
  addText,
  dataChain,
  newItem,
  nextItem,
  putArray,
  putBytes,
  putTagsAndData,
  putTarget,
  putUint,
  setNextItem,
  storeText,
} from "./items";
import { Message } from "./message";
import { Outgoing, referenceTag } from "./outgoing";
import { countOf, utf8Length } from "./utf8";

// Caps of spec/11-limits.md.
const itemsMax: i32 = 256;
const logMax: i32 = 16_384;

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

/** Sends a message; `action` becomes its tag `Action` unless it is empty. */
export function send(target: Address, action: string = ""): Outgoing {
  const outgoing = new Outgoing(newMessage(target), inbox.turn);
  return action.length > 0 ? outgoing.tag("Action", action) : outgoing;
}

function checkCount(): void {
  assert(messageCount + spawnCount < itemsMax, "a process sends at most 256 messages at a time");
}

/** Makes a message; its offset. */
function newMessage(target: Address): i32 {
  checkCount();
  const item = newItem();
  target.store(arena.pointerTo(item));
  if (lastMessage == 0) firstMessage = item;
  else setNextItem(lastMessage, item);
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
  const item = newMessage(message.from);
  if (firstReply == 0) firstReply = item;
  const outgoing = answer(message, item);
  return text.length > 0 ? outgoing.text(text) : outgoing;
}

/** Tells a spawner that is a process the id of what it spawned. For the SDK's own entry. */
export function announce(spawn: Message): void {
  answer(spawn, newMessage(spawn.from)).tag("Action", "Spawned");
}

function answer(question: Message, item: i32): Outgoing {
  const outgoing = new Outgoing(item, inbox.turn, true);
  const reference = question.tag(referenceTag, question.tag("Reference"));
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
  checkCount();
  const item = newItem();
  if (lastSpawn == 0) firstSpawn = item;
  else setNextItem(lastSpawn, item);
  lastSpawn = item;
  spawnCount += 1;
  return new Outgoing(item, inbox.turn).tagAddress("Module", module);
}

/** Adds text to the output of this evaluation: what `send` and `call` show. */
export function output(text: string): void {
  outputIsSet = true;
  addText(outputChain, changetype<usize>(text), countOf(changetype<usize>(text)));
}

/** Adds bytes to the output of this evaluation. */
export function outputBytes(bytes: Uint8Array): void {
  outputIsSet = true;
  addBytes(outputChain, bytes.dataStart, bytes.length);
}

/** Adds a line to the logs; lines above 16 KiB in total are left out. */
export function log(text: string): void {
  const length = utf8Length(changetype<usize>(text), countOf(changetype<usize>(text)));
  if (arena.chainLength(logChain) + length + headMax > logMax) return;
  const start = arena.room(arena.partHead + headMax + length) + <usize>arena.partHead;
  arena.addPart(
    logChain,
    storeText(start, changetype<usize>(text), countOf(changetype<usize>(text)), length),
  );
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
  putBytes(useReply ? dataChain(firstReply) : outputChain);
  putArray(messageCount);
  for (let item = firstMessage; item != 0; item = nextItem(item)) {
    putArray(3);
    putTarget(item);
    putTagsAndData(item);
  }
  putArray(spawnCount);
  for (let item = firstSpawn; item != 0; item = nextItem(item)) {
    putArray(2);
    putTagsAndData(item);
  }
  putArray(arena.chainCount(logChain));
  arena.copyChain(logChain);
  const length = arena.position() - start;
  return <i64>(((<u64>arena.pointerTo(start)) << 32) | <u64>length);
}
