/**
 * What a process says: messages, new processes, its output, its logs (spec/06-execution.md, output).
 * Everything is collected while a message is handled and goes out only if the handling succeeds.
 *
 * Tags and data are encoded as they are given, into buffers that are used again for every message:
 * the same few chunks of memory change, and the collector has little to do.
 *
 * @module
 */

import { Address } from "./address";
import { Message } from "./message";
import { utf8Length } from "./utf8";
import { Writer } from "./writer";

// Caps of spec/11-limits.md that a process can run into; the host refuses what is above them.
const itemsMax: i32 = 256;
const tagsMax: i32 = 64;
const tagNameMax: i32 = 64;
const tagValueMax: i32 = 3072;
const dataMax: i32 = 262_144;
const logMax: i32 = 16_384;

/** Buffers above this size are not kept for the next message. */
const itemKeptMax: i32 = 512;
const outputKeptMax: i32 = 16_384;

/** The encoded tags and data of one item; kept for the next message. */
@final
class ItemBuffers {
  readonly tags: Writer = new Writer(192);
  readonly data: Writer = new Writer(64);
}

const buffers: ItemBuffers[] = [];
const messages: Outgoing[] = [];
const spawns: Outgoing[] = [];
const outputWriter: Writer = new Writer(64);
const logWriter: Writer = new Writer(64);
const resultWriter: Writer = new Writer(1024);
let logCount: i32 = 0;
let outputIsSet: bool = false;
let firstReply: Outgoing | null = null;

/** A message or a new process on its way out; add to it until the handling ends. */
@final
export class Outgoing {
  private tagCount: i32 = 0;
  private hasData: bool = false;
  private buffers: ItemBuffers | null;

  /** For `send`, `reply` and `spawn`. A target of null is a new process. */
  constructor(
    private readonly target: Address | null,
    buffers: ItemBuffers,
  ) {
    this.buffers = buffers;
  }

  /** Adds a tag. */
  tag(name: string, value: string): Outgoing {
    const tags = this.openTag(name);
    const length = utf8Length(value);
    assert(length <= tagValueMax, "a tag's value has at most 3072 bytes");
    tags.textHeader(length);
    tags.rawText(value);
    return this;
  }

  /** Adds a tag with an address as its value. */
  tagAddress(name: string, value: Address): Outgoing {
    const tags = this.openTag(name);
    tags.textHeader(43);
    tags.rawAddress(value);
    return this;
  }

  /** Adds text to the data. */
  text(value: string): Outgoing {
    this.openData().rawText(value);
    return this;
  }

  /** Adds the 43 characters of an address to the data. */
  address(value: Address): Outgoing {
    this.openData().rawAddress(value);
    return this;
  }

  /** Adds bytes to the data. */
  bytes(value: Uint8Array): Outgoing {
    this.openData().raw(value.dataStart, value.length);
    return this;
  }

  /** Writes the item as the protocol lays it out. For the SDK's own entry. */
  encode(writer: Writer): void {
    const buffers = this.buffers!;
    const target = this.target;
    writer.array(target ? 3 : 2);
    if (target) writer.address(target);
    writer.array(this.tagCount);
    writer.raw(buffers.tags.pointer, buffers.tags.length);
    if (this.hasData) this.encodeData(writer);
    else writer.nil();
  }

  encodeData(writer: Writer): void {
    const data = this.buffers!.data;
    assert(data.length <= dataMax, "a message's data has at most 256 KiB");
    writer.bytesAt(data.pointer, data.length);
  }

  /** Whoever kept the item can no longer add to it. */
  seal(): void {
    this.buffers = null;
  }

  private openTag(name: string): Writer {
    assert(this.buffers != null, "the message is already sent");
    assert(this.tagCount < tagsMax, "a message has at most 64 tags");
    const length = utf8Length(name);
    assert(length > 0 && length <= tagNameMax, "a tag's name has 1 to 64 bytes");
    this.tagCount += 1;
    const tags = this.buffers!.tags;
    tags.array(2).textHeader(length);
    return tags.rawText(name);
  }

  private openData(): Writer {
    assert(this.buffers != null, "the message is already sent");
    this.hasData = true;
    return this.buffers!.data;
  }
}

function nextBuffers(): ItemBuffers {
  const used = messages.length + spawns.length;
  assert(used < itemsMax, "a process sends at most 256 messages at a time");
  if (used == buffers.length) buffers.push(new ItemBuffers());
  const next = buffers[used];
  next.tags.reset(itemKeptMax);
  next.data.reset(itemKeptMax);
  return next;
}

/** Sends a message; `action` becomes its tag `Action` unless it is empty. */
export function send(target: Address, action: string = ""): Outgoing {
  const outgoing = new Outgoing(target, nextBuffers());
  messages.push(outgoing);
  return action.length > 0 ? outgoing.tag("Action", action) : outgoing;
}

/**
 * Answers a message: sends `text` to its sender, which is also the output unless `output` says
 * something else. A tag `Reference` of the question comes back as `X-Reference`, so that a process
 * knows which of its questions is answered.
 */
export function reply(message: Message, text: string = ""): Outgoing {
  const outgoing = sendBack(message);
  if (firstReply == null) firstReply = outgoing;
  return text.length > 0 ? outgoing.text(text) : outgoing;
}

/** Tells a spawner that is a process the id of what it spawned. For the SDK's own entry. */
export function announce(spawn: Message): void {
  sendBack(spawn).tag("Action", "Spawned");
}

function sendBack(message: Message): Outgoing {
  const outgoing = send(message.from);
  const reference = message.tag("X-Reference", message.tag("Reference"));
  return reference.length > 0 ? outgoing.tag("X-Reference", reference) : outgoing;
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
  const outgoing = new Outgoing(null, nextBuffers());
  spawns.push(outgoing);
  return outgoing.tagAddress("Module", module);
}

/** Adds text to the output of this evaluation: what `send` and `call` show. */
export function output(text: string): void {
  outputIsSet = true;
  outputWriter.rawText(text);
}

/** Adds bytes to the output of this evaluation. */
export function outputBytes(bytes: Uint8Array): void {
  outputIsSet = true;
  outputWriter.raw(bytes.dataStart, bytes.length);
}

/** Adds a line to the logs; lines above 16 KiB in total are left out. */
export function log(text: string): void {
  if (logWriter.length + utf8Length(text) + 5 > logMax) return;
  logWriter.text(text);
  logCount += 1;
}

/** The encoded result of the evaluation, `ptr << 32 | length`. For the SDK's own entry. */
export function closeOutbox(): i64 {
  const writer = resultWriter;
  writer.reset(outputKeptMax);
  writer.array(6).uint(7).uint(1);
  const answer = firstReply;
  if (outputIsSet || answer == null) writer.bytesAt(outputWriter.pointer, outputWriter.length);
  else answer.encodeData(writer);
  encodeItems(messages, writer);
  encodeItems(spawns, writer);
  writer.array(logCount).raw(logWriter.pointer, logWriter.length);
  return <i64>(((<u64>writer.pointer) << 32) | <u64>writer.length);
}

function encodeItems(items: Outgoing[], writer: Writer): void {
  writer.array(items.length);
  for (let at = 0; at < items.length; at++) {
    items[at].encode(writer);
    items[at].seal();
  }
}

/** Forgets what the last message said. For the SDK's own entry. */
export function openOutbox(): void {
  messages.length = 0;
  spawns.length = 0;
  outputWriter.reset(itemKeptMax);
  logWriter.reset(itemKeptMax);
  logCount = 0;
  outputIsSet = false;
  firstReply = null;
}
