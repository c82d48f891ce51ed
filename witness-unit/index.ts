/**
 * The witness, for tests that put units together.
 *
 * @module
 */

export { ForkWatch } from "./fork-watch.ts";
export { KnownLogs } from "./known-logs.ts";
export { witnessRoutes } from "./routes.ts";
export { WitnessService } from "./service.ts";
