/**
 * Metrics in the Prometheus text format 0.0.4, by `prom-client`: the format and the process's own
 * figures are not NymCompute's purpose. What this adds is a bound on series: a label value that
 * comes from outside must not be able to fill the memory.
 *
 * @module
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { assert } from "../base/assert.ts";
import type { HttpResponse } from "./http/server.ts";

/** Values of the declared labels, one each. */
export type LabelValues = Readonly<Record<string, string>>;

export interface MetricDeclaration {
  /** Without the prefix; units at the end, as Prometheus names them. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface CounterMetric {
  add(amount: number, labels?: LabelValues): void;
}

export interface GaugeMetric {
  set(value: number, labels?: LabelValues): void;
}

export interface HistogramMetric {
  observe(value: number, labels?: LabelValues): void;
}

/** Where a unit declares what it counts. A name is declared once. */
export interface Metrics {
  counter(declaration: MetricDeclaration): CounterMetric;
  gauge(declaration: MetricDeclaration): GaugeMetric;
  /** A gauge that is asked for its value when somebody reads. */
  measured(declaration: Omit<MetricDeclaration, "labels">, measure: () => number): void;
  /** A counter that is asked for its count when somebody reads: it must never fall. */
  counted(declaration: Omit<MetricDeclaration, "labels">, count: () => number): void;
  /** `buckets` are upper bounds, ascending. */
  histogram(
    declaration: MetricDeclaration & { readonly buckets: readonly number[] },
  ): HistogramMetric;
  /** The answer of `GET /metrics`. */
  response(): Promise<HttpResponse>;
}

export interface MetricsOptions {
  /** Put before every name, such as `nymcompute_scheduler_`. */
  readonly prefix: string;
  /** Series of one metric; values that would make more are counted under the label `other`. */
  readonly seriesMax: number;
  /** Adds what the process tells of itself (CPU, memory, event loop, garbage collection). */
  readonly withProcess: boolean;
}

/** A registry of its own: nothing is global, so that two units fit into one process. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const { prefix, seriesMax } = options;
  if (options.withProcess) collectDefaultMetrics({ register: registry, prefix });
  const common = (declaration: MetricDeclaration) => {
    assert(/^[a-z][a-z0-9_]*$/.test(declaration.name), `bad metric name ${declaration.name}`);
    return {
      name: prefix + declaration.name,
      help: declaration.help,
      labelNames: [...(declaration.labels ?? [])],
      registers: [registry],
    };
  };
  return {
    counter: (declaration) => {
      const metric = new Counter(common(declaration));
      const bounded = boundSeries(declaration.labels ?? [], seriesMax);
      return { add: (amount, labels = {}) => metric.inc(bounded(labels), amount) };
    },
    gauge: (declaration) => {
      const metric = new Gauge(common(declaration));
      const bounded = boundSeries(declaration.labels ?? [], seriesMax);
      return { set: (value, labels = {}) => metric.set(bounded(labels), value) };
    },
    measured: (declaration, measure) => {
      const metric: Gauge = new Gauge({
        ...common(declaration),
        collect: () => metric.set(measure()),
      });
    },
    counted: (declaration, count) => {
      const metric: Counter = new Counter({
        ...common(declaration),
        collect: () => {
          metric.reset();
          metric.inc(count());
        },
      });
    },
    histogram: (declaration) => {
      const metric = new Histogram({ ...common(declaration), buckets: [...declaration.buckets] });
      const bounded = boundSeries(declaration.labels ?? [], seriesMax);
      return { observe: (value, labels = {}) => metric.observe(bounded(labels), value) };
    },
    response: async () => ({
      status: 200,
      headers: { "content-type": registry.contentType, "cache-control": "no-store" },
      body: await registry.metrics(),
    }),
  };
}

/** Keeps the first `seriesMax` combinations of label values apart, and the rest as `other`. */
function boundSeries(
  names: readonly string[],
  seriesMax: number,
): (labels: LabelValues) => LabelValues {
  const known = new Set<string>();
  const others = Object.fromEntries(names.map((name) => [name, "other"]));
  return (labels) => {
    // U+0000 stands in no label value here; if it did, two series would share a place in the count.
    const key = names.map((name) => labels[name]).join("\0");
    if (known.has(key)) return labels;
    if (known.size >= seriesMax) return others;
    known.add(key);
    return labels;
  };
}
