/**
 * The durable stores: the compliance suite on LMDB.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { storeCompliance } from "../../testing/store-compliance/store-compliance.ts";
import { openStores } from "./open.ts";

describe("lmdb", () => {
  storeCompliance(async () => {
    const folder = await mkdtemp(join(tmpdir(), "nymcompute-store-"));
    return {
      open: (role, options) => openStores({ role, dir: join(folder, "store"), ...options }),
      drop: () => rm(folder, { recursive: true, force: true }),
    };
  });
});
