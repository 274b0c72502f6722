import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { CrispError } from "../../errors/index.ts";
import { type LoggedEvent, logLine, type RunLog } from "./log.ts";

const NEWLINE = 10;

/**
 * A run's log as a file of JSON lines, one an event.
 *
 * An event counts once its line has ended: what a killed process left of a last line is not read, and cut off before the next one is
 * written.
 *
 * @param path - Made at the first event, with its folder.
 * @throws `run/bad-log` from `read` for a whole line that is not JSON.
 * @example
 * const log = logFile("runs/dense.seed-1.log.jsonl");
 * for await (const event of log.read()) if (event.type === "step") console.log(event.loss);
 */
export function logFile(path: string): RunLog {
  let mended = false;
  return {
    append(event) {
      if (!mended) {
        mkdirSync(dirname(path), { recursive: true });
        cutTornLine(path);
      }
      mended = true;
      appendFileSync(path, logLine(event));
    },
    async *read() {
      if (!existsSync(path)) return;
      const text = readFileSync(path, "utf8");
      const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
      for (const [at, line] of lines.entries()) if (line !== "") yield parse(line, `${path}, line ${at + 1}`);
    },
  };
}

function parse(line: string, where: string): LoggedEvent {
  try {
    return JSON.parse(line) as LoggedEvent;
  } catch (error) {
    const got = (error as Error).message;
    throw new CrispError("run/bad-log", `${where}: expected an event in JSON, got ${got}. Remove the line.`);
  }
}

function cutTornLine(path: string): void {
  if (!existsSync(path)) return;
  const whole = readFileSync(path).lastIndexOf(NEWLINE) + 1;
  truncateSync(path, whole);
}
