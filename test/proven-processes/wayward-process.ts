/**
 * A process that ends in every way that a verifier must tell apart, by the first word of its inbox; the
 * inbox's length makes `alloc` answer places where no inbox can be.
 *
 * @module
 */

import { compileAssemblyScript, processFlags } from "../../src/testing/assembly-script.ts";

const source = `
const answer: StaticArray<u32> = new StaticArray<u32>(4);
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
let sum: u32 = 7;

function descend(depth: u32): u32 {
  return depth == 0 ? sum : descend(depth - 1) + (sum ^ depth);
}

export function alloc(length: i32): i32 {
  if (length == 1000) return 1026;
  if (length == 1004) return 131072;
  if (length == 1008) return -4;
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

export function handle(length: i32): i64 {
  const action = load<u32>(changetype<usize>(inbox));
  let at = <u32>changetype<usize>(answer);
  if (action == 1) {
    const before = memory.grow(1);
    if (before < 0) unreachable();
    sum += before;
  } else if (action == 2) sum += load<u32>(131064);
  else if (action == 3) sum += descend(60);
  else if (action == 4) sum += load<u32>(131069);
  else if (action == 5) sum += descend(9000);
  else if (action == 6) for (let i: u32 = 0; i < 12000; i++) sum += i ^ (sum << 3);
  else if (action == 7) at = 0xffff_fff0;
  else if (action == 8) sum /= action - 8;
  unchecked((answer[0] = sum));
  return (<i64>at << 32) | 16;
}
`;

/** What the first word asks for, or the inbox's length does. */
export const waywardInboxes: Readonly<Record<string, Uint8Array>> = {
  ok: inboxOf(0),
  "grows memory": inboxOf(1),
  "reads the last words of memory": inboxOf(2),
  "recurses sixty deep": inboxOf(3),
  "reads across memory's end": inboxOf(4),
  "recurses deeper than its stack": inboxOf(5),
  "spends all gas": inboxOf(6),
  "returns a range outside of memory": inboxOf(7),
  "divides by zero": inboxOf(8),
  "takes its inbox at an odd place": inboxOf(0, 1000),
  "takes its inbox behind memory": inboxOf(0, 1004),
  "takes its inbox across the end of addresses": inboxOf(0, 1008),
};

function inboxOf(action: number, length = 8): Uint8Array {
  const inbox = new Uint8Array(length);
  inbox[0] = action;
  return inbox;
}

/** Its module; it begins with two pages of memory. */
export async function waywardProcess(): Promise<Uint8Array> {
  const flags = [...processFlags, "--use", "abort=", "--initialMemory", "2", "--runtime", "stub"];
  return compileAssemblyScript(source, flags);
}
