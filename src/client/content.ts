/**
 * Content at a unit (spec/09-http.md §6): bytes whose SHA-256 is their id. All three units serve it
 * alike; what comes is checked against the id.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { mediaTypes } from "../protocol/http.ts";
import { contentIdOf, type Digest, idText } from "../protocol/ids.ts";
import { contentBytesMax } from "../protocol/limits.ts";
import { UnitCallError, type UnitCaller } from "./unit-call.ts";

/** Puts content; answers its id. Putting it again is harmless. */
export async function putContent(unit: UnitCaller, content: Uint8Array): Promise<Digest> {
  const id = contentIdOf(content);
  const path = `/content/${idText(id)}`;
  await unit.call({ method: "PUT", path, body: content, contentType: mediaTypes.bytes });
  return id;
}

/** True if the unit holds the content. */
export async function hasContent(unit: UnitCaller, id: Digest): Promise<boolean> {
  try {
    await unit.call({ method: "HEAD", path: `/content/${idText(id)}`, accept: "*/*" });
    return true;
  } catch (error) {
    if (error instanceof UnitCallError && error.status === 404) return false;
    throw error;
  }
}

/** The content, or null where the unit has none of that id. Throws where the bytes are others. */
export async function getContent(unit: UnitCaller, id: Digest): Promise<Uint8Array | null> {
  try {
    const { body } = await unit.call({
      method: "GET",
      path: `/content/${idText(id)}`,
      accept: mediaTypes.bytes,
      answerBytesMax: contentBytesMax,
    });
    if (equalBytes(contentIdOf(body), id)) return body;
    throw new UnitCallError(
      "ANSWER_MALFORMED",
      { status: 200 },
      { unit: unit.url, expected: idText(id), got: idText(contentIdOf(body)) },
    );
  } catch (error) {
    if (error instanceof UnitCallError && error.status === 404) return null;
    throw error;
  }
}
