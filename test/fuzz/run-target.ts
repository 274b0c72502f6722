import { Worker } from "node:worker_threads";
import type { Finding, LoopResult } from "./fuzz-loop.ts";
import { HEAD, type WorkerTask } from "./fuzz-worker.ts";
import { LARGEST_INPUT } from "./mutate-bytes.ts";

/** Wall-clock time after which an input hangs: far more than the CPU time it may take, as a machine may be busy. */
const HANGS_AFTER_MS = 20_000;
/** The young generation is large, so that few collections hide what an input takes; the stack is as small as a main thread's. */
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 128, stackSizeMb: 1 };

/** The loop's result; or, where the worker died or hung, the input that did it. */
export type TargetResult = Partial<LoopResult> & { readonly findings: readonly Finding[] };

/** Fuzz one target in a thread of its own, which can be stopped in a loop without end. */
export function runTarget(task: Omit<WorkerTask, "shared">): Promise<TargetResult> {
  const shared = new SharedArrayBuffer(HEAD + LARGEST_INPUT);
  const head = new Int32Array(shared, 0, 2);
  const worker = new Worker(new URL("./fuzz-worker.ts", import.meta.url), {
    workerData: { ...task, shared } satisfies WorkerTask,
    resourceLimits: LIMITS,
  });
  return new Promise((resolve) => {
    const input = (): Uint8Array => new Uint8Array(shared, HEAD, Math.min(head[1], LARGEST_INPUT)).slice();
    let [last, since] = [0, performance.now()];
    const watch = setInterval(() => {
      const now = Atomics.load(head, 0);
      if (now !== last) [last, since] = [now, performance.now()];
      else if (now > 0 && performance.now() - since > HANGS_AFTER_MS) end({ findings: [{ what: "a hang", bytes: input() }] });
    }, 250);
    const end = (result: TargetResult): void => {
      clearInterval(watch);
      resolve(result);
      void worker.terminate();
    };
    worker.once("message", (result: LoopResult) => end(result));
    // memory, a rejection that nobody waits for, or a fault of the fuzzer itself
    worker.once("error", (error: Error) =>
      end({ findings: [{ what: `the thread died: ${error.stack ?? error}`, bytes: input() }] }),
    );
    worker.once("exit", (code) => end({ findings: [{ what: `the thread ended with ${code}`, bytes: input() }] }));
  });
}
