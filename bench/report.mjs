/**
 * The report: a table for people, a JSON document for programs.
 *
 * @module
 */

import { cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were taken on. */
export function machine() {
  const processors = cpus();
  return {
    node: process.version,
    processor: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    loadAverage: loadavg()[0],
  };
}

function short(value) {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function goalText({ goal, value, ratio }) {
  if (goal === null) return "";
  const [kind, bound] = Object.entries(goal)[0];
  const figure = kind.startsWith("ratio") ? ratio : value;
  const met = kind.endsWith("Min") ? figure >= bound : figure <= bound;
  const sign = kind.endsWith("Min") ? "≥" : "≤";
  const unit = kind.startsWith("ratio") ? "×" : "";
  return `${sign} ${short(bound)}${unit} ${met ? "met" : "missed"}`;
}

const rangeText = ({ ratioRange }) =>
  ratioRange === null ? "" : `${ratioRange.map(short).join("–")}×`;

const remark = ({ label, detail }) => (detail ? [`${label}: ${detail}`] : []);

/** The table, with a heading; columns as wide as their widest cell. */
export function table(rows) {
  const head = ["figure", "ours", "peer", "the peer's", "ratio", "rounds", "goal"];
  const cells = rows.map((row) => [
    row.label,
    `${short(row.value)} ${row.unit}`,
    row.peerLabel,
    `${short(row.peerValue)} ${row.unit}`,
    `${short(row.ratio)}×`,
    rangeText(row),
    goalText(row),
  ]);
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i].length)));
  const line = (row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(head), rule, ...cells.map(line), "", ...rows.flatMap(remark)].join("\n");
}
