/**
 * A resolver hook of Node: `nymcompute` and `nymcompute/kit` are this package, wherever the importing
 * file lies. A project that has installed the package itself gets the same one as the command line.
 *
 * @module
 */

interface Resolution {
  readonly url: string;
  readonly shortCircuit?: boolean;
}

const ownNames: Readonly<Record<string, string>> = {
  nymcompute: new URL("../client/index.js", import.meta.url).href,
  "nymcompute/kit": new URL("./index.js", import.meta.url).href,
};

/** Node's `resolve` hook. */
export async function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<Resolution>,
): Promise<Resolution> {
  const own = Object.hasOwn(ownNames, specifier) ? ownNames[specifier] : undefined;
  return own === undefined ? next(specifier, context) : { url: own, shortCircuit: true };
}
