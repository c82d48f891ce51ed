/**
 * Whether the units of a network answer, and whether they are what they should be.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { jsonOf, unitCaller } from "../client/unit-call.ts";
import { mediaTypes, protocolVersion, type UnitInfo, type UnitRole } from "../protocol/http.ts";
import { rulesVersion } from "../protocol/limits.ts";
import { failureOf } from "./cli-error.ts";
import type { Check } from "./doctor-check.ts";
import type { NetworkUrls } from "./open-network.ts";
import { softwareVersion } from "./version.ts";

const answerLimitMs = 5000;

/** A unit that ought to answer. */
export interface ExpectedUnit {
  readonly role: UnitRole;
  readonly url: string;
}

/** The units of a network. */
export function unitsOf(urls: NetworkUrls): readonly ExpectedUnit[] {
  return [
    { role: "messenger", url: urls.messenger },
    ...urls.scheduler.map((url) => ({ role: "scheduler", url }) as const),
    ...urls.compute.map((url) => ({ role: "compute", url }) as const),
  ];
}

/** One check a unit; the first that answers says which network it is. */
export async function checkUnits(
  units: readonly ExpectedUnit[],
  network: string | undefined,
): Promise<readonly Check[]> {
  const answers = await Promise.all(units.map(({ url }) => ask(url)));
  const expected = network ?? answers.find(({ info }) => info !== null)?.info?.network;
  return units.map(({ role, url }, i) => {
    const answer = answers[i] ?? { info: null, tookMs: 0, said: "no answer", isHealthy: false };
    return checkOf(role, url, answer, expected);
  });
}

interface Answer {
  readonly info: UnitInfo | null;
  readonly isHealthy: boolean;
  readonly tookMs: number;
  /** Why there is no answer. */
  readonly said: string;
}

async function ask(url: string): Promise<Answer> {
  const unit = unitCaller(url);
  const request = { method: "GET", accept: mediaTypes.json, timeoutMs: answerLimitMs } as const;
  const start = systemClock.monotonic();
  try {
    const info = jsonOf<UnitInfo>(await unit.call({ ...request, path: "/" }));
    const tookMs = Math.round(systemClock.monotonic() - start);
    const isHealthy = await unit.call({ ...request, path: "/health" }).then(
      () => true,
      () => false,
    );
    return { info, isHealthy, tookMs, said: "" };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return { info: null, isHealthy: false, tookMs: 0, said: failure.message };
  }
}

function checkOf(role: UnitRole, url: string, answer: Answer, network: string | undefined): Check {
  const { info, isHealthy, tookMs, said } = answer;
  const bad = (found: string, mend: string): Check => ({ name: role, state: "bad", found, mend });
  if (info === null)
    return bad(said, `start it, \`nymcompute dev\` say, or name it: --${role} URL`);
  const found = `${url}  ${info.address}  ${tookMs} ms`;
  if (info.role !== role) return bad(`${url} is a ${info.role}`, `name a ${role}: --${role} URL`);
  if (info.network !== network) {
    return bad(`${url} belongs to network ${info.network}`, "name units of one network");
  }
  if (info.protocol !== protocolVersion || !info.rules.includes(rulesVersion)) {
    return bad(
      `${url} speaks protocol ${info.protocol}, rules ${info.rules.join(", ")}`,
      "update one of the two",
    );
  }
  if (!isHealthy)
    return bad(`${url} says that it is not well`, `look at ${url}/health and its log`);
  if (info.version !== softwareVersion()) {
    const mend = `this is ${softwareVersion()}: drain the older one, update it, start it again`;
    return { name: role, state: "warning", found: `${found}  version ${info.version}`, mend };
  }
  return { name: role, state: "ok", found, mend: null };
}
