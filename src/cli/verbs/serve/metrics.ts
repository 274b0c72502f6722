import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AnsweredRequest } from "../../../server/index-node.ts";

/** What `GET /metrics` shows. */
export interface Metrics {
  readonly contentType: string;
  /** Prometheus's text format. */
  text(): Promise<string>;
  onAnswered(request: AnsweredRequest): void;
  onBatch(size: number, elapsedMs: number): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * @param paths - Those of the server; requests for others count together, as anybody can ask for any number of them.
 * @param queueLength - Texts that wait.
 */
export function createMetrics(paths: ReadonlySet<string>, queueLength: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // memory, processor time, delay of the event loop
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    ...{ name: "crisp_http_requests_total", help: "Requests by path and status." },
    ...{ labelNames: ["path", "code"], registers },
  });
  const latency = new Histogram({
    ...{ name: "crisp_http_request_duration_seconds", help: "From a request's headers to its answer.", buckets: SECONDS },
    ...{ labelNames: ["path"], registers },
  });
  const sizes = new Histogram({
    ...{ name: "crisp_batch_size", help: "Texts that were computed together.", buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
    registers,
  });
  const batches = new Histogram({
    ...{ name: "crisp_batch_duration_seconds", help: "Time of a batch in the model.", buckets: SECONDS },
    registers,
  });
  new Gauge({
    ...{ name: "crisp_queue_length", help: "Texts that wait for a batch.", registers },
    collect() {
      this.set(queueLength());
    },
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onAnswered({ path, status, elapsedMs }) {
      const known = paths.has(path) ? path : "other";
      requests.inc({ path: known, code: status });
      latency.observe({ path: known }, elapsedMs / 1000);
    },
    onBatch(size, elapsedMs) {
      sizes.observe(size);
      batches.observe(elapsedMs / 1000);
    },
  };
}
