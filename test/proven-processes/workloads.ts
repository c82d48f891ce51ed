/**
 * What the seven processes are told, at least 50 messages each, one in four of which fails or is refused
 * by the process. Everything that is random follows from the slot, so that each run says the same.
 *
 * @module
 */

import { idText } from "../../src/protocol/ids.ts";
import type { ProcessName } from "./modules.ts";
import { type LogTerms, type Said, senderOf } from "./process-log.ts";

export interface Workload {
  readonly terms: LogTerms;
  readonly messages: readonly Said[];
}

const messageCount = 54;

/** Actions of assembly/failures.ts that fail soon; `Loop` and the like spend all gas. */
const quickFailures = [
  "Assert",
  "Unreachable",
  "Read-Outside",
  "Write-Outside",
  "Fill-Outside",
  "Divide-By-Zero",
  "Overflow",
  "Index",
  "Call-Nothing",
];
const slowFailures = ["Loop", "Recurse", "Allocate"];

const addressOf = (sender: number): string => idText(senderOf(sender).identity.address);

/** The 32-bit number of a place, by a mix of Murmur3. */
function scrambled(place: number): number {
  let hash = Math.imul(place + 1, 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const wideNumber = (place: number): string =>
  String((BigInt(scrambled(place)) << 32n) | BigInt(scrambled(place + 1000)));

/** A message of one action, its tags and its data. */
function say(Action: string, more: Partial<Said> = {}): Said {
  return { ...more, tags: { Action, ...more.tags } };
}

/** Messages with failures between them: every fourth one, all kinds in turn. */
function withFailures(useful: (place: number) => Said): Said[] {
  const failures = [...quickFailures, ...slowFailures];
  return Array.from({ length: messageCount }, (_, place) => {
    if (place % 4 !== 3) return useful(place);
    return say(failures[((place - 3) / 4) % failures.length] ?? "");
  });
}

const tokenTurns: readonly ((place: number) => Said)[] = [
  (place) =>
    say("Transfer", {
      from: place % 3,
      tags: {
        Recipient: addressOf((place + 1) % 3),
        Quantity: String(1 + (scrambled(place) % 99)),
      },
    }),
  (place) => say("Balance", { from: place % 4 }),
  (place) => say("Mint", { from: place % 2, tags: { Quantity: wideNumber(place) } }),
  (place) =>
    say("Transfer", { from: 3, tags: { Recipient: addressOf(0), Quantity: `${place}${place}` } }),
  () => say("Total-Supply"),
  (place) => say("Burn", { from: place % 3, tags: { Quantity: "7" } }),
  () => say("Balances"),
  (place) => say("Transfer", { tags: { Recipient: "nobody", Quantity: String(place) } }),
  () => say("Info"),
  (place) =>
    say("Transfer", {
      tags: { Recipient: addressOf(place), Quantity: "1", Cast: "true", "X-Note": "é".repeat(9) },
    }),
];

/** More tags than the gas of a spawn here is good for. */
const tooLong = (place: number): Said =>
  say("Transfer", {
    tags: {
      Recipient: addressOf(1),
      Quantity: "1",
      ...Object.fromEntries(
        Array.from({ length: 19 }, (_, i) => [`X-${i}`, "x".repeat(2900 + place)]),
      ),
    },
  });

/** More data than its memory holds. */
const tooLarge = (place: number): Said =>
  say("Balance", { data: new Uint8Array(250_000 + place).fill(place) });

/** The processes of the package have no action that traps: these messages make them fail. */
const withLongOnes = (useful: (place: number) => Said): Said[] =>
  Array.from({ length: messageCount }, (_, place) => {
    if (place % 6 !== 5) return useful(place);
    return place % 12 === 5 ? tooLarge(place) : tooLong(place);
  });

const chatTurns: readonly ((place: number) => Said)[] = [
  (place) => say("Join", { from: place % 4 }),
  (place) => say("Broadcast", { from: place % 3, data: `message ${place} "quoted"` }),
  (place) => say("Broadcast", { from: 5, data: `nobody hears ${place}` }),
  () => say("Members"),
  (place) => say("History", { tags: { Limit: String(place % 6) } }),
  (place) => say("Leave", { from: place % 7 }),
  (place) => say("Broadcast", { from: place % 2, data: Uint8Array.of(0xff, place) }),
];

const jsonTurns: readonly ((place: number) => Said)[] = [
  (place) =>
    say("Set", { data: `[{"z":${place},"a":[true,false,null,-${place},"x\\n\\u0041é"]}]` }),
  (place) => say("Append", { data: `{"k${place % 5}":[[],{},"\\"${place}"],"b":${place}}` }),
  () => say("Raise"),
  () => say("Sort"),
  (place) =>
    say("Append", { data: ["[1,2", '{"a" 1}', "tru", "[1 2]", '"\u0001"'][place % 5] ?? "" }),
  () => say("Get"),
  (place) => say("Set", { data: "[".repeat(place) + "]".repeat(place) }),
];

const turn = (turns: readonly ((place: number) => Said)[], place: number): Said =>
  (turns[place % turns.length] ?? (() => say("Unknown")))(place);

/** Eight rounds of `each` new objects; then some of them are replaced, and all are sorted again. */
function sorts(each: number): Said[] {
  return withFailures((place) => {
    if (place < 10) return say("Add", { tags: { Count: String(each) } });
    if (place % 8 === 6) return say("Sort", { tags: { Count: String(4 + (place % 5)) } });
    return say("Replace", { tags: { Count: String(1 + (place % 5)) } });
  });
}

const messagesOf: Readonly<Record<ProcessName, () => Said[]>> = {
  token: () => withLongOnes((place) => turn(tokenTurns, place)),
  counter: () =>
    withLongOnes((place) => say(["Increment", "Count", "Increment", "Unknown"][place % 4] ?? "")),
  chat: () => withLongOnes((place) => turn(chatTurns, place)),
  sha256: () =>
    withFailures((place) =>
      say(place % 3 === 0 ? "Hash" : place % 3 === 1 ? "Chain" : "Last", {
        data: "abc".repeat(place),
        tags: { Times: String(1 + (place % 3)) },
      }),
    ),
  sort: () => sorts(3),
  wide: () =>
    withFailures((place) =>
      say(["Power", "Mix", "Divide", "Convert"][(place + (place >> 2)) % 4] ?? "", {
        tags: {
          A: wideNumber(place),
          B: place % 7 === 6 ? "0" : wideNumber(place + 50).slice(0, 1 + (place % 19)),
          Modulus: wideNumber(place + 99).slice(0, 1 + ((place * 7) % 20)),
          Times: String(1 + (place % 9)),
        },
      }),
    ),
  json: () => withFailures((place) => turn(jsonTurns, place)),
};

const processTerms: Readonly<Record<ProcessName, LogTerms>> = {
  token: { gasLimit: 70_000, memoryPagesMax: 4 },
  counter: { gasLimit: 43_000, memoryPagesMax: 3 },
  chat: { gasLimit: 60_000, memoryPagesMax: 4 },
  sha256: { gasLimit: 150_000, memoryPagesMax: 8 },
  sort: { gasLimit: 150_000, memoryPagesMax: 8 },
  wide: { gasLimit: 150_000, memoryPagesMax: 8 },
  json: { gasLimit: 150_000, memoryPagesMax: 8 },
};

/** The messages of a process and what its spawn fixes. */
export function workloadOf(name: ProcessName): Workload {
  return { terms: processTerms[name], messages: messagesOf[name]() };
}

/** The sort of 1,000 objects, in every message. */
export function largeSort(): Workload {
  return { terms: { gasLimit: 1_000_000, memoryPagesMax: 8 }, messages: sorts(125) };
}
