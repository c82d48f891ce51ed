/**
 * Failures on demand, the same in all of these processes: each action below fails in a way of its
 * own, after it has changed something that must then be as before.
 *
 * @module
 */

import { guard, Message } from "nymcompute/sdk";

let scratch: u64 = 0;
let turns: u32 = 0;
const kept: StaticArray<u8>[] = [];

/** Fails if the action names a failure; false if it names none. */
export function failOnDemand(message: Message): bool {
  const action = message.action;
  scratch += 1;
  const depth = <i32>scratch;
  if (action == "Assert") guard(depth < 0, "failed on demand");
  else if (action == "Unreachable") unreachable();
  else if (action == "Read-Outside") scratch = load<u64>(0xffff_fff0 + depth);
  else if (action == "Write-Outside") store<u8>(<usize>memory.size() * 65536, <u8>depth);
  else if (action == "Fill-Outside") memory.fill(<usize>memory.size() * 65536 - 8, 7, 9);
  else if (action == "Divide-By-Zero") scratch = 7 / (scratch - <u64>depth);
  else if (action == "Overflow") scratch = <u64>(i32.MIN_VALUE / (0 - (depth | 1) / (depth | 1)));
  else if (action == "Index") scratch = kept[depth + 1000].length;
  else if (action == "Call-Nothing") call_indirect<void>(4095 + depth);
  else if (action == "Loop") spin();
  else if (action == "Recurse") scratch = recurse(scratch) + 1;
  else if (action == "Allocate") allocateForEver();
  else return false;
  return true;
}

function spin(): void {
  while (true) turns = (turns ^ 0x9e37_79b9) + 3;
}

function recurse(depth: u64): u64 {
  return (depth & 1) == 0 ? recurse(depth + 1) + depth : recurse(depth + 3) ^ depth;
}

/** Until memory may not grow any more, and the allocator aborts. */
function allocateForEver(): void {
  while (true) kept.push(new StaticArray<u8>(1_000_000));
}
