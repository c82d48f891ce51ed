/**
 * A store that is spoken to as one speaks HTTP: the action is the method, the tag `Path` names a
 * resource, the data is the body, and the answer bears a `Status` (README.md beside lists them, after
 * RFC 9110). Whoever writes a path first owns it.
 *
 * @module
 */

import { guard, Message, owner } from "nymcompute/sdk";
import { created, noContent, notModified, ok, refuse } from "./answers";
import { holds } from "./conditions";
import { sendList } from "./list";
import { bodyMax, find, isPath, isType, put, Resource, remove, roomFor } from "./resources";

/** The spawn tag `Writers: owner`: only whoever spawned the process makes new paths. */
let ownerAlone: bool = false;

export function start(spawn: Message): void {
  const writers = spawn.tag("Writers", "anyone");
  guard(writers == "anyone" || writers == "owner", "Writers must be `anyone` or `owner`");
  ownerAlone = writers == "owner";
}

export function receive(message: Message): void {
  // An answer: two stores that wrote to each other would go on for ever.
  if (message.hasTag("Status")) return;
  const method = message.action;
  if (method == "GET") onGet(message);
  else if (method == "PUT") onPut(message);
  else if (method == "DELETE") onDelete(message);
  else if (method == "LIST") sendList(message);
  else refuse(message, 405, "The action must be GET, PUT, DELETE or LIST");
}

function onGet(message: Message): void {
  const path = message.tag("Path");
  if (!isPath(path)) return refusePath(message);
  const found = find(path);
  if (!found) return refuse(message, 404, "Nothing is there");
  if (message.hasTag("If-None-Match") && holds(message.tag("If-None-Match"), found)) {
    return notModified(message, found);
  }
  ok(message, found);
}

function onPut(message: Message): void {
  const path = message.tag("Path");
  if (!isPath(path)) return refusePath(message);
  const type = message.tag("Content-Type", "application/octet-stream");
  if (!isType(type))
    return refuse(message, 400, "Content-Type must be 1 to 100 visible characters");
  const found = find(path);
  if (!mayWrite(message, found)) return;
  if (message.dataLength > bodyMax) return refuse(message, 413, "A body has at most 65536 bytes");
  const resource = new Resource(message.from, message.slot, type, message.data);
  if (!roomFor(path, resource)) return refuse(message, 507, "The store is full");
  put(path, resource);
  created(message, resource, found == null);
}

function onDelete(message: Message): void {
  const path = message.tag("Path");
  if (!isPath(path)) return refusePath(message);
  const found = find(path);
  if (!found && !message.hasTag("If-Match")) return refuse(message, 404, "Nothing is there");
  if (!mayWrite(message, found)) return;
  remove(path);
  noContent(message);
}

/** Whether the sender may, and its conditions hold; else answers why not. */
function mayWrite(message: Message, found: Resource | null): bool {
  const isOwners = found ? found.owner == message.from : !ownerAlone || message.from == owner();
  if (!isOwners) {
    refuse(message, 403, found ? "The path is another's" : "Only the store's owner may write");
    return false;
  }
  const isWanted = !message.hasTag("If-Match") || holds(message.tag("If-Match"), found);
  const isNew = !message.hasTag("If-None-Match") || !holds(message.tag("If-None-Match"), found);
  if (isWanted && isNew) return true;
  refuse(message, 412, "The condition does not hold");
  return false;
}

function refusePath(message: Message): void {
  refuse(message, 400, "Path must be a slash and at most 199 more characters of a URL's path");
}
