/**
 * A room: who has joined may speak, and what is said goes to everyone in it. README.md beside lists
 * the actions.
 *
 * @module
 */

import { Address, Message, output, reply, replyError, SortedMap, send } from "nymcompute/sdk";
import { remember, sendHistory, textMax } from "./history";

/** A broadcast and its answer must fit the 256 messages that one evaluation may send. */
const membersMax: i32 = 250;

/** The slot at which each member joined. */
const members = new SortedMap<Address, u64>();

export function receive(message: Message): void {
  const action = message.action;
  if (action == "Broadcast") onBroadcast(message);
  else if (action == "Join") onJoin(message);
  else if (action == "Leave") onLeave(message);
  else if (action == "History") sendHistory(message);
  else if (action == "Members") sendMembers(message);
  else replyError(message, "Unknown action");
}

function onJoin(message: Message): void {
  if (members.has(message.from)) return replyError(message, "Already joined", "Join-Error");
  if (members.size >= membersMax) return replyError(message, "The room is full", "Join-Error");
  members.set(message.from, message.slot);
  reply(message, "Joined").tag("Action", "Joined").tag("Members", members.size.toString());
}

function onLeave(message: Message): void {
  if (!members.delete(message.from)) return replyError(message, "Not joined", "Leave-Error");
  reply(message, "Left").tag("Action", "Left").tag("Members", members.size.toString());
}

function onBroadcast(message: Message): void {
  if (!members.has(message.from)) return replyError(message, "Join first", "Broadcast-Error");
  if (message.dataLength == 0 || message.dataLength > textMax || !message.isText) {
    return replyError(message, "The data must be 1 to 1000 bytes of text", "Broadcast-Error");
  }
  const text = message.text;
  remember(message.from, message.timestamp, text);
  for (let member = members.cursor(); member.isValid; member.next()) {
    send(member.key, "Broadcasted").tagAddress("Broadcaster", message.from).text(text);
  }
  output("Broadcasted to " + members.size.toString());
}

function sendMembers(message: Message): void {
  const answer = reply(message, "[");
  let separator = '"';
  for (let member = members.cursor(); member.isValid; member.next()) {
    answer.text(separator).address(member.key).text('"');
    separator = ',"';
  }
  answer.text("]");
}
