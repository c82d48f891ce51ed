/**
 * What a developer holds of a message on its way out.
 *
 * @module
 */

import { Address } from "./address";
import * as arena from "./arena";
import { storeTextHead } from "./heads";
import * as inbox from "./inbox";
import { addBytes, addText, beginTag, copyTag, dataOf, endTag, storeText } from "./items";
import { Message } from "./message";
import { U128 } from "./u128";
import { countOf, equalsUtf8, startsWithUtf8, utf8Length } from "./utf8";

/** The tag that says which question an answer belongs to. */
export const referenceTag: string = "X-Reference";

/** Characters of an address. */
const addressLength: i32 = 43;

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
    checkTurn(this.turn);
    const length = utf8Length(changetype<usize>(value), countOf(changetype<usize>(value)));
    const at = beginTag(
      this.item,
      changetype<usize>(name),
      countOf(changetype<usize>(name)),
      length,
    );
    endTag(
      this.item,
      at +
        <usize>storeText(at, changetype<usize>(value), countOf(changetype<usize>(value)), length),
    );
    return this;
  }

  /** Adds a tag with an address as its value. */
  tagAddress(name: string, value: Address): Outgoing {
    checkTurn(this.turn);
    let at = beginTag(
      this.item,
      changetype<usize>(name),
      countOf(changetype<usize>(name)),
      addressLength,
    );
    at += <usize>storeTextHead(at, addressLength);
    value.storeText(at);
    endTag(this.item, at + <usize>addressLength);
    return this;
  }

  /** Adds a tag with an amount as its value. */
  tagAmount(name: string, value: U128): Outgoing {
    checkTurn(this.turn);
    const length = value.digitCount;
    let at = beginTag(this.item, changetype<usize>(name), countOf(changetype<usize>(name)), length);
    at += <usize>storeTextHead(at, length);
    value.storeText(at, length);
    endTag(this.item, at + <usize>length);
    return this;
  }

  /** Adds all tags of a message whose names begin with `prefix`, as AO's notices do with `X-`. */
  copyTags(message: Message, prefix: string): Outgoing {
    checkTurn(this.turn);
    for (let at = 0; at < message.tagCount; at++) {
      const name = inbox.namePointer(at);
      const length = inbox.nameLength(at);
      if (
        !startsWithUtf8(name, length, changetype<usize>(prefix), countOf(changetype<usize>(prefix)))
      )
        continue;
      const isReference = equalsUtf8(
        name,
        length,
        changetype<usize>(referenceTag),
        countOf(changetype<usize>(referenceTag)),
      );
      if (this.isAnswer && isReference) continue;
      copyTag(this.item, at);
    }
    return this;
  }

  /** Adds text to the data. */
  text(value: string): Outgoing {
    checkTurn(this.turn);
    addText(dataOf(this.item), changetype<usize>(value), countOf(changetype<usize>(value)));
    return this;
  }

  /** Adds the 43 characters of an address to the data. */
  address(value: Address): Outgoing {
    checkTurn(this.turn);
    value.storeText(arena.room(arena.partHead + addressLength) + <usize>arena.partHead);
    arena.addPart(dataOf(this.item), addressLength);
    return this;
  }

  /** Adds the digits of an amount to the data. */
  amount(value: U128): Outgoing {
    checkTurn(this.turn);
    const length = value.digitCount;
    value.storeText(arena.room(arena.partHead + length) + <usize>arena.partHead, length);
    arena.addPart(dataOf(this.item), length);
    return this;
  }

  /** Adds bytes to the data. */
  bytes(value: Uint8Array): Outgoing {
    checkTurn(this.turn);
    addBytes(dataOf(this.item), value.dataStart, value.length);
    return this;
  }
}

function checkTurn(turn: u64): void {
  assert(turn == inbox.turn, "the message is already sent");
}
