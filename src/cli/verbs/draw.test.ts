import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { patterns } from "../../attention/index.ts";
import { runCommand } from "../run-command.ts";
import type { Verb } from "../verb.ts";
import { draw } from "./draw.ts";

async function run(...argv: string[]) {
  let stdout = "";
  let stderr = "";
  const code = await runCommand({
    argv: ["draw", ...argv],
    verbs: [{ name: draw.name, summary: draw.summary, load: async () => draw as Verb }],
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    version: "1.2.3",
    listenForSignals: () => new AbortController().signal,
  });
  return { code, stdout, stderr };
}

test("a window is drawn row by row, with the keys of each query", async () => {
  const { code, stdout, stderr } = await run("slidingWindow(radius=1)", "--length", "4");
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    [
      "slidingWindow(radius=1) · 4 tokens",
      "",
      "  0  ████····  2",
      "  1  ██████··  3",
      "  2  ··██████  3",
      "  3  ····████  2",
      "",
      "  kept          10 of 16 pairs, 62.5 %",
      "  removed       37.5 %",
      "  keys a query  2 to 3",
      "  Rows are queries, columns are keys. This pattern reads no scores.",
      "",
    ].join("\n"),
  );
});

test("made-up scores are called made up, in one line", async () => {
  const { stdout } = await run("topK(sparsity=0.8)", "--length", "12", "--seed", "7");
  const lines = stdout.split("\n");
  assert.deepEqual(
    lines.filter((line) => line.includes("made up")),
    ["  The scores are made up: normal random numbers of seed 7. Rows are queries, columns are keys."],
  );
  assert.ok(stdout.includes("36 of 144 pairs, 25.0 %"));
  assert.ok(stdout.includes("75.0 % (nominal 80.0 %)"));
  assert.match(stdout, /keys a query {2}3\n/);
});

test("the same seed draws the same mask, another seed another one", async () => {
  for (const pattern of ["topK", "random"]) {
    const [first, again, other] = [await run(pattern), await run(pattern), await run(pattern, "--seed", "2")];
    assert.equal(first.stdout, again.stdout);
    assert.notEqual(first.stdout, other.stdout);
  }
});

test("a bare name draws the registry's sample", async () => {
  for (const [name, { sample }] of Object.entries(patterns)) {
    assert.ok((await run(name)).stdout.startsWith(`${sample().id} · 24 tokens\n`));
  }
});

test("a text labels the rows with its words, long ones cut", async () => {
  const { stdout } = await run("slidingWindow(radius=0)", "--text", "  a  donaudampfschifffahrt ends ");
  const labels = stdout.split("\n").slice(2, 7);
  assert.deepEqual(
    labels.map((line) => line.trim().split(" ")[0]),
    ["[CLS]", "a", "donaudampfsch…", "ends", "[SEP]"],
  );
});

test("--json gives the mask and its figures", async () => {
  const { stdout } = await run("slidingWindow(radius=1)", "--length", "3", "--json");
  assert.deepEqual(JSON.parse(stdout), {
    pattern: "slidingWindow(radius=1)",
    length: 3,
    seed: 1,
    madeUpScores: false,
    nominalSparsity: null,
    effectiveSparsity: 1 - 7 / 9,
    validPairs: 9,
    keptPairs: 7,
    keysPerQuery: [2, 3, 2],
    mask: ["110", "111", "011"],
  });
});

test("long texts take one character a cell, and too long ones are refused", async () => {
  const { stdout } = await run("dense", "--length", "60");
  assert.ok(stdout.includes(`  ${"█".repeat(60)}  60\n`));
  const { code, stderr } = await run("dense", "--text", "w ".repeat(95));
  assert.equal(code, 2);
  assert.equal(stderr, "crisp draw --text: expected at most 94 words, got 95.\n");
});

test("mistakes are one line", async () => {
  const wrong = await run("topK(sparsity=1.2)");
  assert.equal(wrong.code, 1);
  assert.equal(wrong.stderr, "topK: expected a sparsity in [0, 1), got 1.2. 0 keeps every key, 0.8 removes four of five.\n");
  assert.match((await run("topQ")).stderr, /Did you mean topK\?\n$/);
  assert.match((await run("dense", "--length", "4", "--text", "a")).stderr, /expected --length or --text, got both/);
  assert.equal((await run("dense", "--length", "0")).code, 2);
});

test("the masks drawn in docs/sparsity.md are this command's output", async () => {
  const page = readFileSync(new URL("../../../docs/sparsity.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```console\n\$ crisp draw (.+) --length 12\n([^`]+)```/g)];
  assert.equal(blocks.length, 14);
  for (const [, pattern, drawn] of blocks) {
    assert.equal((await run(pattern.replaceAll("'", ""), "--length", "12")).stdout, drawn);
  }
});
