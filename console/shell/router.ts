/**
 * Places in the page: `#/process/ID?slot=3` names a view, its parameters and what is set in it. A
 * pattern is words and `:names` with slashes between; a place that no pattern has is nowhere.
 *
 * @module
 */

/** A part of the page that has an address. */
export interface Place {
  /** Parts between the slashes, decoded; none for the first page. */
  readonly parts: readonly string[];
  readonly query: ReadonlyMap<string, string>;
}

export type Parameters = Readonly<Record<string, string>>;

/** Reads `location.hash`. What cannot be decoded stays as it is: it leads nowhere. */
export function parsePlace(hash: string): Place {
  const text = hash.replace(/^#\/?/, "");
  const [path = "", query = ""] = text.split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  return { parts: parts.map(decoded), query: new Map(new URLSearchParams(query)) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The parameters of a place under a pattern such as `process/:process`, or null. */
export function matchPlace(pattern: string, place: Place): Parameters | null {
  const wanted = pattern.split("/").filter((part) => part !== "");
  if (wanted.length !== place.parts.length) return null;
  const parameters: Record<string, string> = {};
  for (const [i, word] of wanted.entries()) {
    const part = place.parts[i] ?? "";
    if (word.startsWith(":")) parameters[word.slice(1)] = part;
    else if (word !== part) return null;
  }
  return parameters;
}

/** The link to a place: `linkTo("process", id)`. */
export function linkTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export const placeOfProcess = (process: string): string => linkTo("process", process);
export const placeOfSlot = (process: string, slot: number): string =>
  `${linkTo("process", process)}?slot=${slot}`;
/** The form of a message, with its target filled in. */
export const placeToSend = (process: string): string =>
  `${linkTo("send")}?process=${encodeURIComponent(process)}`;
export const placeOfMessage = (message: string): string => linkTo("message", message);

/** Goes to a place as a click on its link would. */
export function goTo(place: string): void {
  location.hash = place;
}
