// Makes a fresh clone ready for `npm start` and `npm test`; plain JavaScript, because it runs before the pinned Node is there.
//
// Install scripts are never run by npm (npm 12 would block them): the two that matter are run here, by hand, so that
// npm 10, 11 and 12 leave the same node_modules.
//   node              links the pinned Node binary; always run
//   onnxruntime-node  downloads CUDA libraries; run only when asked: ONNXRUNTIME_NODE_INSTALL=cuda12 npm run setup
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".crisp-setup");
const windows = process.platform === "win32";
const pinnedNode = join(modules, "node", "bin", windows ? "node.exe" : "node");
const linkedNode = join(modules, ".bin", windows ? "node.cmd" : "node");

/** Asked-for CUDA download, e.g. `cuda12`; empty for none. */
const cuda = /^(|skip|false)$/i.test(process.env.ONNXRUNTIME_NODE_INSTALL ?? "") ? "" : process.env.ONNXRUNTIME_NODE_INSTALL;

try {
  setUp();
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

function setUp() {
  const lockFile = join(root, "package-lock.json");
  if (!existsSync(lockFile)) throw new Error(`expected ${lockFile}, found none. Clone the repository again.`);
  const wanted = stampOf(readFileSync(lockFile));
  const installed = isFile(stampFile) ? readFileSync(stampFile, "utf8") : "";
  // A clone with the CUDA libraries stays valid for someone who no longer asks for them.
  const current = installed === wanted || (!cuda && installed.startsWith(wanted));
  if (current && isFile(linkedNode)) return;

  if (!current) {
    console.error("setup: installing the packages of package-lock.json (npm ci, about 20 s from a warm cache)");
    npm("npm ci", [
      "ci",
      "--ignore-scripts",
      "--include=dev",
      "--include=optional",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ]);
  }
  linkPinnedNode();
  if (cuda) downloadCuda();
  writeFileSync(stampFile, wanted);
}

/** What node_modules was made from: the lock file, the platform, and the CUDA libraries when they were asked for. */
function stampOf(lock) {
  const hash = createHash("sha256").update(lock).digest("hex");
  return `${hash} ${process.platform}-${process.arch}${cuda ? ` ${cuda}` : ""}`;
}

/** `node_modules/.bin/node`, first on the path of every npm script, so that a machine with an old Node works too. */
function linkPinnedNode() {
  if (!isFile(pinnedNode)) {
    step("the pinned Node", anyNode(), ["installArchSpecificPackage.js"], join(modules, "node"));
  }
  if (!isFile(linkedNode)) npm("npm rebuild node", ["rebuild", "--ignore-scripts", "--loglevel=error", "node"]);
  const check = spawnSync(pinnedNode, ["--version"], { encoding: "utf8" });
  if (check.status !== 0) {
    throw new Error(
      `expected ${pinnedNode} to run, got ${check.error?.message ?? check.stderr}. Delete node_modules and run again.`,
    );
  }
}

/** This Node, or, where it was the pinned one and npm ci has just removed it, the system's. */
function anyNode() {
  return isFile(process.execPath) ? process.execPath : "node";
}

function downloadCuda() {
  console.error(`setup: downloading ONNX Runtime's CUDA libraries (ONNXRUNTIME_NODE_INSTALL=${cuda})`);
  step("ONNX Runtime's CUDA libraries", anyNode(), ["script/install"], join(modules, "onnxruntime-node"));
}

/** The npm that started this script, or the one on the path. */
function npm(what, parameters) {
  const running = process.env.npm_execpath ?? "";
  if (/npm-cli\.c?js$/.test(running)) step(what, anyNode(), [running, ...parameters], root);
  else step(what, "npm", parameters, root, windows);
}

function step(what, command, parameters, cwd, shell = false) {
  const done = spawnSync(command, parameters, { cwd, shell, encoding: "utf8", env: cleanEnvironment(), maxBuffer: 2 ** 26 });
  if (done.status === 0) return;
  throw new Error(`${what} failed: ${reason(done)}. ${nextStep(done)}`);
}

/** npm hands its own settings down as variables; the folder and lifecycle ones would mislead an npm started in another folder. */
function cleanEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(lifecycle|package|command|node)|^npm_config_(local_prefix|prefix|global|omit)/i.test(name)) delete env[name];
  }
  if (!cuda) env.ONNXRUNTIME_NODE_INSTALL = "skip";
  return env;
}

function reason(done) {
  if (done.error) return done.error.message;
  const lines = `${done.stderr}\n${done.stdout}`.split("\n").map((line) => line.replace(/^npm (error|ERR!)\s*/, "").trim());
  const told = lines.filter((line) => line && !/^(code|syscall|errno|npm warn)\b/i.test(line));
  return (told[0] ?? `exit code ${done.status ?? done.signal}`).replace(/[.:]+$/, "");
}

function nextStep(done) {
  const text = `${done.stderr}${done.stdout}${done.error?.message ?? ""}`;
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|network/i.test(text)) {
    return "The npm registry could not be reached; check the network and `npm config get registry`, then run again.";
  }
  if (/ENOSPC/.test(text)) return "The disk is full; about 1 GB is needed.";
  if (/EACCES|EPERM|EROFS/.test(text)) return "The folder cannot be written; check who owns it.";
  if (/EUSAGE|in sync/.test(text)) return "Run `npm install` to bring package-lock.json up to date.";
  return "Run `npm ci` to see all of npm's output.";
}

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
