import { expect, test } from "vitest";
import type { UnitFetch, UnitFetchAnswer } from "./unit-call.ts";
import { unitCallers } from "./unit-instances.ts";

type Behaviour = "answers" | "stands by" | "is away" | "sits on it" | "refuses";

/** Units at URLs, which behave as they are told. */
class Units {
  readonly behaviours = new Map<string, Behaviour>();
  readonly addresses = new Map<string, string>();
  /** Who was asked for anything but what it is. */
  asked: string[] = [];

  constructor(units: Readonly<Record<string, string>>) {
    for (const [url, address] of Object.entries(units)) {
      this.addresses.set(url, address);
      this.behaviours.set(url, "answers");
    }
  }

  readonly fetch: UnitFetch = (target, { signal }) => {
    const { origin: url, pathname } = new URL(target);
    const behaviour = this.behaviours.get(url);
    if (behaviour === "is away") return Promise.reject(new TypeError("connection refused"));
    if (pathname === "/") return answer(200, { address: this.addresses.get(url) });
    this.asked.push(url);
    if (behaviour === "stands by") return answer(503, { code: "UNAVAILABLE" });
    if (behaviour === "refuses") return answer(422, { code: "EXPIRED" });
    if (behaviour === "answers") return answer(200, { from: url });
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new TypeError("given up")), { once: true });
    });
  };
}

async function answer(status: number, value: object): Promise<UnitFetchAnswer> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const body = (async function* parts() {
    yield bytes;
  })();
  return { status, headers: { get: () => "application/json" }, body };
}

const [a, b, c] = ["http://a.test", "http://b.test", "http://c.test"] as const;
const post = { method: "POST", path: "/messages" } as const;

/** Callers that know what each URL is. */
async function known(units: Units, urls: readonly string[]) {
  const callers = unitCallers(urls, units.fetch);
  await Promise.all(callers.map((caller) => caller.call(post).catch(() => undefined)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  units.asked = [];
  return callers;
}

async function fromOf(asked: Promise<{ readonly body: Uint8Array }>): Promise<string> {
  return (JSON.parse(new TextDecoder().decode((await asked).body)) as { from: string }).from;
}

test("a request that one instance cannot serve goes to the other, and so do those after it", async () => {
  const units = new Units({ [a]: "one", [b]: "one" });
  const [caller] = await known(units, [a, b]);
  units.behaviours.set(a, "stands by");
  expect(await fromOf(caller!.call(post))).toBe(b);
  expect(await fromOf(caller!.call(post))).toBe(b);
  expect(units.asked).toEqual([a, b, b]);
  units.behaviours.set(a, "answers").set(b, "is away");
  expect(await fromOf(caller!.call(post))).toBe(a);
  expect(caller!.url).toBe(a);
});

test("an instance that was away at first is found when it is needed", async () => {
  const units = new Units({ [a]: "one", [b]: "one" });
  units.behaviours.set(b, "is away");
  const [caller] = await known(units, [a, b]);
  units.behaviours.set(a, "is away").set(b, "answers");
  expect(await fromOf(caller!.call(post))).toBe(b);
});

test("a unit of another address never stands in", async () => {
  const units = new Units({ [a]: "one", [b]: "two", [c]: "one" });
  const [caller] = await known(units, [a, b, c]);
  units.behaviours.set(a, "is away").set(c, "is away");
  await expect(caller!.call(post)).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(units.asked).toEqual([]);
});

test("a refusal is an answer: nobody else is asked", async () => {
  const units = new Units({ [a]: "one", [b]: "one" });
  const [caller] = await known(units, [a, b]);
  units.behaviours.set(a, "refuses");
  await expect(caller!.call(post)).rejects.toMatchObject({ code: "EXPIRED" });
  expect(units.asked).toEqual([a]);
});

test("where one sits on a request, the other is asked as well, and who gives up is not waited for", async () => {
  const units = new Units({ [a]: "one", [b]: "one" });
  const [caller] = await known(units, [a, b]);
  units.behaviours.set(a, "sits on it");
  const start = performance.now();
  expect(await fromOf(caller!.call(post))).toBe(b);
  expect(performance.now() - start).toBeGreaterThan(1_400);
  units.behaviours.set(b, "sits on it");
  const given = new AbortController();
  const asked = caller!.call({ ...post, signal: given.signal });
  given.abort(new Error("enough"));
  await expect(asked).rejects.toThrow();
});
