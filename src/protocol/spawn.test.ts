import { expect, test } from "vitest";
import { idText } from "./ids.ts";
import type { Body, Tag } from "./message.ts";
import { refuseReservedTags, reservedTags, spawnTermsOf } from "./spawn.ts";

const id = (byte: number) => idText(new Uint8Array(32).fill(byte));
const required: Tag[] = [
  { name: "Module", value: id(1) },
  { name: "Scheduler", value: id(2) },
];

function spawnWith(tags: readonly [string, string][], base = required): Body {
  return {
    network: new Uint8Array(32),
    owner: { kind: 0, id: new Uint8Array(32) },
    target: null,
    anchor: new Uint8Array(0),
    notAfter: 0,
    depth: 0,
    budget: 100_000,
    tags: [...base, ...tags.map(([name, value]) => ({ name, value }))],
    dataForm: 0,
    dataHash: null,
    dataSize: 0,
  };
}

test("fills in the defaults of what a spawn leaves out", () => {
  expect(spawnTermsOf(spawnWith([]))).toMatchObject({
    rules: 1,
    compute: { units: [], count: 0 },
    evidence: "attested",
    trust: null,
    memoryLimit: 16 * 1024 * 1024,
    gasLimit: 8_000_000,
    proveGasLimit: 8_000_000,
    witness: null,
  });
});

test("takes all named units as the quorum unless it says how many", () => {
  const named: [string, string][] = [3, 4, 5].map((byte) => ["Compute", id(byte)]);
  expect(spawnTermsOf(spawnWith(named)).compute.count).toBe(3);
  expect(spawnTermsOf(spawnWith([...named, ["Compute-Quorum", "2"]])).compute.count).toBe(2);
});

test("refuses what a reserved tag may not say", () => {
  const wrong: [string, string][][] = [
    [["Module", id(1)]],
    [["Rules", "01"]],
    [
      ["Rules", "1"],
      ["Rules", "1"],
    ],
    [["Compute", "short"]],
    [
      ["Compute", id(3)],
      ["Compute", id(3)],
    ],
    [["Compute-Quorum", "1"]],
    [
      ["Compute", id(3)],
      ["Compute-Quorum", "0"],
    ],
    [
      ["Compute", id(3)],
      ["Compute-Quorum", "2"],
    ],
    [["Trust-Quorum", "1"]],
    [["Evidence", "Attested"]],
    [["Memory-Limit", "65535"]],
    [["Memory-Limit", "65537"]],
    [["Memory-Limit", "268500992"]],
    [["Gas-Limit", "64000001"]],
    [["Gas-Limit", "1e6"]],
    [["Gas-Limit", "+5000"]],
    [["Prove-Gas-Limit", "-1"]],
    Array.from({ length: 9 }, (_, i): [string, string] => ["Compute", id(10 + i)]),
  ];
  for (const tags of wrong) {
    expect(() => spawnTermsOf(spawnWith(tags)), JSON.stringify(tags)).toThrow(/^SPAWN_TAG_INVALID/);
  }
  expect(() => spawnTermsOf(spawnWith([["Rules", "2"]]))).toThrow(/^RULES_UNKNOWN/);
  expect(() => spawnTermsOf(spawnWith([], []))).toThrow(/^SPAWN_TAG_MISSING/);
});

test("takes each reserved tag once, but for the units that a spawn may name many of", () => {
  const many = new Set<string>(["Compute", "Trust", "Witness"]);
  const valid: Record<string, string> = {
    Rules: "1",
    Evidence: "attested",
    "Memory-Limit": "65536",
    "Gas-Limit": "1000",
    "Prove-Gas-Limit": "1",
    "Compute-Quorum": "1",
    "Trust-Quorum": "1",
    "Witness-Quorum": "1",
  };
  const units: [string, string][] = [...many].map((name) => [name, id(3)]);
  for (const name of Object.values(reservedTags)) {
    const known = required.some((tag) => tag.name === name) || many.has(name);
    const once = known ? [] : [[name, valid[name] ?? ""] as [string, string]];
    expect(() => spawnTermsOf(spawnWith([...units, ...once])), name).not.toThrow();
    const again: [string, string] = [name, valid[name] ?? id(4)];
    const twice = () => spawnTermsOf(spawnWith([...units, ...once, again]));
    if (many.has(name)) expect(twice, name).not.toThrow();
    else expect(twice, name).toThrow(/^SPAWN_TAG_INVALID/);
  }
});

test("reads reserved names in their exact case only, and refuses them in messages", () => {
  expect(() => refuseReservedTags([{ name: "gas-limit", value: "x" }])).not.toThrow();
  for (const name of Object.values(reservedTags)) {
    expect(() => refuseReservedTags([{ name, value: "x" }]), name).toThrow(/^TAG_RESERVED/);
  }
});
