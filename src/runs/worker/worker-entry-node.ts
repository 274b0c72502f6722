import { parentPort } from "node:worker_threads";
import { expectedGot } from "../../errors/index.ts";
import { explainChange } from "../../files/index-node.ts";
import { nodeEnvironment } from "../environment/environment-node.ts";
import { executeRun } from "../execute.ts";
import type { RunData, RunEvent, RunResult, RunSpec, RunSpecByHash } from "../spec.ts";
import { type SentError, toSent } from "./sent-error.ts";

/** What the two sides of a worker say to each other. */
export type ToWorker =
  /** Held until the worker ends, for all runs that name the hash. */
  | { readonly type: "data"; readonly hash: string; readonly data: RunData }
  | { readonly type: "run"; readonly spec: RunSpec | RunSpecByHash }
  | { readonly type: "stop" };
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
const held = new Map<string, RunData>();

function whole({ data, ...spec }: RunSpec | RunSpecByHash): RunSpec {
  if (!("hash" in data)) return { ...spec, data };
  const known = held.get(data.hash);
  if (!known) throw expectedGot("run/no-data", "worker", "data that it was given before", data.hash);
  return { ...spec, data: known };
}

async function run(message: Extract<ToWorker, { type: "run" }>): Promise<void> {
  stop = new AbortController();
  const listener = { signal: stop.signal, onEvent: (event: RunEvent) => post({ type: "event", event }) };
  try {
    const result = await executeRun(whole(message.spec), nodeEnvironment, listener);
    post(result ? { type: "result", result } : { type: "stopped" });
  } catch (error) {
    post({ type: "failed", error: toSent(explainChange(error)) });
  }
}

function receive(message: ToWorker): void {
  if (message.type === "stop") stop.abort();
  else if (message.type === "data") held.set(message.hash, message.data);
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
