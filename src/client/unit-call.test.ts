import { expect, test } from "vitest";
import { type UnitFetch, unitCaller } from "./unit-call.ts";

const answer = { status: 200, headers: { get: () => null }, body: null };

/** A unit that has closed the connection the first times it is asked. */
function closing(
  times: number,
  code = "UND_ERR_SOCKET",
): { fetch: UnitFetch; asked: () => number } {
  let asked = 0;
  const fetch: UnitFetch = () => {
    asked++;
    if (asked > times) return Promise.resolve(answer);
    const cause = Object.assign(new Error("other side closed"), { code });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };
  return { fetch, asked: () => asked };
}

test("a question on a connection that was just closed is asked once more", async () => {
  const unit = closing(1);
  const { status } = await unitCaller("http://unit", unit.fetch).call({ method: "GET", path: "/" });
  expect({ status, asked: unit.asked() }).toEqual({ status: 200, asked: 2 });
});

test("a unit that goes on closing is unreachable, and so is one that refuses connections", async () => {
  const gone = closing(9);
  const call = unitCaller("http://unit", gone.fetch).call({ method: "GET", path: "/" });
  await expect(call).rejects.toThrow(/^UNREACHABLE/);
  expect(gone.asked()).toBe(2);
  const none = closing(9, "ECONNREFUSED");
  const refused = unitCaller("http://unit", none.fetch).call({ method: "GET", path: "/" });
  await expect(refused).rejects.toThrow(/^UNREACHABLE/);
  expect(none.asked()).toBe(1);
});

test("a message is not sent a second time by itself", async () => {
  const unit = closing(1);
  const call = unitCaller("http://unit", unit.fetch).call({ method: "POST", path: "/messages" });
  await expect(call).rejects.toThrow(/^UNREACHABLE/);
  expect(unit.asked()).toBe(1);
});
