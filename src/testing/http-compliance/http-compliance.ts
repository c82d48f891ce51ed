/**
 * The compliance suite of the HTTP port (`src/node/http/server.ts`): every adapter passes every
 * test. The traps come from measurements of both engines; where they may differ, a test says so.
 *
 * @module
 */

import { boundsCompliance } from "./bounds-compliance.ts";
import { connectionCompliance } from "./connection-compliance.ts";
import type { AdapterSource } from "./harness.ts";
import { refusalCompliance } from "./refusal-compliance.ts";
import { requestCompliance } from "./request-compliance.ts";
import { responseCompliance } from "./response-compliance.ts";
import { streamCompliance } from "./stream-compliance.ts";

/** Registers the whole suite for one adapter. */
export function httpCompliance(adapter: AdapterSource): void {
  requestCompliance(adapter);
  refusalCompliance(adapter);
  responseCompliance(adapter);
  streamCompliance(adapter);
  connectionCompliance(adapter);
  boundsCompliance(adapter);
}
