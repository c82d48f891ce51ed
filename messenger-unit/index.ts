/**
 * What tests and simulations use of the messenger; in production it is run by its `main`.
 *
 * @module
 */

export { type MessengerLimits, messengerLimitDefaults } from "./limits.ts";
export type { MessengerLoad } from "./messenger-metrics.ts";
export { messengerRoutes } from "./routes.ts";
export { type MessengerOptions, MessengerService } from "./service.ts";
