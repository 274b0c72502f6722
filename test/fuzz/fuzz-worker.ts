import { parentPort, workerData } from "node:worker_threads";
import { Coverage } from "./coverage.ts";
import { fuzz, type LoopOptions } from "./fuzz-loop.ts";
import { targets } from "./targets.ts";

export interface WorkerTask extends Pick<LoopOptions, "seed" | "inputs" | "seconds" | "known"> {
  readonly target: string;
  readonly coverage: boolean;
  /** Number of the input, then its length; the bytes follow: what is left of it when the worker dies or hangs. */
  readonly shared: SharedArrayBuffer;
}

/** Bytes before the input itself. */
export const HEAD = 8;

if (parentPort) {
  const task = workerData as WorkerTask;
  const head = new Int32Array(task.shared, 0, 2);
  const room = new Uint8Array(task.shared, HEAD);
  const coverage = task.coverage ? new Coverage() : undefined;
  const result = await fuzz(targets.find(({ name }) => name === task.target)!, {
    ...task,
    coverage,
    onInput(bytes) {
      room.set(bytes.subarray(0, room.length));
      head[1] = bytes.length;
      Atomics.add(head, 0, 1);
    },
  });
  parentPort.postMessage(result);
}
