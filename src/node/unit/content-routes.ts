/**
 * `PUT` and `GET /content/{id}` (spec/09-http.md §6), the same at every unit. A put announces itself by
 * its length; what nothing refers to is dropped after an hour. Content is served so that no browser
 * ever runs it.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { mediaTypes } from "../../protocol/http.ts";
import { idText } from "../../protocol/ids.ts";
import { contentBytesMax } from "../../protocol/limits.ts";
import type { Route } from "../http/router.ts";
import type { ContentStore } from "../store/ports/content-store.ts";
import { jsonAnswer, pathId } from "./answers.ts";

/** How long content is kept that nothing refers to. */
const unreferredMs = 60 * 60 * 1000;

const inertHeaders: Readonly<Record<string, string>> = {
  "content-type": mediaTypes.bytes,
  "content-disposition": "attachment",
  "content-security-policy": "sandbox; default-src 'none'",
  // The id names the bytes, so they can be kept for ever.
  "cache-control": "public, max-age=31536000, immutable",
};

/** The routes of a unit's content store. */
export function contentRoutes(content: ContentStore, clock: Clock): readonly Route[] {
  return [
    {
      method: "PUT",
      path: "/content/{id}",
      bodyBytesMax: contentBytesMax,
      cost: 5,
      handler: async (request) => {
        const id = pathId(request, "id");
        const { body } = request.http;
        const reserved = await content.reserve(id, body.length, clock.now() + unreferredMs);
        if (reserved === "full") {
          throw new ProtocolError("OVERLOADED", { expected: "room for content", got: body.length });
        }
        const fresh = await content.put(id, body);
        return jsonAnswer({ id: idText(id), size: body.length }, fresh ? 201 : 200);
      },
    },
    {
      method: "GET",
      path: "/content/{id}",
      handler: async (request) => {
        const id = pathId(request, "id");
        const bytes = await content.get(id);
        if (bytes === null) throw new ProtocolError("CONTENT_UNKNOWN", { content: idText(id) });
        return { status: 200, headers: inertHeaders, body: bytes };
      },
    },
  ];
}
