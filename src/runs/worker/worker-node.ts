import { fork } from "node:child_process";
import { Worker } from "node:worker_threads";
import { CrispError } from "../../errors/index.ts";
import { keepTelemetryOff } from "../../runtime/index-node.ts";
import type { RunResult } from "../spec.ts";
import { fromSent } from "./sent-error.ts";
import type { RunListener, RunWorker } from "./worker.ts";
import type { FromWorker, ToWorker } from "./worker-entry-node.ts";

interface Channel {
  send(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  onEnd(listener: (how: string) => void): void;
  end(): Promise<void>;
}

/**
 * Start a worker.
 *
 * @param where - `thread` for one run beside a responsive terminal; `process` for several at once, as ONNX Runtime trains in one
 *   thread a process.
 */
export function startRunWorker(where: "thread" | "process" = "thread"): RunWorker {
  const channel = where === "thread" ? threadChannel() : processChannel();
  let pending: { settle: (message: FromWorker) => void; fail: (error: Error) => void } | undefined;
  let ended: string | undefined;
  channel.onMessage((message) => pending?.settle(message));
  channel.onEnd((how) => {
    ended = how;
    pending?.fail(lost(how));
  });

  async function execute<Result>(
    message: Extract<ToWorker, { type: "run" }>,
    { onEvent, signal }: RunListener,
  ): Promise<Result | null> {
    if (ended) throw lost(ended);
    // first, since a spec that cannot be cloned throws here
    channel.send(message);
    const stop = (): void => channel.send({ type: "stop" });
    const finished = new Promise<Result | null>((resolve, reject) => {
      const settle = (message: FromWorker): void => {
        if (message.type === "event") onEvent?.(message.event);
        else if (message.type === "result") resolve(message.result as Result);
        else if (message.type === "stopped") resolve(null);
        else reject(fromSent(message.error));
      };
      pending = { settle, fail: reject };
    });
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    return finished.finally(() => {
      pending = undefined;
      signal?.removeEventListener("abort", stop);
    });
  }

  return {
    hold(hash, data) {
      if (ended) throw lost(ended);
      channel.send({ type: "data", hash, data });
    },
    run: (spec, listener = {}) => execute<RunResult>({ type: "run", spec }, listener),
    close: () => channel.end(),
  };
}

const entry = new URL("./worker-entry-node.ts", import.meta.url);

function threadChannel(): Channel {
  keepTelemetryOff();
  const worker = new Worker(entry);
  return {
    send: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on("message", listener),
    onEnd(listener) {
      worker.on("error", (error) => listener((error as Error).message));
      worker.on("exit", (code) => listener(`exit code ${code}`));
    },
    // between runs nothing is inside ONNX Runtime, so that ending the thread is safe
    end: async () => void (await worker.terminate()),
  };
}

function processChannel(): Channel {
  // standard output is the caller's, for JSON lines: whatever a child prints goes to standard error
  const child = fork(entry, { serialization: "advanced", stdio: ["ignore", process.stderr.fd, "inherit", "ipc"] });
  const exited = new Promise<string>((resolve) => {
    child.on("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.on("error", (error) => resolve(error.message));
  });
  return {
    send: (message) => void child.send(message),
    onMessage: (listener) => child.on("message", (message) => listener(message as FromWorker)),
    onEnd: (listener) => void exited.then(listener),
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const lost = (how: string): CrispError =>
  new CrispError(
    "run/lost",
    `training: expected the worker to finish, got ${how}. Out of memory? Start again; it continues from its last checkpoint, if it wrote one.`,
  );
