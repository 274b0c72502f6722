#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { runCommand } from "./run-command.ts";
import { watchForStop } from "./signals.ts";
import { VERBS } from "./verbs.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `crisp: expected Node 22.12 or newer, got ${process.versions.node}. Install a current Node from https://nodejs.org.\n`,
  );
  process.exit(1);
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
const stop = watchForStop();
const code = await runCommand({
  argv: process.argv.slice(2),
  verbs: VERBS,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  version,
  listenForSignals: stop.listen,
});
// Not process.exit(): it would cut off what is still being written to a pipe.
process.exitCode = stop.readerGone ? 0 : code;
