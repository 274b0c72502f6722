import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chooseColumns, looksLikeHeader } from "./columns.ts";
import { checkTrainable, readDataset, sortLabels, toDataset } from "./dataset.ts";
import { loadDataset, loadTexts } from "./load-node.ts";
import { readTexts } from "./read-texts.ts";
import { parseTable } from "./table.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const choose = (text: string, options = {}) => {
  const table = parseTable(text, "a.tsv");
  const columns = chooseColumns(table, options);
  return Object.fromEntries(Object.entries(columns).map(([what, at]) => [what, table.columns[at]]));
};
const long = (i: number): string => `the kettle number ${i} sings over a slow blue flame tonight`;

describe("headers", () => {
  const header = (...rows: string[]) => looksLikeHeader(rows.map((row) => ({ cells: row.split("|") })));
  test("a known or named column makes a header, whatever else the row holds", () => {
    assert.equal(header("|Sentence|12", "1|fine|3"), true);
    assert.equal(looksLikeHeader([{ cells: ["1", "wert"] }], ["Wert"]), true);
  });
  test("unknown short words that do not come again make a header", () => {
    assert.equal(header("anrede|abteilung", "hallo|einkauf", "guten tag|verkauf"), true);
  });
  test("cells that look like data make none", () => {
    assert.equal(header("gj04|1||The kettle sings.", "gj04|0|*|The sings kettle."), false, "number and empty cell");
    assert.equal(header("what a fine film|positive", "what a dull film|negative", "great|positive"), false, "value comes again");
    assert.equal(header(`${long(1)}|pos`, `${long(2)}|neg`), false, "long cell");
    assert.equal(header("so|so", "la|la"), false, "two equal cells");
  });
  test("an empty first cell over row numbers is an index column", () => {
    assert.equal(header("|anrede|abteilung", "0|hallo|einkauf", "1|tag|verkauf"), true);
  });
});

describe("columns", () => {
  test("known names, in any case and place", () => {
    assert.deepEqual(choose("Label\tid\tText\n1\t7\tfine\n"), { text: "Text", pair: undefined, label: "Label" });
    assert.deepEqual(choose("id\tlabel\trating\ttext\n7\t1\t9\tfine\n"), { text: "text", pair: undefined, label: "label" });
    assert.deepEqual(choose("body\tteam\nwhere is it?\tpost\n"), { text: "body", pair: undefined, label: "team" });
  });
  test("pairs of names", () => {
    for (const [first, second] of [
      ["sentence1", "sentence2"],
      ["#1 String", "#2 String"],
      ["premise", "hypothesis"],
      ["question", "sentence"],
      ["text", "pair"],
      ["question", "answer"],
      ["query", "passage"],
    ]) {
      assert.deepEqual(choose(`Quality\t${first}\t${second}\n1\ta\tb\n`), { text: first, pair: second, label: "Quality" });
    }
  });
  test("common words are names only beside the other one of their pair, and an answer may be the label", () => {
    assert.deepEqual(choose("pair\ttext_b\tbody\tlabel\na\tb\tc\t1\n"), { text: "body", pair: undefined, label: "label" });
    assert.equal(looksLikeHeader([{ cells: ["where is it", "pair"] }, { cells: ["what is it", "pair"] }]), false);
    const rows = Array.from({ length: 12 }, (_, i) => `${long(i)}\t${["yes", "no"][i % 2]}`).join("\n");
    assert.deepEqual(choose(`question\tanswer\n${rows}`), { text: "question", pair: undefined, label: "answer" });
    assert.deepEqual(choose("text\tpair\tx\na\tb\t1\n", { labelColumn: "pair" }), {
      text: "text",
      pair: undefined,
      label: "pair",
    });
  });
  test("by content: the longest column, and the one of few values", () => {
    const rows = Array.from({ length: 12 }, (_, i) => `${i * 37}\t${long(i)}\t${["warm", "cold"][i % 2]}`).join("\n");
    assert.deepEqual(choose(`key\tsaying\tfeel\n${rows}`), { text: "saying", pair: undefined, label: "feel" });
  });
  test("by content without a header, where two columns have few values: class numbers win", () => {
    const rows = Array.from(
      { length: 12 },
      (_, i) => `${["gj04", "sks13"][i % 2]}\t${(i >> 1) % 2}\t${i % 3 ? "" : "*"}\t${long(i)}`,
    ).join("\n");
    assert.deepEqual(choose(rows), { text: "column 4", pair: undefined, label: "column 2" });
  });
  test("named columns are taken at their word", () => {
    assert.deepEqual(choose("text\tnote\tlabel\tother\na\tb\t1\t2\n", { textColumn: "note", labelColumn: "Other" }), {
      text: "note",
      pair: undefined,
      label: "other",
    });
    assert.deepEqual(choose("a\tb\tlabel\nx\ty\t1\n", { textColumn: "b", pairColumn: "a" }), {
      text: "b",
      pair: "a",
      label: "label",
    });
  });
  test("what is ambiguous or missing lists the columns", () => {
    const refused = (text: string, options: object, message: RegExp) =>
      assert.throws(
        () => choose(text, options),
        (error: Error & { code: string }) => {
          assert.equal(error.code, "data/columns");
          assert.match(error.message, message);
          assert.match(error.message, /columns: \w+, /);
          return true;
        },
      );
    refused("text\tsentence\tlabel\na\tb\t1\n", {}, /must be the text, got "text" or "sentence"; .* Name it with textColumn/);
    const two = Array.from({ length: 8 }, (_, i) => `${long(i)}\t${long(i + 50)}\t${i % 2}`).join("\n");
    refused(`ours\ttheirs\tlabel\n${two}`, {}, /"ours" or "theirs"/);
    const labels = Array.from(
      { length: 8 },
      (_, i) => `${long(i)}\t${["red", "blue"][i % 2]}\t${["in", "out"][(i >> 1) % 2]}`,
    ).join("\n");
    refused(`text\tcolour\tplace\n${labels}`, {}, /must be the label, got "colour" or "place".* Name it with labelColumn/);
    refused("text\tid\na\t5\nb\t6\nc\t7\nd\t8\ne\t9\nf\t10\n", {}, /must be the label, got none to guess/);
    refused("text\tlabel\na\t1\n", { labelColumn: "lable" }, /expected a column "lable", got none of that name/);
    refused("text\tlabel\na\t1\n", { pairColumn: "label" }, /textColumn beside pairColumn/);
  });
});

describe("labels", () => {
  test("numbers by size, words by code point, whatever their order", () => {
    assert.deepEqual(sortLabels(["10", "9", "-1", "2.5"]), ["-1", "2.5", "9", "10"]);
    assert.deepEqual(sortLabels(["b", "B", "ä", "a", "10", "9"]), ["10", "9", "B", "a", "b", "ä"]);
  });
  test("spaces around labels and a spreadsheet's .0 do not make new classes", async () => {
    const dataset = await readDataset(bytes("text,label\na,1.0\nb, 0\nc,1\n"), "a.csv");
    assert.deepEqual(dataset.labels, ["0", "1"]);
    assert.deepEqual(
      dataset.examples.map((e) => e.label),
      [1, 0, 1],
    );
  });
  test("JSON numbers and booleans are labels too", async () => {
    assert.deepEqual((await readDataset(bytes('{"text":"a","label":true}\n{"text":"b","label":false}'), "a.jsonl")).labels, [
      "false",
      "true",
    ]);
  });
  test("a label never seen in training is named with file, line and the known ones", async () => {
    const labels = ["ham", "spam"];
    await assert.rejects(readDataset(bytes("text\tlabel\nhi\tham\nyo\teggs\n"), "dev.tsv", { labels }), {
      code: "data/unknown-label",
      message:
        'dev.tsv:3: expected a label seen in training (ham, spam), got "eggs". Remove the row, or add examples of that label to the training file. --skip_bad_rows leaves it out.',
    });
    const dev = await readDataset(bytes("text\tlabel\nhi\tspam\n"), "dev.tsv", { labels });
    assert.deepEqual([dev.labels, dev.examples[0].label], [labels, 1]);
  });
  test("a file of one class cannot train, a file of two can", async () => {
    const one = await readDataset(bytes("text\tlabel\nhi\tham\nyo\tham\n"), "one.tsv");
    assert.throws(() => checkTrainable(one), {
      code: "data/one-class",
      message: /^one\.tsv: expected at least two classes, got 2 rows that all say "ham"/,
    });
    const two = await readDataset(bytes("text\tlabel\nhi\tham\nyo\tspam\n"), "two.tsv");
    checkTrainable(two);
    const blind = await readDataset(bytes("text\nhi\n"), "blind.tsv", { labelled: false });
    assert.throws(() => checkTrainable(blind), { code: "data/columns" });
  });
});

describe("rows", () => {
  test("a row without text or label is named by file and line", async () => {
    const cases: [string, string, RegExp][] = [
      ["a.tsv", "text\tlabel\nhi\t1\n  \t0\n", /^a\.tsv:3: expected text in column "text", got/],
      ["a.csv", 'text,label\n"a\nb",1\nhi,\n', /^a\.csv:4: expected a label in column "label", got nothing/],
      ["a.jsonl", '{"text":"a","label":1}\n{"label":0}\n', /^a\.jsonl:2: expected text in column "text", got nothing/],
      ["a.jsonl", '{"text":"a","label":1}\n{"text":"b","label":null}\n', /^a\.jsonl:2: expected a label/],
      ["a.jsonl", '{"text":["a"],"label":1}\n', /^a\.jsonl:1: expected text in column "text", got \["a"\]/],
      ["a.tsv", "sentence1\tsentence2\tlabel\na\t\t1\n", /^a\.tsv:2: expected text in column "sentence2"/],
    ];
    for (const [name, text, message] of cases)
      await assert.rejects(readDataset(bytes(text), name), { code: "data/broken-row", message });
  });
  test("the index counts data rows, not lines", async () => {
    const dataset = await readDataset(bytes('text,label\n"a\nb",1\n\nc,0\n'), "a.csv");
    assert.deepEqual(dataset.examples, [
      { index: 0, text: "a\nb", label: 1 },
      { index: 1, text: "c", label: 0 },
    ]);
    assert.deepEqual(dataset.columns, { text: "text", pair: undefined, label: "label" });
  });
  test("the same rows give the same examples in every format, gzipped or not", async () => {
    const rows = Array.from({ length: 9 }, (_, i) => ({
      sentence1: long(i),
      sentence2: `say "${i}"`,
      label: ["no", "yes"][i % 2],
    }));
    const tsv = `sentence1\tsentence2\tlabel\n${rows.map((r) => Object.values(r).join("\t")).join("\n")}`;
    const csv = `\ufeffsentence1,sentence2,label\n${rows
      .map((r) =>
        Object.values(r)
          .map((c) => `"${c.replaceAll('"', '""')}"`)
          .join(","),
      )
      .join("\r\n")}`;
    const jsonl = rows.map((r) => JSON.stringify(r)).join("\n");
    const want = rows.map((r, index) => ({ index, text: r.sentence1, pair: r.sentence2, label: index % 2 }));
    for (const [name, text] of Object.entries({ "a.tsv": tsv, "a.csv": csv, "a.jsonl": jsonl })) {
      assert.deepEqual((await readDataset(bytes(text), name)).examples, want, name);
      assert.deepEqual((await readDataset(gzipSync(text), `${name}.gz`)).examples, want, `${name}.gz`);
    }
  });
});

describe("texts to classify", () => {
  test("lines, with commas, tabs and quotes left alone and empty lines skipped", async () => {
    assert.deepEqual(await readTexts(bytes('Well, "well"\r\n\n\ta tab\n'), "stdin"), [
      { line: 1, text: 'Well, "well"' },
      { line: 3, text: "\ta tab" },
    ]);
  });
  test("JSON objects are known in a pipe; tables by their extension", async () => {
    assert.deepEqual(await readTexts(bytes('{"text":"a"}\n\n{"text":"b"}\n'), "stdin"), [
      { line: 1, text: "a" },
      { line: 3, text: "b" },
    ]);
    assert.deepEqual(await readTexts(bytes("sentence1\tsentence2\tlabel\na\tb\t1\n"), "a.tsv"), [
      { line: 2, text: "a", pair: "b" },
    ]);
  });
  test("nothing to classify is an error", async () => {
    await assert.rejects(readTexts(bytes("\n \n"), "stdin"), { code: "data/empty" });
  });
});

test("files are loaded by path, and what cannot be read says why", async () => {
  const folder = await mkdtemp(join(tmpdir(), "crisp-data-"));
  try {
    await writeFile(join(folder, "a.tsv.gz"), gzipSync("text\tlabel\nhi\tham\n"));
    await writeFile(join(folder, "a.txt"), "hi\n");
    const dataset = await loadDataset(join(folder, "a.tsv.gz"));
    assert.deepEqual([dataset.name, dataset.examples.length], ["a.tsv.gz", 1]);
    await writeFile(join(folder, "two.tsv.gz"), Buffer.concat([gzipSync("text\tlabel\nhi\tham\n"), gzipSync("yo\tspam\n")]));
    assert.equal((await loadDataset(join(folder, "two.tsv.gz"))).examples.length, 2, "gzip files one behind the other");
    const packed = gzipSync("text\tlabel\nhi\tham\n");
    await writeFile(join(folder, "cut.tsv.gz"), packed.subarray(0, packed.length - 5));
    await assert.rejects(loadDataset(join(folder, "cut.tsv.gz")), {
      code: "data/bad-gzip",
      message: /^cut\.tsv\.gz: expected a complete gzip file/,
    });
    assert.deepEqual(await loadTexts(join(folder, "a.txt")), [{ line: 1, text: "hi" }]);
    await assert.rejects(loadDataset(join(folder, "b.tsv")), {
      code: "data/unreadable",
      message: /got no such file\. Check the path\./,
    });
    await assert.rejects(loadDataset(folder), { code: "data/unreadable", message: /got a folder/ });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("toDataset refuses a table without rows", () => {
  assert.throws(() => toDataset({ name: "a", columns: ["text"], rows: [] }), { code: "data/empty" });
});

const glue = new URL("../../../../shared/data/glue/", import.meta.url);
test("several labels that are kept secret are not taken for none", () => {
  const rows = [["a"], [], null].map((labels, at) => ({ line: at + 1, cells: [`text ${at}`, labels] }));
  const table = { name: "a.parquet", columns: ["text", "labels"], rows, classNames: new Map([["labels", ["a", "b"]]]) };
  const dataset = toDataset(table, { task: "multi_label_classification" });
  assert.deepEqual(
    dataset.examples.map(({ labels }) => labels),
    [[0], [], undefined],
  );
  assert.throws(() => checkTrainable(dataset), { code: "data/columns" });
});
test("lists of words are texts to predict, and stay in words", async () => {
  const bytes = new TextEncoder().encode('{"tokens":["New York","is"]}\n{"tokens":["big"]}\n');
  assert.deepEqual(await readTexts(bytes, "a.jsonl"), [
    { line: 1, text: "New York is", words: ["New York", "is"] },
    { line: 2, text: "big", words: ["big"] },
  ]);
});

describe("rows without a label", () => {
  const labelsOf = async (text: string, name: string, options = {}) =>
    (await readDataset(bytes(text), name, { keepUnlabelled: true, ...options })).examples.map(
      ({ label, labels }) => labels ?? label,
    );
  test("are kept where they may be: empty cells, spaces, null and what JSON leaves out", async () => {
    assert.deepEqual(await labelsOf("text,label\nfine,pos\nodd,\nblank,  \ndull,neg\n", "a.csv"), [1, -1, -1, 0]);
    const rows = '{"text":"fine","label":"pos"}\n{"text":"odd","label":null}\n{"text":"dull","label":"neg"}\n{"text":"none"}\n';
    assert.deepEqual(await labelsOf(rows, "a.jsonl"), [1, -1, 0, -1]);
    assert.deepEqual(await labelsOf("text,label\nfine,1.5\nodd,\n", "a.csv", { task: "regression" }), [1.5, Number.NaN]);
    await assert.rejects(readDataset(bytes("text,label\nfine,pos\nodd,\n"), "a.csv"), { code: "data/broken-row" });
  });
  test("are not those whose list of labels is empty, of which no class holds", async () => {
    const rows = '{"text":"a","label":["x"]}\n{"text":"b","label":[]}\n{"text":"c","label":null}\n';
    assert.deepEqual(await labelsOf(rows, "a.jsonl"), [[0], [], -1]);
  });
  test("are not those with an empty cell where that says that no class holds", async () => {
    const several = { task: "multi_label_classification" } as const;
    const csv = "text,label\na,x|y\nb,\nc,x\n";
    assert.deepEqual(await labelsOf(csv, "a.csv", several), [[0, 1], [], [0]]);
    assert.deepEqual(await labelsOf(csv, "a.csv", { ...several, keepUnlabelled: false }), [[0, 1], [], [0]]);
    const rows = '{"text":"a","label":"x"}\n{"text":"b","label":""}\n{"text":"c","label":null}\n{"text":"d"}\n';
    assert.deepEqual(await labelsOf(rows, "a.jsonl", several), [[0], [], -1, -1]);
  });
  test("train beside two classes, and not alone", async () => {
    const read = (text: string) =>
      readDataset(bytes(text), "a.csv", { keepUnlabelled: true, textColumn: "text", labelColumn: "label" });
    const some = await read("text,label\nfine,pos\nodd,\ndull,neg\n");
    checkTrainable(some, { someUnlabelled: true });
    assert.throws(() => checkTrainable(some), { code: "data/columns" });
    const one = await read("text,label\nfine,pos\nodd,\n");
    assert.throws(() => checkTrainable(one, { someUnlabelled: true }), { code: "data/one-class" });
    const none = await read("text,label\nfine,\nodd,\n");
    assert.throws(() => checkTrainable(none, { someUnlabelled: true }), { code: "data/columns" });
  });
});

const skip = existsSync(glue) ? false : `needs the GLUE files in ${fileURLToPath(glue)}`;
test("GLUE as published: rows, columns and classes", { skip }, async () => {
  const facts = async (file: string) => {
    const { examples, labels, columns } = await loadDataset(fileURLToPath(new URL(file, glue)));
    return [examples.length, labels.join(" "), columns?.text, columns?.pair, columns?.label];
  };
  assert.deepEqual(await facts("SST-2/train.tsv"), [67349, "0 1", "sentence", undefined, "label"]);
  assert.deepEqual(await facts("CoLA/train.tsv"), [8551, "0 1", "column 4", undefined, "column 2"]);
  assert.deepEqual(await facts("CoLA/dev.tsv"), [1043, "0 1", "column 4", undefined, "column 2"]);
  assert.deepEqual(await facts("RTE/train.tsv"), [2490, "entailment not_entailment", "sentence1", "sentence2", "label"]);
  assert.deepEqual(await facts("MRPC/train.tsv"), [3667, "0 1", "#1 String", "#2 String", "Quality"]);
});
