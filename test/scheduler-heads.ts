/**
 * The heads of a scheduler that runs within a test: what its `main` puts beside the service.
 *
 * @module
 */

import { HeadSigner, headRoutes } from "../scheduler-unit/index.ts";
import { systemClock } from "../src/base/clock.ts";
import { type HeadKey, headKeyFromSeed } from "../src/crypto/head-key.ts";
import type { Identity } from "../src/crypto/identity.ts";
import type { Route } from "../src/node/http/router.ts";
import type { SchedulerStores } from "../src/node/store/unit-stores.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../src/protocol/head-key.ts";
import type { Digest } from "../src/protocol/ids.ts";

/** The key of every test's heads. */
export const testHeadKey: HeadKey = headKeyFromSeed(new Uint8Array(32).fill(77));

/** A signer that signs from now on, and its routes. `grown` has to be told of each append. */
export async function openHeads(scheduler: {
  readonly identity: Identity;
  readonly network: Digest;
  readonly stores: Pick<SchedulerStores, "log" | "heads">;
  readonly epoch?: () => number;
}): Promise<{ readonly heads: HeadSigner; readonly routes: readonly Route[] }> {
  const { identity, network, stores, epoch = () => 0 } = scheduler;
  const origin = originOf(network, identity.address);
  const statement = stateHeadKey(identity, { origin, headKey: testHeadKey.publicKey });
  const heads = await HeadSigner.open({
    log: stores.log,
    heads: stores.heads,
    key: testHeadKey,
    statement: headKeyRecord.encode(statement),
    clock: systemClock,
    epoch,
  });
  heads.start();
  return { heads, routes: headRoutes({ heads, log: stores.log, witnesses: () => [] }) };
}
