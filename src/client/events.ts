/**
 * Server-sent events over `fetch` (WHATWG HTML §9.2), so that the same code runs in browsers and in
 * Node. Only `data` fields are read; that is all that units send.
 *
 * @module
 */

import { mediaTypes } from "../protocol/http.ts";
import type { Fetch } from "./unit-call.ts";

/** An event of at most this many characters; a longer one ends the stream. */
const eventCharactersMax = 1024 * 1024;

/** The JSON values of a stream of events, until it ends or the signal aborts. */
export async function* eventsOf<Value>(
  url: string,
  options: { readonly signal?: AbortSignal; readonly fetchUnit?: Fetch } = {},
): AsyncGenerator<Value> {
  const fetchUnit = options.fetchUnit ?? fetch;
  const response = await fetchUnit(url, {
    headers: { accept: mediaTypes.events },
    redirect: "error",
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!response.ok || response.body === null) return;
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = dataOf(block);
      if (data !== "") yield JSON.parse(data) as Value;
    }
    if (text.length > eventCharactersMax) return;
  }
}

function dataOf(block: string): string {
  return block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trimStart())
    .join("\n");
}
