/**
 * What tests and simulations use of the scheduler; in production it is run by its `main`.
 *
 * @module
 */

export { headRoutes } from "./head-routes.ts";
export { HeadSigner } from "./head-signer.ts";
export { SchedulerInstance } from "./instance.ts";
export { provenRoutes } from "./proven-routes.ts";
export { type ProvenLimits, ProvenSlots } from "./proven-slots.ts";
export { schedulerRoutes } from "./routes.ts";
export { type Placement, type SchedulerOptions, SchedulerService } from "./service.ts";
