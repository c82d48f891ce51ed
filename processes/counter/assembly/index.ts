/** A number that remembers: `Increment` adds one, `Count` asks. @module */
import { addChecked, Message, reply, replyError } from "nymcompute/sdk";

let count: u64 = 0;

export function receive(message: Message): void {
  if (message.action == "Increment") count = addChecked(count, 1);
  else if (message.action != "Count") return replyError(message, "Unknown action");
  reply(message, count.toString());
}
