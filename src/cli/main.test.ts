import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const main = join(import.meta.dirname, "main.ts");
const crisp = (...argv: string[]) => spawnSync(process.execPath, [main, ...argv], { encoding: "utf8" });

test("crisp --version is the version of package.json", () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
  assert.equal(crisp("--version").stdout, `${version}\n`);
});

test("crisp with a mistyped verb exits with 2 and one line on standard error", () => {
  const { status, stdout, stderr } = crisp("doctr");
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 2, stdout: "", stderr: "crisp: unknown verb doctr. Did you mean doctor?\n" },
  );
});

test("a reader that closes the pipe early is no error", async () => {
  const child = spawn(process.execPath, [main, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});
