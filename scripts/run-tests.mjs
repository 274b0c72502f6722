// npm test, npm run test:slow and test:webgpu: `node --test` over the patterns given, two files at a time.
//
// Node starts a process a file, and tests start many more. Half of the CPU time of a small file is the stripping and compiling of
// what it imports, so all of them share Node's compile cache. An entry is named by the source it was made from: a stale one is
// never read, and the folder may be deleted at any time. A test that does not ask for threads computes on one, as two files share
// the cores already.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const env = {
  ...process.env,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, ".cache", "compiled"),
  NODE_OPTIONS: [process.env.NODE_OPTIONS, `--import ${pathToFileURL(join(root, "test", "one-core-preload.mjs"))}`]
    .filter(Boolean)
    .join(" "),
  // some tests load ONNX Runtime themselves, which would report to Microsoft
  ORT_DISABLE_TELEMETRY: "1",
};
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...process.argv.slice(2)], {
  stdio: "inherit",
  env,
});
process.exitCode = status ?? 1;
