import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeFilesAtomically } from "../../src/files/index-node.ts";
import { initialise, modelFiles, parseEncoderConfig, withLabels } from "../../src/models/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-cli-tasks-"));
after(() => rmSync(work, { recursive: true, force: true }));

const path = (name: string): string => join(work, name);
const jsonl = (name: string, rows: readonly object[]): string => {
  writeFileSync(path(name), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  return path(name);
};
const model = writeTinyModel(path("tiny"));
const quick = ["--model", model, "--max_steps", "2", "--device", "cpu", "--no-onnx"];

const refuses = async (words: readonly string[], message: RegExp, input = ""): Promise<void> => {
  const { code, stderr } = await crisp(words, { cwd: work, input });
  const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("device: "));
  assert.match(lines.at(-1) ?? "", message);
  assert.equal(lines.length, 1, stderr);
  assert.notEqual(code, 0);
};

describe("token classification", () => {
  const rows = Array.from({ length: 40 }, (_, at) => ({
    tokens: ["New York", "film", String(at)],
    ner_tags: ["B-LOC", "O", "O"],
  }));
  const file = jsonl("words.jsonl", rows);
  before(async () => {
    const { code, stderr } = await crisp(["train", file, "--output_dir", path("words"), ...quick]);
    assert.equal(code, 0, stderr);
  });

  test("predict reads lists of words, as training does, and labels each", async () => {
    const { code, stdout, stderr } = await crisp(["predict", path("words"), file]);
    assert.equal(code, 0, stderr);
    const said = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(said.length, rows.length);
    assert.deepEqual(
      said[3].words.map(({ word }: { word: string }) => word),
      ["New York", "film", "3"],
    );
  });
  test("eval says that words behind the cut are not counted", async () => {
    const tokens = Array.from({ length: 200 }, () => "film");
    const long = jsonl("long-words.jsonl", [...rows.slice(0, 3), { tokens, ner_tags: tokens.map(() => "O") }]);
    const { stderr, stdout } = await crisp(["eval", path("words"), long]);
    assert.match(
      `${stdout}${stderr}`.replaceAll(/\s+/g, " "),
      /1 of 4 texts was cut at the model's 64 tokens: words after the cut/,
    );
    const { stderr: ofShort } = await crisp(["eval", path("words"), file]);
    assert.doesNotMatch(ofShort, /was cut|were cut/);
  });
  test("a text is parted at its spaces", async () => {
    const { stdout } = await crisp(["predict", path("words")], { input: "a fine  film\n" });
    assert.deepEqual(
      JSON.parse(stdout).words.map(({ word }: { word: string }) => word),
      ["a", "fine", "film"],
    );
  });
  test("words that were cut off have no answer, which is said", async () => {
    const { stdout, stderr } = await crisp(["predict", path("words")], { input: `a film\n${"film ".repeat(300)}\n` });
    const [short, long] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).words.length);
    assert.equal(short, 2);
    assert.ok(long > 2 && long < 300, `${long} words`);
    assert.match(stderr, /^1 of 2 texts was cut at the model's \d+ tokens: words after the cut have no answer$/m);
  });
  test("--top_k, where every word has one label", () =>
    refuses(["predict", path("words"), "--top_k", "2"], /--top_k: expected a model .*got token_classification/, "a film\n"));
});

describe("an encoder that fills in masked words is no classifier", () => {
  before(() => {
    const config = withLabels(parseEncoderConfig(JSON.parse(readFileSync(join(model, "config.json"), "utf8"))), [], "masked_lm");
    const card = { crisp: "0", task: "masked_lm", attention: { pattern: "dense" }, maxLength: 32, seed: 1, padTokenId: 0 };
    writeTinyModel(path("masked"));
    const json = [new TextEncoder().encode(JSON.stringify(card))];
    writeFilesAtomically(path("masked"), new Map([...modelFiles(config, initialise(config, 1)), ["crisp.json", json]]));
  });
  test("eval", () =>
    refuses(["eval", path("masked"), writeReviews(work, "dev.tsv", 20)], /expected a trained classifier.*Train first/));
  test("predict", () => refuses(["predict", path("masked")], /expected a trained classifier.*Train first/, "a film\n"));
});

describe("what does not fit a task is refused before anything is trained", () => {
  const several = jsonl(
    "several.jsonl",
    Array.from({ length: 30 }, (_, at) => ({ text: `text ${at}`, labels: ["a", "b"].slice(at % 2) })),
  );
  const numbers = jsonl(
    "numbers.jsonl",
    Array.from({ length: 30 }, (_, at) => ({ text: `text ${at}`, label: at / 7 })),
  );

  test("a study of several labels a text", () =>
    refuses(["study", several, "--model", model, "--quick"], /several\.jsonl: expected one class for each text.*multi_label/));
  test("label smoothing where nothing can be smoothed", async () => {
    const smoothed = ["--label_smoothing_factor", "0.1", ...quick];
    await refuses(["train", numbers, "--task", "regression", ...smoothed], /--label_smoothing_factor: expected 0 in regression/);
    await refuses(
      ["train", several, "--output_dir", path("b"), ...smoothed],
      /--label_smoothing_factor: expected 0 in multi_label/,
    );
  });
  test("--streaming beside --max_train_samples", () =>
    refuses(
      ["train", several, "--streaming", "--max_train_samples", "9", ...quick],
      /--streaming: expected no --max_train_samples/,
    ));
  test("rows without a label in what is evaluated", async () => {
    const hidden = readFileSync(join(import.meta.dirname, "../fixtures/data/hidden.parquet"));
    const shown = readFileSync(join(import.meta.dirname, "../fixtures/data/pairs-snappy.parquet"));
    mkdirSync(path("hub"), { recursive: true });
    writeFileSync(path("hub/hidden.parquet"), hidden);
    writeFileSync(path("hub/pairs.parquet"), shown);
    const trained = await crisp(["train", path("hub/pairs.parquet"), "--output_dir", path("pairs"), ...quick]);
    assert.equal(trained.code, 0, trained.stderr);
    await refuses(["eval", path("pairs"), path("hub/hidden.parquet")], /hidden\.parquet: expected labelled examples/);
  });
});

describe("long texts in chunks", () => {
  const [, ...lines] = readFileSync(writeReviews(work, "long.tsv", 80), "utf8")
    .trim()
    .split("\n");
  const rows = lines.map((line) => ({ text: line.split("\t")[0], label: line.split("\t")[1] }));
  const file = jsonl("long.jsonl", rows);
  const chunks = ["--long_texts", "chunks", "--max_seq_length", "8", "--doc_stride", "2"];
  test("train says what is read, and eval and predict read a text alike", async () => {
    const trained = await crisp(["train", file, "--output_dir", path("long"), ...chunks, ...quick]);
    assert.equal(trained.code, 0, trained.stderr);
    const said = `${trained.stdout}${trained.stderr}`.replace(/\n\s+/g, " ");
    assert.match(said, /long +\d+ % of texts are longer than 8 tokens: all of each is read, in windows, \d\.\d times the tokens/);
    assert.match(said, /· 0 % truncated/);
    const evaluated = await crisp(["eval", path("long"), file, "--json"]);
    assert.equal(evaluated.code, 0, evaluated.stderr);
    const { stdout, stderr } = await crisp(["predict", path("long"), file, "--top_k", "2"]);
    assert.doesNotMatch(stderr, /cut/);
    const right = stdout
      .trim()
      .split("\n")
      .filter((line, at) => (JSON.parse(line).predicted_label ?? JSON.parse(line).labels[0].label) === rows[at].label).length;
    const { accuracy } = JSON.parse(evaluated.stdout);
    assert.ok(Math.abs(accuracy - right / rows.length) < 1e-9, `${accuracy}, ${right}`);
  });
  test("pairs of texts are refused by the option's name", () => {
    const pairs = jsonl(
      "text-pairs.jsonl",
      rows.map(({ text, label }) => ({ sentence1: text, sentence2: "a day", label })),
    );
    return refuses(
      ["train", pairs, "--output_dir", path("p"), ...chunks, ...quick],
      /^--long_texts chunks: expected one text an example/,
    );
  });
});

test("large data stay on disk without being asked to", async () => {
  const large = path("large.tsv.gz");
  writeFileSync(large, Uint8Array.of(0x1f, 0x8b, 8, 0));
  truncateSync(large, 600e6); // a hole: takes no room on the disk
  await refuses(["train", large, "--output_dir", path("large"), ...quick], /large\.tsv\.gz: expected a file that is not packed/);
});
