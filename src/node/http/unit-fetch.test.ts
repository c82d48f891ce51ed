import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type UnitCaller, unitCaller } from "../../client/unit-call.ts";
import { unitFetch } from "./unit-fetch.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
});

const answer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** A server that answers each request with what `reply` makes of it: the how-manieth, on which connection. */
async function callerOf(
  reply: (socket: Socket, place: { readonly connection: number; readonly request: number }) => void,
): Promise<{ readonly unit: UnitCaller; readonly received: string[] }> {
  let connections = 0;
  const received: string[] = [];
  const server = createServer((socket) => {
    const connection = connections++;
    let request = 0;
    socket.on("error", () => undefined);
    socket.on("data", (part) => {
      received.push(part.toString());
      reply(socket, { connection, request: request++ });
    });
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { unit: unitCaller(`http://127.0.0.1:${address.port}`, unitFetch()), received };
}

const get = { method: "GET", path: "/" } as const;

test("sends method, path, headers and body, and keeps its connection for the next request", async () => {
  const { unit, received } = await callerOf((socket, { connection, request }) =>
    socket.write(answer("200 OK", `${connection} ${request}`)),
  );
  const body = Uint8Array.of(65, 66);
  const first = await unit.call({ method: "POST", path: "/a?b=c", body, contentType: "x/y" });
  expect([first.status, first.contentType]).toEqual([200, "text/plain"]);
  expect(new TextDecoder().decode(first.body)).toBe("0 0");
  expect(received.join("")).toMatch(/^POST \/a\?b=c HTTP\/1\.1\r\n/);
  expect(received.join("")).toMatch(/\r\ncontent-type: x\/y\r\ncontent-length: 2\r\n/);
  expect(received.join("").endsWith("\r\n\r\nAB")).toBe(true);
  const second = await unit.call(get);
  expect(new TextDecoder().decode(second.body)).toBe("0 1");
});

test("asks once more where a resting connection was ended just then, and only once", async () => {
  const { unit } = await callerOf((socket, { connection, request }) => {
    if (request > 0) socket.resetAndDestroy();
    else socket.write(answer("200 OK", `${connection}`));
  });
  await unit.call(get);
  const second = await unit.call(get);
  expect(new TextDecoder().decode(second.body)).toBe("1");
  const silent = await callerOf((socket) => socket.resetAndDestroy());
  await expect(silent.unit.call(get)).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(silent.received.length).toBe(1);
});

test("follows no redirect, and gives refusals as such", async () => {
  const moved = await callerOf((socket) => socket.write(answer("302 Found", "")));
  await expect(moved.unit.call(get)).rejects.toMatchObject({ code: "UNREACHABLE" });
  const problem = JSON.stringify({ code: "PROCESS_UNKNOWN", process: "p" });
  const refusing = await callerOf((socket) => socket.write(answer("404 Not Found", problem)));
  const refused = { code: "PROCESS_UNKNOWN", status: 404 };
  await expect(refusing.unit.call(get)).rejects.toMatchObject(refused);
});

test("ends at its time, at the caller's signal, and where the body is too long or cut off", async () => {
  const silent = await callerOf(() => undefined);
  const late = silent.unit.call({ ...get, timeoutMs: 30 });
  await expect(late).rejects.toMatchObject({ code: "TIMED_OUT" });
  const stop = new AbortController();
  const stopped = silent.unit.call({ ...get, signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow();
  const long = await callerOf((socket) => socket.write(answer("200 OK", "a".repeat(5000))));
  const bounded = long.unit.call({ ...get, answerBytesMax: 4999 });
  await expect(bounded).rejects.toMatchObject({ code: "ANSWER_TOO_LARGE" });
  const cut = await callerOf((socket) => socket.end(answer("200 OK", "abc").slice(0, -1)));
  await expect(cut.unit.call(get)).rejects.toMatchObject({ code: "UNREACHABLE" });
});

test("says that nobody listens", async () => {
  const unit = unitCaller("http://127.0.0.1:1", unitFetch());
  await expect(unit.call(get)).rejects.toMatchObject({ code: "UNREACHABLE", status: 0 });
});
