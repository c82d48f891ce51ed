/**
 * JSON (RFC 8259) of integers, read into a tree, changed, and written back. `Set` replaces the
 * document, `Raise` adds one to every number of it, `Sort` orders the keys of all objects, `Get`
 * answers it. Text that is no JSON aborts, and what was there stays.
 *
 * @module
 */

import { guard, Message, reply, replyError } from "nymcompute/sdk";
import { failOnDemand } from "./failures";
import { parseJson } from "./json-parser";
import { JsonValue } from "./json-value";

let document: JsonValue = JsonValue.array();

export function receive(message: Message): void {
  if (failOnDemand(message)) return;
  const action = message.action;
  if (action == "Set") document = parseJson(message.text);
  else if (action == "Append") {
    guard(document.isArray, "the document is no array");
    document.items.push(parseJson(message.text));
  } else if (action == "Raise") document.raise();
  else if (action == "Sort") document.sortKeys();
  else if (action != "Get") return replyError(message, "Unknown action");
  const parts: string[] = [];
  document.write(parts);
  reply(message, parts.join(""));
}
