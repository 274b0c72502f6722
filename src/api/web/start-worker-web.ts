import type { WorkerPort } from "./client.ts";
import type { FromWorker } from "./messages.ts";

/** A module worker that runs a `trainingSession`. */
export function startWorker(): WorkerPort {
  const worker = new Worker(new URL("./train-worker-web.ts", import.meta.url), { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    onMessage(listener) {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => listener(data);
    },
    onLost(listener) {
      worker.onerror = ({ message }) => listener(message ?? "a script that could not be loaded");
      worker.onmessageerror = () => listener("a message that could not be read");
    },
    close: () => worker.terminate(),
  };
}
