/**
 * The witness, for tests that put units together.
 *
 * @module
 */

export { KnownLogs } from "./known-logs.ts";
export { witnessRoutes } from "./routes.ts";
export { WitnessService } from "./service.ts";
