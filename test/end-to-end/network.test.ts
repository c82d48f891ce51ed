/** Networks as their runners see them: ended, killed, started again, and by hand. @module */

import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, Sandbox } from "./command-line.ts";

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));

let sandbox: Sandbox;
let dev: Running;

// One network goes through the first tests; each leaves it running.
beforeAll(async () => {
  sandbox = await Sandbox.make();
  dev = await sandbox.start(["dev", "--port", "0"]);
});
afterAll(() => sandbox.remove());

interface SentDocument {
  readonly id: string;
  readonly process: string;
  readonly slot: number;
  readonly result: { readonly output: string; readonly postRoot: string };
}

const spawnCounter = async (): Promise<string> =>
  (await sandbox.json<SentDocument>(["spawn", counterWasm])).process;
const increment = async (process: string): Promise<string> =>
  (await sandbox.json<SentDocument>(["send", process, "-a", "Increment"])).result.output;

/** True once nothing listens at a URL. */
function isClosed(url: unknown): Promise<boolean> {
  const { hostname, port } = new URL(String(url));
  return new Promise((done) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once("connect", () => done(false)).once("error", () => done(true));
    socket.once("close", () => socket.destroy());
  });
}

async function closedWithin(url: unknown, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    if (await isClosed(url)) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}

test("a wrong use is exit code 2, and a silent network says what to do", async () => {
  expect(await sandbox.run(["send"])).toMatchObject({ code: 2, out: "" });
  expect(await sandbox.run(["nonsense"])).toMatchObject({ code: 2, out: "" });
  const { code, err } = await sandbox.run([
    "log",
    "A".repeat(43),
    "--messenger",
    "http://127.0.0.1:1",
  ]);
  expect(code).toBe(1);
  expect(err).toMatch(/^nymcompute log: UNREACHABLE: .+; next: .*nymcompute dev/);
});

test("a port in use is one line, and nothing stays behind", async () => {
  const port = new URL(String(dev.document["scheduler"])).port;
  const { code, out, err } = await sandbox.run(["dev", "--data", "other", "--port", port]);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(new RegExp(`^nymcompute dev: PORT_TAKEN: port ${port}, .+; next: .+\\n$`));
});

test("a second network in the same folder is refused, and says which runs", async () => {
  const { code, err } = await sandbox.run(["dev", "--port", "0"]);
  expect(code).toBe(1);
  expect(err).toContain(`DEV_RUNNING`);
  expect(err).toContain(`pid ${dev.pid}`);
});

test("two processes that answer each other stop by budget, and trace says so", async () => {
  await mkdir(sandbox.path("ping/assembly"), { recursive: true });
  const source = `import { Address, Message, send } from "nymcompute/sdk";
export function receive(message: Message): void {
  const to = message.tagAddress("To");
  send(to ? to : message.from, "Ping");
}
`;
  await writeFile(sandbox.path("ping/assembly/index.ts"), source);
  await sandbox.json(["build"], "ping");
  const spawnPing = async (): Promise<string> =>
    (await sandbox.json<SentDocument>(["spawn", "build/index.wasm"], "ping")).process;
  const left = await spawnPing();
  const right = await spawnPing();
  const argv = ["send", left, "-a", "Begin", "--tag", `To=${right}`, "--budget", "400000"];
  const { id } = await sandbox.json<SentDocument>(argv);
  interface Trace {
    readonly count: number;
    readonly messages: readonly { readonly state: string; readonly reason: string | null }[];
  }
  const trace = await sandbox.json<Trace>(["trace", id]);
  expect(trace).toMatchObject({ settled: true, stopped: 1 });
  expect(trace.count).toBeGreaterThan(10);
  expect(trace.count).toBeLessThanOrEqual(21);
  expect(trace.messages.at(-1)).toMatchObject({ state: "stopped", reason: "budget" });
  expect((await sandbox.run(["trace", id])).out).toContain("stopped(budget)");
});

test("a network that is ended and started again has lost nothing", async () => {
  const first = dev;
  const counter = await spawnCounter();
  expect(await increment(counter)).toBe("1");
  expect(await first.end("SIGINT")).toBe(0);
  for (const role of ["messenger", "scheduler", "compute"]) {
    expect(await isClosed(first.document[role]), role).toBe(true);
  }
  dev = await sandbox.start(["dev", "--port", "0"]);
  const { network, accounts } = first.document;
  expect(dev.document).toMatchObject({ network, accounts });
  expect(await increment(counter)).toBe("2");
  expect(await sandbox.json(["replay", counter])).toMatchObject({ ok: true, slots: 3 });
});

test("units end with the network also where it is killed", async () => {
  await dev.end("SIGKILL");
  for (const role of ["messenger", "scheduler", "compute"]) {
    expect(await closedWithin(dev.document[role], 15_000), role).toBe(true);
  }
});

test("start shows a message go round without a terminal, and ends cleanly", async () => {
  const started = await sandbox.start(["start", "--data", "started", "--port", "0"]);
  const { messenger, token, counter, message } = started.document;
  expect(
    await sandbox.json(["trace", String(message), "--messenger", String(messenger)]),
  ).toMatchObject({
    settled: true,
    messages: [
      { action: "Transfer", process: token, cause: null },
      { action: "Debit-Notice", cause: message },
      { action: "Credit-Notice", process: counter, exit: "ok", cause: message },
      { process: token, exit: "ok" },
    ],
  });
  expect(await started.end("SIGTERM")).toBe(0);
});

test("three units started by hand, and a second compute unit that comes to the same roots", async () => {
  const network = "A".repeat(43);
  const unit = async (role: string, name: string, ...argv: string[]): Promise<Running> => {
    const { file } = await sandbox.json<{ file: string }>(["key", "new", "--out", `${name}.key`]);
    const own = ["--listen", "127.0.0.1:0", "--data", `${name}.store`, "--key", file];
    return sandbox.start([role, ...own, "--network", network, "--log-level", "error", ...argv]);
  };
  const urlOf = (running: Running): string => String(running.document["url"]);
  const scheduler = urlOf(await unit("scheduler", "s"));
  const compute = urlOf(await unit("compute", "c", "--scheduler", scheduler));
  const messenger = urlOf(
    await unit("messenger", "m", "--scheduler", scheduler, "--compute", compute),
  );
  await sandbox.json(["key", "new", "--out", "me.key"]);
  const mine = ["--messenger", messenger, "--key", "me.key"];
  const { process } = await sandbox.json<SentDocument>(["spawn", counterWasm, ...mine]);
  const sent = await sandbox.json<SentDocument>(["send", process, "-a", "Increment", ...mine]);

  const second = urlOf(await unit("compute", "c2", "--scheduler", scheduler));
  const asked = ["result", process, "1", "--messenger", messenger, "--scheduler", scheduler];
  const result = await sandbox.json<SentDocument["result"]>([...asked, "--compute", second]);
  expect(result.postRoot).toBe(sent.result.postRoot);
  expect(result.output).toBe("1");
});
