/**
 * What tests and simulations use of the compute unit; in production it is run by its `main`.
 *
 * @module
 */

export type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
export { EvaluationWork } from "./evaluation-work.ts";
export { type FinalityGate, HeadGate } from "./head-gate.ts";
export type { EvaluationPool } from "./restorer.ts";
export { computeRoutes } from "./routes.ts";
export { type ComputeOptions, ComputeService } from "./service.ts";
