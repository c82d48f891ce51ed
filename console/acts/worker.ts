/**
 * The worker's entry: answers the page's calls by the acts.
 *
 * @module
 */

import type { ActRequest } from "./act-calls.ts";
import { createActs } from "./actor.ts";
import { serveActs } from "./serve-acts.ts";

/** The part of a worker's global scope that is used: the DOM's types know a page's alone. */
const scope = globalThis as unknown as {
  postMessage(value: unknown): void;
  addEventListener(kind: "message", listener: (event: { data: ActRequest }) => void): void;
};

const serve = serveActs(createActs(), (answer) => scope.postMessage(answer));
scope.addEventListener("message", ({ data }) => serve(data));
