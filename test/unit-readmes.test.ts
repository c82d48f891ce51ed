/**
 * The units' READMEs say what the code says: options with their defaults, routes, tables, metrics.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { computeCommand } from "../compute-unit/config.ts";
import { computeRoutes } from "../compute-unit/routes.ts";
import { messengerCommand } from "../messenger-unit/config.ts";
import { consoleRoutes } from "../messenger-unit/console-files.ts";
import { messengerRoutes } from "../messenger-unit/routes.ts";
import { schedulerCommand } from "../scheduler-unit/config.ts";
import { headRoutes } from "../scheduler-unit/head-routes.ts";
import { provenRoutes } from "../scheduler-unit/proven-routes.ts";
import { schedulerRoutes } from "../scheduler-unit/routes.ts";
import { systemClock } from "../src/base/clock.ts";
import type { OptionDeclaration } from "../src/node/config-declaration.ts";
import type { Route } from "../src/node/http/router.ts";
import { createMetrics } from "../src/node/metrics.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import { tablesOf } from "../src/node/store/schema.ts";
import { commonRoutes, unitInfo } from "../src/node/unit/common-routes.ts";
import { contentRoutes } from "../src/node/unit/content-routes.ts";
import { evidenceRoutes } from "../src/node/unit/evidence-routes.ts";
import type { UnitRole } from "../src/protocol/http.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { witnessCommand } from "../witness-unit/config.ts";
import { witnessRoutes } from "../witness-unit/routes.ts";

const identity = testIdentity(1);
const network = new Uint8Array(32);
const metrics = createMetrics({ prefix: "test_", seriesMax: 10, withProcess: false });

interface Unit {
  readonly role: UnitRole;
  readonly options: readonly OptionDeclaration[];
  readonly routes: readonly Route[];
}

// A list of routes is made without a look at the service.
const service = null as never;
const units: readonly Unit[] = [
  {
    role: "messenger",
    options: messengerCommand.options,
    routes: [...messengerRoutes(service), ...consoleRoutes(new Map())],
  },
  {
    role: "scheduler",
    options: schedulerCommand.options,
    routes: [
      ...schedulerRoutes(service),
      ...headRoutes({ heads: service, log: service, witnesses: () => [] }),
      ...provenRoutes(service),
    ],
  },
  { role: "witness", options: witnessCommand.options, routes: witnessRoutes(service, service) },
  {
    role: "compute",
    options: computeCommand.options,
    routes: [...computeRoutes(service), ...evidenceRoutes(service)],
  },
];

async function readmeOf(role: UnitRole): Promise<string> {
  return readFile(new URL(`../${role}-unit/README.md`, import.meta.url), "utf8");
}

/** The rows of the tables below a heading: their cells, as they are written. */
function rowsBelow(text: string, heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

const codeIn = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, code]) => (code ?? "").replaceAll("\\|", "|"));

/** An option as a README writes it, and its default. */
function written(option: OptionDeclaration): [string, string] {
  const choices = option.kind === "string" ? option.choices?.join("|") : undefined;
  const value = option.kind === "boolean" ? "" : ` ${choices ?? option.placeholder ?? "TEXT"}`;
  if (option.kind === "boolean") return [`--${option.name}`, option.default ? "on" : "off"];
  if (option.required === true) return [`--${option.name}${value}`, "must be there"];
  if (option.kind === "list") return [`--${option.name}${value}`, "none"];
  const fallback = option.default === undefined ? "" : `\`${String(option.default)}\``;
  return [`--${option.name}${value}`, fallback];
}

test.for(units)("README of $role lists its options with their defaults", async (unit) => {
  const rows = rowsBelow(await readmeOf(unit.role), "Start");
  const listed = rows.map(([, option, fallback]) => [codeIn(option)[0], fallback]);
  expect(listed.map(String).sort()).toEqual(unit.options.map(written).map(String).sort());
});

test.for(units)("README of $role lists its routes, and no others", async ({ role, routes }) => {
  const stores = await openMemoryStores({ role });
  const info = unitInfo({ role, identity, network, version: "test" });
  const health = () => ({ ok: true, checks: {} });
  const all = [
    ...commonRoutes({ info, metrics, metricsPublic: true, health }),
    ...contentRoutes(stores.content, systemClock),
    ...routes,
  ].map(({ method, path }) => `${method} ${path}`);
  await stores.close();
  const listed = rowsBelow(await readmeOf(role), "HTTP").flatMap(([, cell]) => codeIn(cell));
  expect(listed.map((route) => route.replace(/[[?].*$/, "")).sort()).toEqual(all.sort());
});

test.for(units)("README of $role lists the tables of its store", async ({ role }) => {
  const listed = rowsBelow(await readmeOf(role), "Store").flatMap(([, cell]) => codeIn(cell));
  expect(listed.sort()).toEqual([...tablesOf(role)].sort());
});

test.for(units)("README of $role has the parts that the others have", async ({ role }) => {
  const parts = ["Start", "HTTP", "Store", "Life cycle", "When things go wrong", "Metrics"];
  const headings = [...(await readmeOf(role)).matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect(headings).toEqual(expect.arrayContaining([...parts, "What to back up"]));
});
