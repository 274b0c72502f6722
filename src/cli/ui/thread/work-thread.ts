import { Worker } from "node:worker_threads";
import { expectedGot } from "../../../errors/index.ts";
import { fromSent } from "../../../runs/index.ts";
import { keepTelemetryOff } from "../../../runtime/index-node.ts";
import { HttpError } from "../../../server/index-node.ts";
import type { DatabasePlace } from "../../../studies/index-node.ts";
import type { JudgedStudy, StudyPlace } from "../studies/study-source.ts";
import type { Done, FromThread, Job, ReadText } from "./jobs.ts";

/** A thread that computes for the server, one job after the other; it starts with the first one. */
export interface WorkThread {
  read(folder: string, text: string, pair?: string): Promise<ReadText>;
  look(place: StudyPlace, look: number): Promise<JudgedStudy>;
  /** Waits for what is computed: to end a thread inside ONNX Runtime would end the process. */
  close(): Promise<void>;
}

const entry = new URL("./work-thread-entry.ts", import.meta.url);
/** More jobs than this are refused, as nobody waits for the last of them. */
const MOST_WAITING = 8;

/** @param database - Whose studies it judges; its address stays in this process. */
export function createWorkThread(database?: DatabasePlace): WorkThread {
  let worker: Worker | undefined;
  let line: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const one = async (job: Job): Promise<Done> => {
    keepTelemetryOff();
    worker ??= new Worker(entry, { workerData: database });
    const { promise, resolve, reject } = Promise.withResolvers<FromThread>();
    const lost = (why: unknown): void => {
      worker = undefined;
      reject(
        expectedGot("ui/lost", "the thread that computes", "an answer", why instanceof Error ? why.message : `exit code ${why}`),
      );
    };
    worker.once("message", resolve).once("error", lost).once("exit", lost);
    worker.postMessage(job);
    try {
      const answer = await promise;
      if ("error" in answer) throw fromSent(answer.error);
      return answer.done;
    } finally {
      worker?.off("message", resolve).off("error", lost).off("exit", lost);
    }
  };
  const queued = (job: Job): Promise<Done> => {
    if (waiting >= MOST_WAITING) {
      throw new HttpError(
        503,
        expectedGot("ui/too-many", "the request", `at most ${MOST_WAITING} that are computed`, "more", "Try again."),
      );
    }
    waiting++;
    const done = line.then(() => one(job)).finally(() => waiting--);
    line = done.catch(() => {});
    return done;
  };
  return {
    read: async (folder, text, pair) => (await queued({ type: "read", folder, text, pair })) as ReadText,
    look: async (place, look) => (await queued({ type: "look", place, look })) as JudgedStudy,
    async close() {
      await line;
      await worker?.terminate();
    },
  };
}
