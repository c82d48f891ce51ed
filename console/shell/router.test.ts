import { expect, test } from "vitest";
import { linkTo, matchPlace, parsePlace, placeOfSlot } from "./router.ts";

test("a place has its parts and what is set in it", () => {
  const { parts, query } = parsePlace("#/process/abc?slot=3&find=x%20y");
  expect(parts).toEqual(["process", "abc"]);
  expect([...query]).toEqual([
    ["slot", "3"],
    ["find", "x y"],
  ]);
  for (const hash of ["", "#", "#/"]) expect(parsePlace(hash).parts, hash).toEqual([]);
});

test("a pattern takes a place with as many parts and the same words", () => {
  const place = parsePlace("#/process/abc");
  expect(matchPlace("process/:process", place)).toEqual({ process: "abc" });
  expect(matchPlace("message/:message", place)).toBeNull();
  expect(matchPlace("process", place)).toBeNull();
  expect(matchPlace("", parsePlace(""))).toEqual({});
});

test("a link leads back to what it was made of, and a broken one to nowhere in particular", () => {
  expect(parsePlace(linkTo("process", "a/b ?")).parts).toEqual(["process", "a/b ?"]);
  expect(parsePlace(placeOfSlot("p", 7)).query.get("slot")).toBe("7");
  expect(parsePlace("#/process/%E0%A4").parts).toEqual(["process", "%E0%A4"]);
});
