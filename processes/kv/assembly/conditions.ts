/**
 * `If-Match` and `If-None-Match` (RFC 9110 §13.1): the tags of versions, or `*` for any.
 *
 * @module
 */

import { Resource } from "./resources";

/** Whether the list names the version that is there. Where nothing is, nothing matches. */
export function holds(list: string, found: Resource | null): bool {
  if (!found) return false;
  if (list.trim() == "*") return true;
  const etag = found.etag;
  const named = list.split(",");
  for (let at = 0; at < named.length; at++) if (named[at].trim() == etag) return true;
  return false;
}
