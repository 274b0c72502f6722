// npm test, npm run test:slow and test:webgpu: `node --test` over the patterns given, two files at a time.
//
// Node starts a process a file, and tests start many more. Half of the CPU time of a small file is the stripping and compiling of
// what it imports, so all of them share Node's compile cache. An entry is named by the source it was made from: a stale one is
// never read, and the folder may be deleted at any time.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(import.meta.dirname, "..", ".cache", "compiled");
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...process.argv.slice(2)], {
  stdio: "inherit",
  // some tests load ONNX Runtime themselves, which would report to Microsoft
  env: { ...process.env, NODE_COMPILE_CACHE, ORT_DISABLE_TELEMETRY: "1" },
});
process.exitCode = status ?? 1;
