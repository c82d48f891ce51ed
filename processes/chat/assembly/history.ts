/**
 * The last 250 messages, in a ring.
 *
 * @module
 */

import { Address, jsonText, Message, reply } from "nymcompute/sdk";

const messagesMax: i32 = 250;
/** Messages in one answer, and its bytes: below the 256 KiB of a message's data. */
const answeredMax: i32 = 100;
const answerBytesMax: i32 = 250_000;
/** A character may become `\u001f`; address, time and names come on top. */
const bytesPerUnit: i32 = 6;
const bytesPerMessage: i32 = 120;

/** Bytes of one message. */
export const textMax: i32 = 1000;

class Said {
  constructor(
    readonly speaker: Address,
    readonly timestamp: u64,
    readonly text: string,
  ) {}
}

const ring: Said[] = [];
let count: i32 = 0;

export function remember(speaker: Address, timestamp: u64, text: string): void {
  const said = new Said(speaker, timestamp, text);
  if (ring.length < messagesMax) ring.push(said);
  else ring[count % messagesMax] = said;
  count += 1;
}

/** The first of the newest messages that fit one answer, at most `limit` of them. */
function firstAnswered(limit: i32): i32 {
  const oldest = count - min(limit, ring.length);
  let bytes = 0;
  let first = count;
  while (first > oldest) {
    bytes += ring[(first - 1) % messagesMax].text.length * bytesPerUnit + bytesPerMessage;
    if (bytes > answerBytesMax) break;
    first -= 1;
  }
  return first;
}

/** A JSON array of the newest messages, the oldest of them first; `Limit` says how many. */
export function sendHistory(message: Message): void {
  const limit = <i32>min<u64>(U64.parseInt(message.tag("Limit", "100")), answeredMax);
  const first = firstAnswered(limit);
  const answer = reply(message, "[");
  for (let at = first; at < count; at++) {
    const said = ring[at % messagesMax];
    answer.text(at == first ? '{"From":"' : ',{"From":"').address(said.speaker);
    answer.text('","Timestamp":' + said.timestamp.toString() + ',"Text":');
    answer.text(jsonText(said.text)).text("}");
  }
  answer.text("]");
}
