import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectedGot } from "../../errors/index.ts";
import { HttpError } from "../../server/index-node.ts";
import { typedAs } from "../run-command.ts";

/** A command that was started here. */
export interface StartedCommand {
  readonly command: string;
  /** What it prints. */
  readonly output: string;
  /** Path of the folder that it writes to. */
  readonly path: string;
  /** How it ended; undefined while it runs. */
  readonly code?: number | null;
}

export interface Processes {
  /**
   * Start `crisp`, which goes on when this process ends.
   *
   * @param argv - The verb, and what follows it.
   * @param path - Of its output folder, from the root.
   * @returns What `started` takes.
   * @throws HttpError 409 `ui/too-many`.
   */
  start(argv: readonly string[], cwd: string, path: string): string;
  started(id: string): StartedCommand | undefined;
  /**
   * Ask a process for its clean stop, as Ctrl-C does, once: a second time would end it at once.
   *
   * @param holder - As `lockHolder` gives it, just now; undefined: no process of this machine.
   * @throws HttpError 409 `ui/not-running`, `ui/asked-before`.
   */
  stop(holder: { readonly pid: number; readonly token: string } | undefined): void;
}

const main = new URL("../main.ts", import.meta.url);
/** Trainings share the cores: more at once only take longer. */
const MOST_AT_ONCE = 4;
const MOST_KEPT = 50;

/** @param kill - Sends a signal; for tests. */
export function createProcesses(kill: (pid: number, signal: "SIGINT") => void = process.kill.bind(process)): Processes {
  const commands = new Map<string, { readonly about: StartedCommand; readonly child: ChildProcess }>();
  const asked = new Set<string>();
  const running = (): number => [...commands.values()].filter(({ child }) => isRunning(child)).length;
  return {
    start(argv, cwd, path) {
      if (running() >= MOST_AT_ONCE) {
        const hint = "Wait for one, or stop one.";
        throw new HttpError(
          409,
          expectedGot("ui/too-many", "the request", `at most ${MOST_AT_ONCE} trainings started here`, "more", hint),
        );
      }
      const output = join(mkdtempSync(join(tmpdir(), "crisp-ui-")), "output.txt");
      const file = openSync(output, "wx", 0o600);
      const child = spawn(process.execPath, [fileURLToPath(main), ...argv], {
        cwd,
        detached: true,
        stdio: ["ignore", file, file],
        env: { ...process.env, NO_COLOR: "1" },
      });
      closeSync(file);
      // without a listener, a process that could not be started would end this one
      child.on("error", () => {});
      child.unref();
      const id = randomBytes(12).toString("base64url");
      commands.set(id, { about: { command: typedAs(argv), output, path }, child });
      for (const [old, { child }] of commands) if (commands.size > MOST_KEPT && !isRunning(child)) commands.delete(old);
      return id;
    },
    started(id) {
      const found = commands.get(id);
      return found && { ...found.about, ...(!isRunning(found.child) && { code: found.child.exitCode }) };
    },
    stop(holder) {
      if (!holder || holder.pid === process.pid) {
        const rule = "a run whose lock names a process that lives on this machine";
        throw new HttpError(
          409,
          expectedGot("ui/not-running", "stop", rule, "none", "Load the page again to see how the run stands."),
        );
      }
      if (asked.has(holder.token)) {
        const hint = "It stops after the update that it computes, and writes a checkpoint.";
        throw new HttpError(
          409,
          expectedGot("ui/asked-before", "stop", "a run that was not asked before", "one that stops", hint),
        );
      }
      asked.add(holder.token);
      kill(holder.pid, "SIGINT");
    },
  };
}

const isRunning = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;
