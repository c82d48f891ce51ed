/**
 * The files for node runners (docs/operations) hold: units start, answer and drain as their service files
 * say, and every metric and label that dashboard and alerts ask for is one that a unit answers.
 *
 * @module
 */

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, createIdentity, systemRandom } from "../src/client/index.ts";
import { nymcompute, root, temporaryHome } from "./dev-network.ts";

const folder = join(root, "docs", "operations");
const roles = ["scheduler", "compute", "messenger", "witness"] as const;
const ports = { messenger: 8701, scheduler: 8702, compute: 8703, witness: 8704 } as const;
const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

/** Settings of a service file, by name, in order; comments and headings are left out. */
function settingsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#") || /^\[\w+\]$/.test(line)) continue;
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    expect(name, line).not.toBe("");
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

/** The variables of an environment file. */
function variablesOf(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? [line, ""]));
}

let home: Awaited<ReturnType<typeof temporaryHome>>;
const units = new Map<string, ChildProcess>();
const metrics = new Map<string, string>();
const urls = new Map<string, string>();

/** Free ports for those that the files name. */
async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** What a line of a service runs, and with what in its environment: files and folders are the test's. */
async function commandOf(role: string, setting: string) {
  const settings = settingsOf(await read(`systemd/nymcompute-${role}.service`));
  const placed = (text: string): string =>
    text.replaceAll("%S", join(home.folder, "state")).replaceAll("/etc", join(home.folder, "etc"));
  const named = placed(settings.get("EnvironmentFile")?.[0] ?? "");
  const own = (settings.get("Environment") ?? []).map((line) => placed(line).split(/=(.*)/s));
  const variables = variablesOf(await readFile(named, "utf8"));
  const env = { ...home.env, ...variables, ...Object.fromEntries(own) };
  const argv = placed(settings.get(setting)?.[0] ?? "").split(" ");
  return { file: argv[0] ?? "", argv: argv.slice(1), env };
}

beforeAll(async () => {
  home = await temporaryHome();
  await mkdir(join(home.folder, "bin"));
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${nymcompute}" "$@"\n`;
  await writeFile(join(home.folder, "bin", "nymcompute"), shim, { mode: 0o755 });
  home.env["PATH"] = `${join(home.folder, "bin")}:${home.env["PATH"] ?? ""}`;
  delete home.env["NYMCOMPUTE_PROVER"];
  const etc = join(home.folder, "etc", "nymcompute");
  await mkdir(etc, { recursive: true });
  const free = new Map<number, number>();
  for (const port of Object.values(ports)) free.set(port, await freePort());
  for (const role of roles) {
    await promisify(execFile)("nymcompute", ["key", "new", "--out", `${etc}/${role}.key`], home);
    const example = await read(`systemd/${role}.env`);
    const own = example.replaceAll(/\b870[1-4]\b/g, (port) => String(free.get(Number(port))));
    await writeFile(join(etc, `${role}.env`), own);
    urls.set(role, `http://127.0.0.1:${free.get(ports[role])}`);
  }
});

afterAll(async () => {
  for (const unit of units.values()) if (unit.exitCode === null) unit.kill("SIGKILL");
  await home.remove();
});

test("systemd takes the service files, or they are read as strictly as it would", async () => {
  const files = (await readdir(join(folder, "systemd"))).filter((name) =>
    name.endsWith(".service"),
  );
  expect(files.sort()).toEqual(roles.map((role) => `nymcompute-${role}.service`).sort());
  for (const role of roles) {
    const settings = settingsOf(await read(`systemd/nymcompute-${role}.service`));
    expect(settings.get("User")).toEqual([`nymcompute-${role}`]);
    expect(settings.get("StateDirectory")).toEqual([`nymcompute/${role}`]);
    for (const name of ["NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictNamespaces"]) {
      expect(settings.get(name), name).toEqual(["yes"]);
    }
  }
  if (!existsSync("/usr/bin/systemd-analyze")) return;
  const paths = files.map((name) => join(folder, "systemd", name));
  expect(execFileSync("systemd-analyze", ["verify", ...paths], { encoding: "utf8" })).toBe("");
});

/** Starts a unit as its service does, and waits until it says that it answers. */
async function startUnit(role: string): Promise<void> {
  const { file, argv, env } = await commandOf(role, "ExecStart");
  const unit = spawn(file, argv, { env, stdio: ["ignore", "ignore", "pipe"] });
  units.set(role, unit);
  await new Promise<void>((resolve, reject) => {
    let said = "";
    unit.once("exit", (code) => reject(new Error(`${role} ended with ${code}\n${said}`)));
    unit.stderr.setEncoding("utf8").on("data", (part: string) => {
      said += part;
      if (said.includes('"event":"listening"')) resolve();
    });
  });
}

/** What `doctor` says of a unit's folder, key and unit, by the name of each check. */
async function doctor(role: string): Promise<Record<string, unknown>> {
  const { env } = await commandOf(role, "ExecStart");
  const argv = ["--data", env["NYMCOMPUTE_DATA"] ?? "", "--key", env["NYMCOMPUTE_KEY"] ?? ""];
  // What it says of this machine's disk may be bad: then it ends with 1.
  const { stdout } = await promisify(execFile)("nymcompute", ["doctor", ...argv, "--json"], {
    env: home.env,
  }).catch((error: { readonly stdout: string }) => error);
  const { checks } = JSON.parse(stdout) as { readonly checks: { readonly name: string }[] };
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

test("units start as their service files say, take messages, and are drained by a stop", async () => {
  for (const role of roles) await startUnit(role);
  const urlOf = (role: string): string => urls.get(role) ?? "";
  const connection = await connect({
    messenger: urlOf("messenger"),
    scheduler: urlOf("scheduler"),
    compute: urlOf("compute"),
  });
  const signer = createIdentity(systemRandom);
  const counter = await readFile(join(root, "dist", "processes", "counter.wasm"));
  const tags = [{ name: "Action", value: "Increment" }];
  // No module at all: its slot is settled without a proof, and counted.
  const broken = await connection.spawn(Uint8Array.of(0, 1, 2, 3), { signer });
  const { process: target } = await connection.spawn(new Uint8Array(counter), { signer });
  const { id } = await connection.message(target, { signer, tags });
  expect((await connection.result(target, id))?.["exit"]).toBe("ok");
  const end = Date.now() + 20_000;
  for (const role of roles) {
    // A counter has its labels once it has counted; each look is a request that the next one shows.
    const wanted =
      role === "compute"
        ? /_proofs_total\{/
        : role === "messenger"
          ? /_tries_total\{/
          : /_requests_total\{/;
    let text = "";
    while (!wanted.test(text) && Date.now() < end) {
      text = await (await fetch(`${urlOf(role)}/metrics`)).text();
      if (role === "compute") await fetch(`${urlOf(role)}/processes/${broken.process}/results/0`);
    }
    expect(text, role).toMatch(wanted);
    metrics.set(role, text);
  }
  expect(await doctor("scheduler")).toMatchObject({
    folder: { state: "ok" },
    key: { state: "ok" },
    scheduler: { state: "ok" },
  });
  for (const role of [...roles].reverse()) {
    const { file, argv, env } = await commandOf(role, "ExecStop");
    const ended = new Promise((done) => units.get(role)?.once("exit", done));
    const { stdout } = await promisify(execFile)(file, argv, { env });
    expect(stdout).toMatch(new RegExp(`^${role} drained and ended in `));
    expect(await ended, role).toBe(0);
  }
}, 120_000);

/** Names of the metrics that units answer, each with the labels of its samples. */
function answered(): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const text of metrics.values()) {
    for (const [, name = ""] of text.matchAll(/^# TYPE (\S+)/gm)) names.set(name, new Set());
    for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
      const known = names.get(name) ?? new Set<string>();
      for (const [, label = ""] of labels.matchAll(/(?:^|,)(\w+)="/g)) known.add(label);
      names.set(name, known);
    }
  }
  return names;
}

/** The metrics of an expression of PromQL, and the labels that it selects or groups by. */
function askedBy(expression: string) {
  const labels = [
    ...[...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = ""]) =>
      [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
    ),
    ...[...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inner = ""]) =>
      inner.split(/,\s*/),
    ),
  ];
  const names = [...expression.matchAll(/\b(nymcompute_\w+|up)\b(?!\s*\()/g)];
  return { names: names.map(([, name = ""]) => name), labels };
}

test("dashboard and alerts ask for metrics and labels that the units answer, and Prometheus scrapes them", async () => {
  const known = new Map(answered());
  const prometheus = await read("prometheus.yml");
  known.set("up", new Set(["job", "instance", "unit"]));
  for (const role of roles) {
    expect(prometheus).toContain(
      `- targets: ["127.0.0.1:${ports[role]}"]\n        labels: { unit: ${role} }`,
    );
  }
  expect(prometheus).toContain("- nymcompute-alerts.yml");
  interface Panel {
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }
  const dashboard = JSON.parse(await read("grafana-dashboard.json")) as {
    readonly panels: readonly Panel[];
  };
  const shown = dashboard.panels.flatMap(({ targets }) => targets);
  const alerts = [...(await read("nymcompute-alerts.yml")).matchAll(/^ {8}expr: (.+)$/gm)];
  const expressions = [...shown.map(({ expr }) => expr), ...alerts.map(([, expr = ""]) => expr)];
  expect(shown.length).toBeGreaterThan(30);
  expect(alerts.length).toBeGreaterThan(5);
  for (const expression of expressions) {
    const { names, labels } = askedBy(expression);
    expect(names.length, expression).toBeGreaterThan(0);
    for (const name of names) {
      expect([...known.keys()], expression).toContain(name);
      for (const label of labels) expect([...(known.get(name) ?? [])], expression).toContain(label);
    }
  }
  for (const { expr, legendFormat } of shown) {
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      const { labels, names } = askedBy(expr);
      expect(names.includes("up") || labels.includes(label), `${legendFormat} of ${expr}`).toBe(
        true,
      );
    }
  }
});

test("what the units count themselves is named as Prometheus has it", () => {
  expect([...metrics.keys()].sort()).toEqual([...roles].sort());
  for (const text of metrics.values()) {
    for (const [, name = "", type] of text.matchAll(/^# TYPE (nymcompute_\w+) (\w+)$/gm)) {
      // The process's own are named by the library.
      if (/_(process|nodejs)_/.test(name)) continue;
      if (type === "counter") expect(name).toMatch(/_total$/);
      else expect(name).not.toMatch(/_total$/);
      if (type === "histogram") expect(name).toMatch(/_(seconds|bytes)$/);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent)$/);
    }
  }
});
