import { spawn } from "node:child_process";
import { join } from "node:path";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = join(import.meta.dirname, "../../src/cli/main.ts");

/** Run the command as a user does, in a process of its own. */
export function crisp(
  args: readonly string[],
  {
    cwd,
    input = "",
    interruptOn,
    killOn,
    onText,
    env,
  }: {
    readonly cwd?: string;
    readonly input?: string;
    /** SIGINT once this was printed. */
    readonly interruptOn?: RegExp;
    /** SIGKILL once this was printed. */
    readonly killOn?: RegExp;
    /** Told all that was printed so far. */
    readonly onText?: (text: string) => void;
    /** Beside those of this process. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, NO_COLOR: "1", ...env } });
    let [stdout, stderr, interrupted] = ["", "", false];
    const look = (): void => {
      onText?.(stdout + stderr);
      if (interrupted) return;
      if (killOn?.test(stdout + stderr)) interrupted = child.kill("SIGKILL");
      else if (interruptOn?.test(stdout + stderr)) interrupted = child.kill("SIGINT");
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      look();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      look();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}
