import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../run-command.ts";
import type { Verb } from "../../verb.ts";
import { bench } from "./bench.ts";

async function run(...argv: string[]) {
  let stdout = "";
  let stderr = "";
  const code = await runCommand({
    argv: ["bench", ...argv],
    verbs: [{ name: bench.name, summary: bench.summary, load: async () => bench as unknown as Verb }],
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    version: "1.2.3",
    listenForSignals: () => new AbortController().signal,
  });
  return { code, stdout, stderr };
}

test("crisp bench attention ends in one JSON line, and says which width it took", async () => {
  const small = ["--length", "64", "--batch", "2", "--heads", "2", "--head_width", "8", "--rounds", "1", "--threads", "1"];
  const { code, stdout, stderr } = await run("attention", "--pattern", "block(sparsity=0.8)", ...small, "--json");
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assert.equal(result.pattern, "block(sparsity=0.8, size=16)");
  assert.equal(result.core, "masked");
  assert.equal(result.effectiveSparsity, 0.75);
  assert.equal(result.speedup, result.denseMs / result.sparseMs);
  for (const name of ["matmulGflops", "peakBytes", "densePeakBytes", "sparsePeakBytes"]) assert.ok(result[name] > 0, name);
  for (const name of ["cpu", "runtime", "node"]) assert.equal(typeof result[name], "string");
  assert.equal(result.threads, 1);
  assert.match(stderr, /no size given, so the width that suits 64 tokens/);
});

test("without a subject a pattern over lengths becomes a chart, bench.json and bench.html", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const small = ["--heads", "1", "--head_width", "8", "--batch", "1", "--rounds", "1", "--threads", "1", "--time_budget", "1"];
    const { code, stdout, stderr } = await run("--pattern", "block(sparsity=0.8)", ...small, "--output_dir", folder);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^a {2}block\(sparsity=0.8\)/m);
    const results = JSON.parse(readFileSync(join(folder, "bench.json"), "utf8"));
    assert.equal(results.lengths[0], 128);
    assert.equal(results.series[0].core, "gathered");
    assert.match(readFileSync(join(folder, "bench.html"), "utf8"), /Where sparse attention pays/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("mistakes are one line, before anything is measured", async () => {
  const cases: [string[], RegExp][] = [
    [["everything"], /expected attention, step or no subject, got everything\.\n$/],
    [
      ["attention", "--model", "minilm"],
      /--model_name_or_path: expected no such option here, got one\. It belongs to crisp bench step\.\n$/,
    ],
    [
      ["step", "--model", "no/such"],
      /expected distilbert, minilm, bert-base, or a folder with a config\.json, got no\/such\.\n$/,
    ],
    [["step", "--model", import.meta.dirname], /got .*bench\.\n$/],
    [["step", "--time_budget", "3"], /It belongs to crisp bench\.\n$/],
  ];
  for (const [argv, expected] of cases) {
    const { code, stderr } = await run(...argv);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
});
