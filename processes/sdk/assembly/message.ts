/**
 * The message that a process handles. Everything that the process can know about the world is here:
 * who sent it, when the scheduler says it came, its tags and its data.
 *
 * @module
 */

import { Address } from "./address";
import { headValue } from "./canonical";
import * as inbox from "./inbox";
import { U128 } from "./u128";
import { countOf, isUtf8, loadUtf8 } from "./utf8";

/** What is known of a process that sends: from its spawn message, which the host has checked. */
@final
export class Source {
  constructor(
    readonly module: Address,
    readonly scheduler: Address,
    /** The compute units whose attestations speak for it. */
    readonly compute: Address[],
  ) {}
}

/**
 * One message. It can be read only while it is handled, because the next one is written over its
 * bytes: copy what you want to keep (`from`, `slot` and `timestamp` are copies already).
 */
@final
export class Message {
  /** Version of the rules that this process runs under. */
  readonly rules: u64;
  /** Place in this process's log; the spawn message has slot 0. */
  readonly slot: u64;
  /** Milliseconds since 1970, as the scheduler says. */
  readonly timestamp: u64;
  /** The address of the key, or the id of the process, that sent it. */
  readonly from: Address;
  readonly isFromProcess: bool;
  /** What the sending process is made of; null where a key sent the message. */
  readonly source: Source | null;
  /** How many processes the message went through. */
  readonly depth: u64;
  private readonly turn: u64;
  // Read in place when asked for: most messages never are, and each would cost an allocation.
  private readonly networkPointer: usize;
  private readonly processPointer: usize;
  private readonly idPointer: usize;
  private readonly anchorPointer: usize;
  private readonly anchorLength: i32;
  private actionText: string | null = null;

  /** The message of the `length` bytes in the inbox. For the SDK's own entry. */
  constructor(length: i32) {
    inbox.openInbox(length);
    assert(
      inbox.readArray() == 14 && inbox.readUint() == 6 && inbox.readUint() == 1,
      "the inbox is not of the protocol",
    );
    this.turn = inbox.turn;
    this.rules = inbox.readUint();
    this.networkPointer = inbox.readDigest();
    this.processPointer = inbox.readDigest();
    this.slot = inbox.readUint();
    this.timestamp = inbox.readUint();
    this.idPointer = inbox.readDigest();
    inbox.readArray();
    this.isFromProcess = inbox.readUint() == 1;
    this.from = inbox.readAddress();
    this.source = readSource();
    this.anchorPointer = inbox.readBytes();
    this.anchorLength = <i32>headValue;
    this.depth = inbox.readUint();
    inbox.readTagsAndData();
  }

  get network(): Address {
    checkTurn(this.turn);
    return Address.load(this.networkPointer);
  }

  /** This process. */
  get process(): Address {
    checkTurn(this.turn);
    return Address.load(this.processPointer);
  }

  get id(): Address {
    checkTurn(this.turn);
    return Address.load(this.idPointer);
  }

  /** Up to 32 bytes that the sender chose; of a process's message its slot and index. */
  get anchor(): Uint8Array {
    checkTurn(this.turn);
    return copyOf(this.anchorPointer, this.anchorLength);
  }

  /** The value of the tag `Action`; empty where there is none. */
  get action(): string {
    let action = this.actionText;
    if (action == null) {
      action = this.tag("Action");
      this.actionText = action;
    }
    return action;
  }

  get tagCount(): i32 {
    checkTurn(this.turn);
    return inbox.tagCount;
  }

  tagName(at: i32): string {
    this.checkTag(at);
    return loadUtf8(inbox.namePointer(at), inbox.nameLength(at));
  }

  tagValue(at: i32): string {
    this.checkTag(at);
    return loadUtf8(inbox.valuePointer(at), inbox.valueLength(at));
  }

  hasTag(name: string): bool {
    checkTurn(this.turn);
    return inbox.findTag(changetype<usize>(name), countOf(changetype<usize>(name))) >= 0;
  }

  /** The value of the first tag of that name, or `otherwise` where there is none. */
  tag(name: string, otherwise: string = ""): string {
    checkTurn(this.turn);
    const at = inbox.findTag(changetype<usize>(name), countOf(changetype<usize>(name)));
    return at < 0 ? otherwise : loadUtf8(inbox.valuePointer(at), inbox.valueLength(at));
  }

  /** The address in the first tag of that name, or null where there is none. */
  tagAddress(name: string): Address | null {
    checkTurn(this.turn);
    const at = inbox.findTag(changetype<usize>(name), countOf(changetype<usize>(name)));
    return at < 0 ? null : Address.tryParseUtf8(inbox.valuePointer(at), inbox.valueLength(at));
  }

  /** The amount in the first tag of that name, or null where there is none. */
  tagAmount(name: string): U128 | null {
    checkTurn(this.turn);
    const at = inbox.findTag(changetype<usize>(name), countOf(changetype<usize>(name)));
    return at < 0 ? null : U128.tryParseUtf8(inbox.valuePointer(at), inbox.valueLength(at));
  }

  get hasData(): bool {
    checkTurn(this.turn);
    return inbox.hasData;
  }

  /** A copy of the data; empty where there is none. */
  get data(): Uint8Array {
    checkTurn(this.turn);
    return copyOf(inbox.dataPointer, inbox.dataLength);
  }

  get dataLength(): i32 {
    checkTurn(this.turn);
    return inbox.dataLength;
  }

  /** The data as text; aborts where it is not UTF-8. */
  get text(): string {
    checkTurn(this.turn);
    assert(isUtf8(inbox.dataPointer, inbox.dataLength), "the data is not well-formed UTF-8");
    return loadUtf8(inbox.dataPointer, inbox.dataLength);
  }

  /** True if the data is well-formed UTF-8, so that `text` can be read. */
  get isText(): bool {
    checkTurn(this.turn);
    return isUtf8(inbox.dataPointer, inbox.dataLength);
  }

  private checkTag(at: i32): void {
    checkTurn(this.turn);
    assert(at >= 0 && at < inbox.tagCount, "there is no such tag");
  }
}

function checkTurn(turn: u64): void {
  assert(turn == inbox.turn, "a message can be read only while it is handled");
}

function copyOf(pointer: usize, length: i32): Uint8Array {
  const copy = new Uint8Array(length);
  memory.copy(copy.dataStart, pointer, <usize>length);
  return copy;
}

function readSource(): Source | null {
  if (inbox.readNil()) return null;
  assert(inbox.readArray() == 3, "the inbox is not of the protocol");
  const module = inbox.readAddress();
  const scheduler = inbox.readAddress();
  const count = inbox.readArray();
  const compute = new Array<Address>();
  for (let at = 0; at < count; at++) compute.push(inbox.readAddress());
  return new Source(module, scheduler, compute);
}
