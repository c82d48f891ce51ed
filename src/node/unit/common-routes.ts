/**
 * `GET /`, `/health` and `/metrics`, the same at every unit (spec/09-http.md §1).
 *
 * @module
 */

import { toBase64url } from "../../base/bytes.ts";
import type { Identity } from "../../crypto/identity.ts";
import { protocolVersion, type UnitInfo, type UnitRole } from "../../protocol/http.ts";
import { type Digest, idText } from "../../protocol/ids.ts";
import { rulesVersion } from "../../protocol/limits.ts";
import { HttpError } from "../http/http-error.ts";
import type { Route } from "../http/router.ts";
import type { Metrics } from "../metrics.ts";
import { jsonAnswer } from "./answers.ts";

/** Whether a unit can do its work, and what of it it cannot. */
export interface Health {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, string | number | boolean>>;
}

/** What a unit says of itself. */
export function unitInfo(unit: {
  readonly role: UnitRole;
  readonly identity: Identity;
  readonly network: Digest;
  readonly version: string;
}): UnitInfo {
  const { role, identity, network, version } = unit;
  return {
    role,
    address: idText(identity.address),
    algorithm: identity.algorithm,
    publicKey: toBase64url(identity.publicKey),
    network: idText(network),
    version,
    protocol: protocolVersion,
    rules: [rulesVersion],
  };
}

/** The peer is on this machine. */
function isLoopback(remote: string): boolean {
  return remote === "::1" || remote.startsWith("127.");
}

/** The routes that every unit has. */
export function commonRoutes(unit: {
  readonly info: UnitInfo;
  readonly metrics: Metrics;
  /** Metrics tell an operator's business, so other machines see them only where that is wished. */
  readonly metricsPublic: boolean;
  readonly health: () => Health;
}): readonly Route[] {
  const { info, metrics, health } = unit;
  return [
    { method: "GET", path: "/", handler: () => jsonAnswer(info) },
    {
      method: "GET",
      path: "/health",
      cost: 0,
      handler: () => {
        const { ok, checks } = health();
        return jsonAnswer({ ok, ...checks }, ok ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "/metrics",
      cost: 0,
      handler: ({ http }) => {
        if (unit.metricsPublic || isLoopback(http.remote)) return metrics.response();
        throw new HttpError("ROUTE_UNKNOWN", { expected: "a request from this machine" });
      },
    },
  ];
}
