import { fork } from "node:child_process";
import { CrispError } from "../errors/index.ts";
import { fromSent, type SentError } from "../runs/index.ts";
import type { JobSettings, Jobs } from "./job-node.ts";

/** A measurement, and the most memory that its process had at once. */
export type InChild<Kind extends keyof Jobs> = { readonly measured: Jobs[Kind]["measured"]; readonly peakBytes: number };

/**
 * Measure in a process of its own: its peak of memory is that of the measurement (and about 100 MB of Node and ONNX Runtime), nothing
 * that ran before is in the way, and one that takes too much memory ends alone.
 *
 * @throws What the measurement throws; `bench/ended` where the process ended without an answer.
 */
export function measureInChild<Kind extends keyof Jobs>(
  kind: Kind,
  job: Jobs[Kind]["job"],
  settings: JobSettings = {},
): Promise<InChild<Kind>> {
  const child = fork(new URL("./child-entry-node.ts", import.meta.url), {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (answer: InChild<Kind> | { readonly error: SentError }) =>
      "error" in answer ? reject(fromSent(answer.error)) : resolve(answer),
    );
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const ended = `the process ended with ${signal ?? `exit code ${code}`}`;
      reject(
        new CrispError("bench/ended", `crisp bench: expected a measurement, got none: ${ended}. It may have lacked memory.`),
      );
    });
    child.send({ kind, job, settings });
  });
}
