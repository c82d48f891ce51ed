/**
 * What there is below a path, page by page.
 *
 * @module
 */

import { jsonText, Message } from "nymcompute/sdk";
import { answer, refuse } from "./answers";
import { isPath, resources } from "./resources";

/** Paths in one answer: 100 of the longest are below 64 KiB. */
const pageMax: i32 = 100;

/**
 * A JSON array of all paths that begin with `Path`, in their order; with more than `Limit`, from the
 * tag `Cursor` on, which the answer bears where there are more.
 */
export function sendList(message: Message): void {
  const prefix = message.tag("Path", "/");
  const from = message.tag("Cursor", prefix);
  const limit = message.tagAmount("Limit");
  if (!isPath(prefix) || !isPath(from))
    return refuse(message, 400, "Path and Cursor must be paths");
  if (message.hasTag("Limit") && (!limit || limit.isZero)) {
    return refuse(message, 400, "Limit must be a number above zero");
  }
  const most = limit && limit.high == 0 && limit.low < <u64>pageMax ? <i32>limit.low : pageMax;

  const page = answer(message, 200).tag("Content-Type", "application/json").text("[");
  const cursor = resources.cursorFrom(from < prefix ? prefix : from);
  let count = 0;
  for (; cursor.isValid && cursor.key.startsWith(prefix) && count < most; count++) {
    const resource = cursor.value;
    page.text(count == 0 ? '{"Path":' : ',{"Path":').text(jsonText(cursor.key));
    page.text(',"ETag":' + jsonText(resource.etag) + ',"Content-Type":' + jsonText(resource.type));
    page.text(',"Length":' + resource.body.length.toString());
    page.text(',"Owner":"').address(resource.owner).text('"}');
    cursor.next();
  }
  page.text("]");
  if (cursor.isValid && cursor.key.startsWith(prefix)) page.tag("Cursor", cursor.key);
}
