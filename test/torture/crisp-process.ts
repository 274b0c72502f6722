import { type ChildProcess, spawn } from "node:child_process";
import type { Bundle } from "./bundle.ts";
import { bundleEnv, type Fault } from "./fault.ts";

/** A command as it ended. */
export interface Ended {
  readonly command: readonly string[];
  /** Undefined where it was killed. */
  readonly code: number | undefined;
  /** Of the JSON line that says why it failed; several or none are a violation. */
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The Crisp that is run. */
  readonly bundle: Bundle;
  readonly cwd: string;
  readonly fault?: Fault;
  /** SIGKILL after so many milliseconds. */
  readonly killAfterMs?: number;
  readonly onStart?: (child: ChildProcess) => void;
}

/** A process that takes longer hangs, or another one keeps it waiting; no command of a torture run takes a tenth of that. */
const LONGEST_SECONDS = 180;

/** Several threads that collect the garbage of so short a command cost more than one. */
export const NODE_FLAGS = ["--single-threaded-gc"];

/** Run a verb with `--json` in a process of its own. */
export function runCrisp(command: readonly string[], { bundle, cwd, fault, killAfterMs, onStart }: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = [...NODE_FLAGS, bundle.main, ...command, "--json"];
    const env = { ...process.env, NO_COLOR: "1", HF_HUB_OFFLINE: "1", ...bundleEnv(bundle, fault) };
    // node:test would take the reports of its children for its own
    delete (env as Record<string, string | undefined>).NODE_TEST_CONTEXT;
    const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    onStart?.(child);
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    // counted, since a machine that stood still, and a process that was stopped, are not a command that hangs
    let seconds = 0;
    const clock = setInterval(() => {
      if (++seconds > LONGEST_SECONDS) child.kill("SIGKILL");
    }, 1000);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      clearInterval(clock);
      resolve({ command, code: signal === null ? code! : undefined, errors: errorsIn(stderr), stdout, stderr });
    });
  });
}

const errorsIn = (stderr: string): Ended["errors"] =>
  stderr.split("\n").flatMap((line) => {
    if (!line.startsWith('{"error":')) return [];
    return [(JSON.parse(line) as { error: Ended["errors"][number] }).error];
  });
