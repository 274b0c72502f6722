import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { bertTokenizerJson, createTokenizer } from "../index.ts";
import type { DatasetOptions } from "../table/dataset.ts";
import { classesOf, type DataInspection, inspectData } from "./inspect-data.ts";
import { labelSpellings } from "./label-spellings.ts";
import { readForInspection } from "./read-table.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const inspected = async (text: string, name = "a.tsv", options: DatasetOptions = {}): Promise<DataInspection> =>
  inspectData([await readForInspection(bytes(text), name, options)]);
const tsv = (...rows: (readonly (string | number)[])[]): string =>
  ["text\tlabel", ...rows.map((row) => row.join("\t"))].join("\n");
const many = (n: number, label: (i: number) => string | number): string =>
  tsv(...Array.from({ length: n }, (_, i) => [`ticket number ${i * 7919} of ${i % 13} about ${i * 31}`, label(i)]));

describe("labels", () => {
  test("in two spellings, by case or spaces, as they are written", async () => {
    const text = many(15, (i) => (i < 9 ? "Refund" : i < 12 ? "refund " : "other"));
    const { files } = await inspected(text);
    assert.deepEqual(files[0].spellings, [
      [
        { label: "Refund", count: 9 },
        { label: "refund ", count: 3 },
      ],
    ]);
    assert.deepEqual(
      labelSpellings([
        { label: "a b", count: 1 },
        { label: "ab", count: 1 },
      ]),
      [],
    );
    assert.equal(
      labelSpellings([
        { label: "a  B", count: 1 },
        { label: "A b", count: 2 },
      ])[0][0].label,
      "A b",
    );
  });
  test("that are numbers with many values are better a regression", async () => {
    const scores = await inspected(many(400, (i) => (i % 193) / 10));
    assert.equal(scores.files[0].classes.length, 193);
    assert.equal(scores.files[0].numbers?.different, 193);
    assert.equal(scores.advice.task, "regression");
    const stars = await inspected(many(400, (i) => i % 6));
    assert.deepEqual([stars.advice, stars.files[0].numbers?.most], [{}, 5]);
    const asked = await inspected(
      many(40, (i) => i / 8),
      "a.tsv",
      { task: "regression" },
    );
    assert.deepEqual([asked.advice, asked.files[0].classes, asked.files[0].numbers?.different], [{}, [], 40]);
    const train = await readForInspection(bytes(many(400, (i) => i / 10)), "a.tsv");
    assert.equal(classesOf(train), undefined);
  });
  test("one class in ten of the other asks for weights", async () => {
    const { advice } = await inspected(many(110, (i) => (i < 10 ? "rare" : "often")));
    assert.deepEqual(advice, { classWeights: "balanced" });
    assert.deepEqual(
      (
        await inspected(
          many(50, () => "only"),
          "a.tsv",
          { labelColumn: "label" },
        )
      ).advice,
      {},
    );
  });
});

describe("folds of cross-validation", () => {
  const apart = (count: number): [string, string][] =>
    Array.from({ length: count }, (_, i) => [`ticket${i} about${i}`, i % 2 ? "a" : "b"]);
  test("a class whose rows all share text, and a group that makes its fold larger, are found", async () => {
    const alike = Array.from({ length: 6 }, (): [string, string] => ["the same words once more", "legal"]);
    assert.deepEqual((await inspected(tsv(...apart(60), ...alike))).files[0].folds, { classes: [{ label: "legal", rows: 6 }] });
    const mixed = Array.from({ length: 20 }, (_, i): [string, string] => ["the same words once more", i % 2 ? "a" : "b"]);
    assert.deepEqual((await inspected(tsv(...apart(80), ...mixed))).files[0].folds, { classes: [], largest: 20 });
  });
  test("nothing is said of rows that share no text, of few rows, of numbers and of files that are not trained on", async () => {
    for (const rows of [2, 4, 5, 60]) assert.equal((await inspected(tsv(...apart(rows)))).files[0].folds, undefined);
    const alike = tsv(...apart(20), ["the same words", "legal"], ["the same words", "legal"]);
    assert.ok((await inspected(alike)).files[0].folds);
    const second = await readForInspection(bytes(alike), "b.tsv");
    assert.equal(inspectData([await readForInspection(bytes(tsv(...apart(60))), "a.tsv"), second]).files[1].folds, undefined);
    const numbers = await inspected(
      tsv(...apart(20).map(([text], i) => [text, i / 8] as const), ["same", 1.5], ["same", 1.5]),
      "a.tsv",
      {
        task: "regression",
      },
    );
    assert.equal(numbers.files[0].folds, undefined);
  });
});

describe("texts", () => {
  test("that repeat, nearly repeat, and contradict each other, with their lines", async () => {
    const long = "the parcel of last week came late and the box was open when I took it";
    const { files } = await inspected(
      tsv(
        ["Where is my refund?", "billing"],
        [long, "parcel"],
        ["where is  my REFUND", "refund"],
        [long.replace("late", "early"), "parcel"],
        ["where is my refund!", "billing"],
        ["nothing like it", "other"],
      ),
    );
    const { exact, near, conflicts } = files[0].repeats!;
    assert.deepEqual(
      [exact.rows, exact.examples.map(({ line, of }) => [line, of])],
      [
        2,
        [
          [4, 2],
          [6, 2],
        ],
      ],
    );
    assert.deepEqual([near.rows, near.examples.map(({ line, of }) => [line, of])], [1, [[5, 3]]]);
    assert.deepEqual(conflicts, {
      texts: 1,
      rows: 3,
      examples: [
        {
          text: "Where is my refund?",
          labels: [
            { label: "billing", lines: [2, 6] },
            { label: "refund", lines: [4] },
          ],
        },
      ],
    });
  });
  test("that leak into what is evaluated", async () => {
    const files = await Promise.all([
      readForInspection(
        bytes(tsv(["my parcel of last month has still not come for many a day", "a"], ["fine", "b"])),
        "train.tsv",
      ),
      readForInspection(
        bytes(tsv(["Fine!", "b"], ["my parcel of last month has still not come for many a week", "a"], ["new", "a"])),
        "dev.tsv",
      ),
    ]);
    const [leak] = inspectData(files).leaks;
    assert.deepEqual([leak.files, leak.exact.rows, leak.exact.examples[0].of], [[0, 1], 1, 3]);
    assert.deepEqual([leak.near.rows, leak.near.examples[0].line, leak.near.examples[0].of], [1, 3, 2]);
  });
  test("lengths in words, and in tokens with what each limit cuts", async () => {
    const text = tsv(...Array.from({ length: 100 }, (_, i) => ["word ".repeat(i < 90 ? 10 : 200).trim(), i % 2]));
    const read = await readForInspection(bytes(text), "a.tsv");
    const words = inspectData([read]).files[0].lengths!;
    assert.deepEqual([words.unit, words.median, words.p90, words.p95, words.longest, words.cut], ["words", 10, 10, 200, 200, []]);
    const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    const json = bertTokenizerJson({
      vocabulary: [...special, "word"],
      specialTokens: special,
      model: { type: "WordLevel" },
      maxLength: 9,
    });
    const tokenizer = createTokenizer({ ...json, maxLength: 2 ** 30 });
    const { advice, files } = inspectData([read], { tokenizer });
    const tokens = files[0].lengths!;
    assert.deepEqual([tokens.unit, tokens.median, tokens.longest], ["tokens", 12, 202]);
    assert.deepEqual(
      tokens.cut.map(({ limit, share }) => [limit, share]),
      [
        [64, 0.1],
        [128, 0.1],
        [256, 0],
        [512, 0],
      ],
    );
    assert.deepEqual(advice, { maxLength: 256 });
    const long = inspectData([await readForInspection(bytes(tsv(["word ".repeat(600), "a"], ["word", "b"])), "long.tsv")], {
      tokenizer,
    });
    assert.deepEqual(long.advice, { maxLength: 512, longTexts: "head_tail" });
  });
});

describe("files", () => {
  test("bad rows, gaps and the encoding are facts, and ask for options", async () => {
    const text = "text;label;note\ncafé;a;\nthé;b;x\nalone\n;a;\n";
    const { files, advice } = inspectData([await readForInspection(new Uint8Array(Buffer.from(text, "latin1")), "a.csv")]);
    const [{ encoding, delimiter, rows, columns, bad }] = files;
    assert.deepEqual([encoding, delimiter, rows], ["windows-1252", ";", 2]);
    assert.deepEqual(
      columns.map(({ empty }) => empty),
      [1, 0, 2],
    );
    assert.deepEqual(bad, {
      rows: 2,
      reasons: { "a wrong number of cells": 1, "no text": 1 },
      first: [
        { line: 4, detail: "1 cell" },
        { line: 5, detail: "no text" },
      ],
    });
    assert.deepEqual(advice, { encoding: "windows-1252", skipBadRows: true });
  });
  test("columns that cannot be told are said beside the rest", async () => {
    const { files } = await inspected("a\tb\nfine words of some length\tmore words of some length\n", "a.tsv");
    assert.match(files[0].columnsError!, /expected one column that must be the text, got "a" or "b"/);
    assert.deepEqual([files[0].rows, files[0].taken], [1, undefined]);
  });
  test("of every kind are inspected", async () => {
    const tags = '{"tokens":["a","b"],"tags":["O","X"]}\n{"tokens":["a","b"],"tags":["O","O"]}\n';
    const words = (await inspected(tags, "a.jsonl", { textColumn: "tokens", labelColumn: "tags" })).files[0];
    assert.deepEqual([words.task, words.classes.length, words.repeats?.conflicts.texts], ["token_classification", 2, 1]);
    const parquet = new Uint8Array(readFileSync(new URL("../../../test/fixtures/data/pairs-snappy.parquet", import.meta.url)));
    const pairs = inspectData([await readForInspection(parquet, "a.parquet")]).files[0];
    assert.deepEqual(
      [pairs.format, pairs.encoding, pairs.taken?.pair, pairs.classes.length],
      ["parquet", undefined, "sentence2", 2],
    );
  });
});
