/**
 * Between the host and the developer's `receive` (spec/06-execution.md §3). The build generates the
 * module's entry around these: it exports `alloc` and `handle`, and nothing else is exported.
 *
 * @module
 */

import { Address } from "./address";
import { allocateInbox } from "./inbox";
import { Message } from "./message";
import { announce, closeOutbox, openOutbox } from "./outbox";

let selfAddress: Address = new Address();
let ownerAddress: Address = new Address();

/** The id of this process. */
export function self(): Address {
  return selfAddress;
}

/** Who spawned this process: the address of a key or the id of a process. */
export function owner(): Address {
  return ownerAddress;
}

/** Where the host writes the next message. */
export function allocate(length: i32): i32 {
  return allocateInbox(length);
}

/** Begins to handle a message of `length` bytes. */
export function begin(length: i32): Message {
  openOutbox();
  const message = new Message(length);
  if (message.slot == 0) {
    selfAddress = message.process;
    ownerAddress = message.from;
    if (message.isFromProcess) announce(message);
  }
  return message;
}

/** Ends the handling; the encoded output, `pointer << 32 | length`. */
export function finish(): i64 {
  return closeOutbox();
}
