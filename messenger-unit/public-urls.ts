/**
 * By which URLs others reach the units that this messenger works with (`--public-url`): its own way to them
 * may be one inside a machine or a cluster, of no use to a page in a browser.
 *
 * @module
 */

import { UnitOptionError } from "../src/node/unit/unit-options.ts";

/**
 * Public URLs by configured ones.
 *
 * @throws UnitOptionError where one is not `URL=URL`, or the first is none of those configured
 */
export function publicUrlsOf(
  pairs: readonly string[],
  configured: readonly string[],
): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const own = configured.find((url) => pair.startsWith(`${url}=`));
      const shown = own === undefined ? "" : pair.slice(own.length + 1);
      if (own !== undefined && isUnitUrl(shown)) return [bare(own), bare(shown)];
      throw new UnitOptionError("PUBLIC_URL_INVALID", {
        expected: "the URL of a configured unit, =, and an http or https URL",
        got: pair.slice(0, 200),
      });
    }),
  );
}

/** As units' clients have it. */
function bare(url: string): string {
  return url.replace(/\/+$/, "");
}

function isUnitUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && search === "" && hash === "";
}
