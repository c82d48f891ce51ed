import { expect, test } from "vitest";
import { toBase64url } from "../base/bytes.ts";
import { createIdentity } from "../crypto/identity.ts";
import { connect } from "./connect.ts";
import type { Fetch } from "./unit-call.ts";

const network = toBase64url(new Uint8Array(32).fill(1));
const urls = {
  messenger: "http://messenger.test",
  scheduler: "http://scheduler.test",
  compute: "http://compute.test",
};

/** Units that answer `GET /` alone, each of the network it is given; one that is null is silent. */
function unitsOf(networks: Readonly<Record<string, string | null>>): Fetch {
  return (url) => {
    const { hostname } = new URL(url);
    const role = hostname.split(".", 1)[0] ?? "";
    const own = networks[role] ?? null;
    if (own === null) return Promise.reject(new TypeError("fetch failed"));
    return Promise.resolve(
      Response.json({ role, network: own, address: toBase64url(new Uint8Array(32)) }),
    );
  };
}

const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "none",
    (error: { code?: string }) => error.code ?? "no code",
  );

test("connects while a unit is silent, and takes the network's id from one that answers", async () => {
  const all = { messenger: network, scheduler: network, compute: network };
  for (const silent of ["messenger", "scheduler", "compute"]) {
    const connection = await connect({ ...urls, fetch: unitsOf({ ...all, [silent]: null }) });
    expect(connection.network, silent).toBe(network);
  }
});

test("rejects where no unit answers", async () => {
  expect(await codeOf(connect({ ...urls, fetch: unitsOf({}) }))).toBe("UNREACHABLE");
});

test("rejects units of different networks, and a network that is not the one asked for", async () => {
  const other = toBase64url(new Uint8Array(32).fill(2));
  const mixed = unitsOf({ messenger: network, scheduler: network, compute: other });
  expect(await codeOf(connect({ ...urls, fetch: mixed }))).toBe("NETWORK_MISMATCH");
  const same = unitsOf({ messenger: other, scheduler: other, compute: other });
  expect(await codeOf(connect({ ...urls, network, fetch: same }))).toBe("NETWORK_MISMATCH");
});

test("a message that got no answer is named by the error, and is the same at every try", async () => {
  const info = unitsOf({ messenger: network, scheduler: network, compute: network });
  const bodies: unknown[] = [];
  const busy: Fetch = (url, init) => {
    if (init.method !== "POST") return info(url, init);
    bodies.push(init.body);
    return Promise.resolve(Response.json({ code: "UNAVAILABLE" }, { status: 503 }));
  };
  const connection = await connect({ ...urls, fetch: busy });
  const target = toBase64url(new Uint8Array(32).fill(3));
  const sent = connection.message(target, { signer: createIdentity(), timeoutMs: 150 });
  const error = await sent.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({
    code: "UNAVAILABLE",
    status: 503,
    fields: { message: expect.stringMatching(/^[\w-]{43}$/) },
  });
  expect(bodies.length).toBeGreaterThan(1);
  for (const body of bodies) expect(body).toEqual(bodies[0]);
});
