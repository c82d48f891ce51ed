import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

async function textOf(metrics: ReturnType<typeof createMetrics>): Promise<string> {
  return String((await metrics.response()).body as string);
}

test("writes counters, gauges and histograms in the text format 0.0.4", async () => {
  const metrics = createMetrics({ prefix: "nym_", seriesMax: 10, withProcess: false });
  const sent = metrics.counter({ name: "sent_total", help: "Sent.", labels: ["to"] });
  sent.add(1, { to: 'a"b\\c\nd' });
  sent.add(2, { to: 'a"b\\c\nd' });
  metrics.gauge({ name: "open", help: "Open." }).set(4);
  metrics.measured({ name: "age_seconds", help: "Age." }, () => 7);
  metrics.counted({ name: "seen_total", help: "Seen." }, () => 9);
  const waits = metrics.histogram({ name: "wait_seconds", help: "Wait.", buckets: [0.1, 1] });
  for (const value of [0.05, 0.5, 5]) waits.observe(value);
  const response = await metrics.response();
  expect(response.headers?.["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await textOf(metrics)).toBe(
    [
      "# HELP nym_sent_total Sent.",
      "# TYPE nym_sent_total counter",
      'nym_sent_total{to="a\\"b\\\\c\\nd"} 3',
      "",
      "# HELP nym_open Open.",
      "# TYPE nym_open gauge",
      "nym_open 4",
      "",
      "# HELP nym_age_seconds Age.",
      "# TYPE nym_age_seconds gauge",
      "nym_age_seconds 7",
      "",
      "# HELP nym_seen_total Seen.",
      "# TYPE nym_seen_total counter",
      "nym_seen_total 9",
      "",
      "# HELP nym_wait_seconds Wait.",
      "# TYPE nym_wait_seconds histogram",
      'nym_wait_seconds_bucket{le="0.1"} 1',
      'nym_wait_seconds_bucket{le="1"} 2',
      'nym_wait_seconds_bucket{le="+Inf"} 3',
      "nym_wait_seconds_sum 5.55",
      "nym_wait_seconds_count 3",
      "",
    ].join("\n"),
  );
});

test("counts label values beyond its bound under other, and loses none", async () => {
  const metrics = createMetrics({ prefix: "", seriesMax: 3, withProcess: false });
  const counter = metrics.counter({ name: "x_total", help: "X.", labels: ["who"] });
  for (let i = 0; i < 100; i++) counter.add(1, { who: `w${i}` });
  counter.add(1, { who: "w0" });
  const lines = (await textOf(metrics)).split("\n").filter((line) => line.startsWith("x_total{"));
  expect(lines).toEqual([
    'x_total{who="w0"} 2',
    'x_total{who="w1"} 1',
    'x_total{who="w2"} 1',
    'x_total{who="other"} 97',
  ]);
});

test("two registries do not know each other, and a name is declared once in each", async () => {
  const [left, right] = [1, 2].map(() =>
    createMetrics({ prefix: "", seriesMax: 3, withProcess: false }),
  );
  left?.counter({ name: "x_total", help: "X." }).add(1);
  right?.counter({ name: "x_total", help: "X." }).add(5);
  if (left !== undefined) expect(await textOf(left)).toContain("x_total 1");
  expect(() => left?.counter({ name: "x_total", help: "X." })).toThrow(/already been registered/);
});

test("tells of the process when asked to", async () => {
  const metrics = createMetrics({ prefix: "nym_", seriesMax: 3, withProcess: true });
  expect(await textOf(metrics)).toMatch(/^nym_process_resident_memory_bytes \d+$/m);
});
