import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const id = `-${"a".repeat(42)}`;
const options = [
  { name: "network", kind: "string", help: "Which." },
  { name: "json", kind: "boolean", default: false, help: "How." },
] as const;
const declaration = {
  command: "nymcompute result",
  summary: "Shows.",
  options,
  arguments: [
    { name: "PROCESS", help: "Whose." },
    { name: "MESSAGE", help: "Which.", isOptional: true },
  ],
};

test.each([
  [[id, "3"], [id, "3"], undefined],
  [["p", id], ["p", id], undefined],
  [["--json", id, id], [id, id], undefined],
  [["--network", id, id], [id], id],
  [["p", `--network=${id}`], ["p"], id],
  [["--network", "n", "--", id], [id], "n"],
])("takes ids that begin with a hyphen for what they are: %j", (argv, given, network) => {
  const config = readConfig(declaration, { argv, env: {}, file: null });
  expect(config).toMatchObject({ kind: "run", arguments: given, values: { network } });
});

test("leaves other mistakes with hyphens mistakes", () => {
  const argv = ["p", "-nonsense"];
  expect(() => readConfig(declaration, { argv, env: {}, file: null })).toThrow(/^OPTION_UNKNOWN/);
});
