import { parentPort } from "node:worker_threads";
import { nodeEnvironment } from "./environment-node.ts";
import { executeRun } from "./execute.ts";
import { type SentError, toSent } from "./sent-error.ts";
import type { RunEvent, RunResult, RunSpec } from "./spec.ts";

/** What the two sides of a worker say to each other. */
export type ToWorker = { readonly type: "run"; readonly spec: RunSpec } | { readonly type: "stop" };
export type FromWorker =
  | { readonly type: "event"; readonly event: RunEvent }
  | { readonly type: "result"; readonly result: RunResult }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly error: SentError };

// The same entry serves as a worker thread and as a child process.
const post = (message: FromWorker): void => {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
};
let stop = new AbortController();

async function run(message: Exclude<ToWorker, { type: "stop" }>): Promise<void> {
  stop = new AbortController();
  const listener = { signal: stop.signal, onEvent: (event: RunEvent) => post({ type: "event", event }) };
  try {
    const result = await executeRun(message.spec, nodeEnvironment, listener);
    post(result ? { type: "result", result } : { type: "stopped" });
  } catch (error) {
    post({ type: "failed", error: toSent(error) });
  }
}

function receive(message: ToWorker): void {
  if (message.type === "stop") stop.abort();
  else void run(message);
}

if (parentPort) parentPort.on("message", receive);
else if (process.send) {
  process.on("message", receive);
  // A parent that is killed must not leave its children training.
  process.on("disconnect", () => process.exit(1));
  // Ctrl-C reaches the whole process group; the parent decides what it means.
  process.on("SIGINT", () => {});
}
