import type { Order, Report } from "./worker.ts";

declare global {
  interface Window {
    /** Called by the harness. */
    runSuites(order: Order): void;
    /** Given by the harness. */
    report(report: Report): void;
  }
}

window.runSuites = (order) => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Report>) => window.report(data);
  worker.onerror = ({ message }) => window.report({ type: "failed", message: message || "the worker did not load" });
  worker.postMessage(order);
};
