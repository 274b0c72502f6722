import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Attack } from "./attack.ts";
import type { Ended } from "./reporter.ts";

/** How the test of an attack ended; `odd` says why it showed nothing. */
export type Outcome = { readonly kind: "green" | "red" | "odd"; readonly why: string };

/** Longer than the slowest test takes on a machine that does other work too. */
const LIMIT_MS = 300_000;

/** Errors of a defect that was badly planted, not of what it lets through. */
const BADLY_PLANTED = /^(ReferenceError|SyntaxError)\b|is not a function|ERR_MODULE_NOT_FOUND/;

/**
 * Run one test in a copy of the repository.
 *
 * @param root - Of the copy.
 * @returns `red` only where this very test was run and threw; a file that does not load, a hook that fails and a test that is skipped or
 *   not there are `odd`.
 */
export async function runTest(root: string, [file, ...names]: Attack["test"]): Promise<Outcome> {
  const pattern = `^${names.join(" ").replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`;
  const reporter = join(root, "test/attacks/reporter.ts");
  const options = [`--test-reporter=${reporter}`, `--test-name-pattern=${pattern}`, "--test-reporter-destination=stdout"];
  const { said, timedOut } = await output(root, ["scripts/run-tests.mjs", ...options, file]);
  if (timedOut) return { kind: "odd", why: `no end after ${LIMIT_MS / 1000} s` };
  const ended = said.split("\n").flatMap((line) => (line.startsWith('{"names"') ? [JSON.parse(line) as Ended] : []));
  const [own, ...more] = ended.filter((each) => JSON.stringify(each.names) === JSON.stringify(names));
  if (!own) return { kind: "odd", why: `the test did not run\n${said.slice(-2000)}` };
  if (more.length > 0) return { kind: "odd", why: `${more.length + 1} tests of this name` };
  if (own.skipped) return { kind: "odd", why: "the test was skipped" };
  if (own.passed) return { kind: "green", why: "" };
  const error = own.error ?? "";
  if (own.failureType !== "testCodeFailure" || BADLY_PLANTED.test(error))
    return { kind: "odd", why: `${own.failureType}: ${error}` };
  return { kind: "red", why: error };
}

/** All that a Node process says. */
function output(cwd: string, args: readonly string[]): Promise<{ readonly said: string; readonly timedOut: boolean }> {
  // NODE_TEST_CONTEXT: under a test runner, another one tells it its events instead of a reporter
  const { NODE_TEST_CONTEXT: _, NODE_COMPILE_CACHE: __, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let [said, timedOut] = ["", false];
    const timer = setTimeout(() => {
      timedOut = true;
      // the runner's own processes too
      process.kill(-child.pid!, "SIGKILL");
    }, LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve({ said, timedOut });
    });
  });
}
