import { expect, test } from "vitest";
import { canonicalAddress, isLoopback, remoteKey } from "./remote.ts";

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["0000:0000:0000:0000:0000:ffff:0a01:0203", "10.1.2.3"],
  ["0000:0000:0000:0000:0000:0000:0000:0001", "::1"],
  ["2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["fe80::1%eth0", "fe80::1"],
  ["not:an:address", ""],
  ["", ""],
])("spells the address %s as %s", (text, spelling) => {
  expect(canonicalAddress(text)).toBe(spelling);
});

test.each([
  ["10.1.2.3", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ["::1", "0:0:0:0::/64"],
])("counts %s as %s", (remote, key) => {
  expect(remoteKey(remote)).toBe(key);
});

test("two addresses of one /64 share a key, those of two do not", () => {
  const [first, second, other] = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"];
  expect(remoteKey(first ?? "")).toBe(remoteKey(second ?? ""));
  expect(remoteKey(first ?? "")).not.toBe(remoteKey(other ?? ""));
});

test("only 127.0.0.0/8 and ::1 are this machine", () => {
  for (const own of ["127.0.0.1", "127.9.9.9", "::1"]) expect(isLoopback(own), own).toBe(true);
  for (const other of ["10.0.0.1", "127.0.0.1.evil", "1127.0.0.1", "::2", ""]) {
    expect(isLoopback(other), other).toBe(false);
  }
});
