import { beforeEach, expect, test } from "vitest";
import { contentIdOf, idText } from "../../protocol/ids.ts";
import { InProcessNetwork } from "../../testing/in-process-network.ts";
import { testIdentity } from "../../testing/sender.ts";
import { openMemoryStores } from "../store/open-memory.ts";

const url = "http://unit.test";
const page = new TextEncoder().encode("<script>alert(1)</script>");
let units: InProcessNetwork;

beforeEach(async () => {
  units = new InProcessNetwork();
  const stores = await openMemoryStores({ role: "scheduler" });
  const network = new Uint8Array(32);
  units.add(url, {
    role: "scheduler",
    identity: testIdentity(2),
    network,
    content: stores.content,
    routes: [],
  });
  return () => stores.close();
});

const put = (id: Uint8Array, body: Uint8Array): Promise<Response> =>
  units.fetch(`${url}/content/${idText(id)}`, { method: "PUT", body: body as BodyInit });
const get = (id: Uint8Array): Promise<Response> =>
  units.fetch(`${url}/content/${idText(id)}`, { method: "GET" });

test("content is served so that no browser runs it, whatever it looks like", async () => {
  const id = contentIdOf(page);
  expect((await put(id, page)).status).toBe(201);
  const answer = await get(id);
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(page);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": "attachment",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
  });
});

test("content is the bytes of its id, put once and again, and nothing else has that id", async () => {
  const id = contentIdOf(page);
  const other = await put(id, new Uint8Array(page.length));
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([
    422,
    "CONTENT_MISMATCH",
  ]);
  expect((await get(id)).status).toBe(404);
  expect((await put(id, page)).status).toBe(201);
  expect((await put(id, page)).status).toBe(200);
});
