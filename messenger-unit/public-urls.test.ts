import { expect, test } from "vitest";
import { publicUrlsOf } from "./public-urls.ts";

const configured = ["http://10.0.0.2:8702", "http://compute:8703/"];

test("shows each unit by the URL that others reach it by", () => {
  const pairs = [
    "http://10.0.0.2:8702=https://scheduler.example.org/",
    "http://compute:8703/=https://example.org/compute",
  ];
  expect([...publicUrlsOf(pairs, configured)]).toEqual([
    ["http://10.0.0.2:8702", "https://scheduler.example.org"],
    ["http://compute:8703", "https://example.org/compute"],
  ]);
  expect(publicUrlsOf([], configured).size).toBe(0);
});

test("refuses what names no configured unit, or no URL of one", () => {
  for (const pair of [
    "http://10.0.0.2:8702",
    "http://10.0.0.2:8702=",
    "http://10.0.0.2:8702=scheduler.example.org",
    "http://10.0.0.2:8702=ftp://example.org",
    "http://10.0.0.2:8702=https://example.org/?a=1",
    "http://10.0.0.3:8702=https://example.org",
    "=https://example.org",
  ]) {
    expect(() => publicUrlsOf([pair], configured)).toThrow(/PUBLIC_URL_INVALID/);
  }
});
