import { appendFileSync, existsSync, lstatSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { CrispError, expectedGot } from "../../errors/index.ts";
import { explain } from "../../files/index-node.ts";
import { type LoggedEvent, logLine, type RunLog } from "./log.ts";

const NEWLINE = 10;

/** Whether a file is the log of a run, by its first event. */
export const isRunLog = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isFile() === true &&
  /^\{"time":"\d{4}-[^"]*Z","type":"/.test(readFileSync(path, "utf8"));

/** Events are only added to a file that holds some, or nothing. @throws `file/not-own`. */
export function checkRunLog(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || (found.isFile() && found.size === 0) || isRunLog(path)) return;
  const hint = "Move it away, or choose another folder.";
  throw expectedGot("file/not-own", path, "no file, or the log of a run", "one that somebody else made", hint);
}

/**
 * A run's log as a file of JSON lines, one an event.
 *
 * An event counts once its line has ended: what a killed process left of a last line is not read, and cut off before the next one is
 * written.
 *
 * @param path - Made at the first event, with its folder.
 * @throws `file/not-own` where the file is none; `file/not-writable` and `file/disk-full` from `append`; `run/bad-log` from `read` for a whole line that is not JSON.
 * @example
 * const log = logFile("runs/dense.seed-1.log.jsonl");
 * for await (const event of log.read()) if (event.type === "step") console.log(event.loss);
 */
export function logFile(path: string): RunLog {
  checkRunLog(path);
  let mended = false;
  return {
    append(...events) {
      try {
        if (!mended) {
          mkdirSync(dirname(path), { recursive: true });
          cutTornLine(path);
        }
        mended = true;
        appendFileSync(path, events.map((event) => logLine(event)).join(""));
      } catch (error) {
        throw explain(error, path);
      }
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
