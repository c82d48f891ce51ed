/**
 * What tests and simulations use of the compute unit; in production it is run by its `main`.
 *
 * @module
 */

export { type FinalityGate, openGate } from "./attester.ts";
export { computeRoutes } from "./routes.ts";
export { type ComputeOptions, ComputeService } from "./service.ts";
