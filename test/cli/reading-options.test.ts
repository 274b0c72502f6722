import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-reading-"));
after(() => rmSync(work, { recursive: true, force: true }));

/** Rows as Excel saves them in Western Europe, with broken ones among them. */
function writeRows(name: string, rows: number, { bad = true, labels = ["good", "bad"] } = {}): string {
  const lines = Array.from(
    { length: rows },
    (_, at) => `caf\xe9 number ${at} was ${labels[at % labels.length]},${labels[at % labels.length]}`,
  );
  const broken = bad ? ["no label", '"never closed,good'] : [];
  writeFileSync(
    join(work, name),
    ["sentence,label", ...lines.slice(0, 3), ...broken, ...lines.slice(3), ""].join("\n"),
    "latin1",
  );
  return name;
}
const run = (...args: string[]) => crisp(args, { cwd: work });
const tiny = writeTinyModel(join(work, "tiny"));
const quick = ["--model", tiny, "--max_steps", "1", "--device", "cpu"];
const reading = ["--encoding", "windows-1252", "--skip_bad_rows"];
/** The same for every verb: bad rows are refused or left out, and an encoding is guessed or named. */
const GUESSED = /: read as windows-1252, as it is not UTF-8/;
const refused = (name: string) =>
  new RegExp(
    `${name}: expected rows that can be read, got 2 bad rows: line 5 \\(1 cell\\), line 6 \\(a quote that never closes\\)`,
  );
const leftOut = (name: string, rows: number) =>
  new RegExp(`${name}: 2 of ${rows} rows left out, 1 with broken quotes, 1 with a wrong number of cells`);

before(async () => {
  const file = writeRows("train.csv", 40, { labels: ["good", "bad", "Good"] });
  const { code, stdout, stderr } = await run("train", file, ...quick, "--no-onnx", ...reading, "--long_texts", "head_tail");
  assert.equal(code, 0, stderr);
  said = stdout + stderr;
});
let said = "";

describe("crisp train", () => {
  test("warns of labels in several spellings, and names the verb that shows them", async () => {
    assert.match(
      said,
      /labels in several spellings train as classes of their own: "good" 13, "Good" 12 \(crisp inspect train\.csv\)/,
    );
    const { stdout, stderr } = await run("train", writeRows("plain.csv", 30, { bad: false }), ...quick, "--no-onnx");
    assert.doesNotMatch(stdout + stderr, /spellings/);
    assert.match(stdout + stderr, GUESSED);
  });
  test("reads as it is told, and keeps what stays of long texts", () => {
    assert.match(said, leftOut("train\\.csv", 42));
    assert.doesNotMatch(said, GUESSED);
    assert.equal(JSON.parse(readFileSync(join(work, "train-model/crisp.json"), "utf8")).longTexts, "head_tail");
  });
});

for (const verb of ["eval", "predict"])
  test(`crisp ${verb} refuses bad rows or leaves them out, and says a guessed encoding`, async () => {
    const file = writeRows(`${verb}.csv`, 6);
    const plain = await run(verb, "train-model", file);
    assert.deepEqual([plain.code, refused(`${verb}\\.csv`).test(plain.stderr)], [1, true], plain.stderr);
    const told = await run(verb, "train-model", file, ...reading);
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stderr, leftOut(`${verb}\\.csv`, 8));
    assert.doesNotMatch(told.stderr, GUESSED);
    const guessed = await run(verb, "train-model", file, "--skip_bad_rows");
    assert.match(guessed.stderr, GUESSED);
    assert.equal(guessed.stdout, told.stdout);
  });

test("crisp study refuses bad rows or leaves them out, and says a guessed encoding", async () => {
  const file = writeRows("study.csv", 40);
  const plain = await run("study", file, ...quick);
  assert.deepEqual([plain.code, refused("study\\.csv").test(plain.stderr)], [1, true], plain.stderr);
  const told = await run("study", file, ...quick, "--seeds", "1,2", ...reading);
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stderr, leftOut("study\\.csv", 42));
  assert.doesNotMatch(told.stderr, GUESSED);
});

test("crisp study reads long texts as it is told: their start, or all of them in chunks", async () => {
  const file = writeRows("long.csv", 40, { bad: false });
  const studied = (out: string, ...more: string[]) =>
    run("study", file, ...quick, "--seeds", "1", "--max_seq_length", "6", "--output_dir", out, ...more);
  const [head, chunks, stride] = [
    await studied("head"),
    await studied("chunks", "--long_texts", "chunks", "--doc_stride", "1"),
    await studied("stride", "--doc_stride", "1"),
  ];
  assert.deepEqual([head.code, chunks.code, stride.code], [0, 0, 1], head.stderr + chunks.stderr);
  const cut = ({ stdout }: { readonly stdout: string }) => stdout.replace(/\n +/g, " ").match(/\d+ % truncated/g);
  assert.deepEqual([new Set(cut(head)), new Set(cut(chunks))], [new Set(["100 % truncated"]), new Set(["0 % truncated"])]);
  assert.match(stride.stderr, /--doc_stride: expected --long_texts chunks beside it, got head\./);
});
