#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { runCommand } from "./run-command.ts";
import { VERBS } from "./verbs.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `crisp: expected Node 22.12 or newer, got ${process.versions.node}. Install a current Node from https://nodejs.org.\n`,
  );
  process.exit(1);
}

const stop = new AbortController();
let stopsCleanly = false;
let readerGone = false;

/** The first signal asks the verb to stop between two steps; the second one ends the process at once. */
function listenForSignals(): AbortSignal {
  stopsCleanly = true;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130);
      process.stderr.write("\nstopping after this step; press Ctrl-C again to stop at once\n");
      stop.abort();
    });
  }
  return stop.signal;
}

// A reader that has seen enough (`crisp predict … | head`) is no error; a verb that can stop cleanly gets to do so.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  readerGone = true;
  if (stopsCleanly) stop.abort();
  else process.exit(0);
});

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };

// Not process.exit(): it would cut off what is still being written to a pipe.
const code = await runCommand({
  argv: process.argv.slice(2),
  verbs: VERBS,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  version,
  listenForSignals,
});
process.exitCode = readerGone ? 0 : code;
