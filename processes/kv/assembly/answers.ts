/**
 * Answers: a status, what the resource is, and its body. The output of the evaluation is the body, or
 * the text of the refusal, so that `send` and `call` show it.
 *
 * @module
 */

import { Message, Outgoing, output, outputBytes, reply } from "nymcompute/sdk";
import { Resource } from "./resources";

export function answer(message: Message, status: i32): Outgoing {
  return reply(message).tag("Status", status.toString());
}

/** 200: the resource. */
export function ok(message: Message, resource: Resource): void {
  const outgoing = answer(message, 200).tag("Content-Type", resource.type);
  outgoing.tag("ETag", resource.etag).tagAddress("Owner", resource.owner).bytes(resource.body);
  outputBytes(resource.body);
}

/** 201 for a path that is new, 200 for one that is not. */
export function created(message: Message, resource: Resource, isNew: bool): void {
  answer(message, isNew ? 201 : 200).tag("ETag", resource.etag);
  output(isNew ? "Created" : "Replaced");
}

/** 204: it is gone. */
export function noContent(message: Message): void {
  answer(message, 204);
  output("Deleted");
}

/** 304: the sender has this version. */
export function notModified(message: Message, resource: Resource): void {
  answer(message, 304).tag("ETag", resource.etag);
  output("Not modified");
}

/** Changes nothing and says why. */
export function refuse(message: Message, status: i32, text: string): void {
  answer(message, status).tag("Error", text).text(text);
}
