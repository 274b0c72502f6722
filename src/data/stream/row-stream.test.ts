import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { uniform } from "../../random/index.ts";
import { normaliseText } from "../groups/text-groups.ts";
import { asciiTextHash, textHash } from "../groups/text-hash.ts";
import { blobSource, bytesSource } from "../table/byte-source.ts";
import { readDataset } from "../table/dataset.ts";
import type { Example } from "../types.ts";
import type { StreamOptions } from "./row-index.ts";
import { indexRows, type StreamedDataset } from "./row-stream.ts";
import { openStreamedDataset } from "./row-stream-node.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../test/fixtures/data/${name}`, import.meta.url)));
let draw = 0;
const pick = (n: number): number => Math.floor(uniform({ seed: 9, step: 0, site: "rows" }, draw++) * n);

async function allRows(dataset: StreamedDataset): Promise<Example[]> {
  const rows: Example[] = [];
  for (let block = 0; block < dataset.blocks; block++) rows.push(...(await dataset.read(block)));
  return rows;
}

const stream = (text: string | Uint8Array, name: string, options: StreamOptions = {}): Promise<StreamedDataset> =>
  indexRows([bytesSource(typeof text === "string" ? bytes(text) : text, name)], options);

/** The streamed rows, classes, counts and columns are those of the reader of whole files. */
async function same(text: string | Uint8Array, name: string, options: StreamOptions = {}): Promise<void> {
  const whole = await readDataset(typeof text === "string" ? bytes(text) : text, name, options);
  const streamed = await stream(text, name, options);
  assert.deepEqual(await allRows(streamed), whole.examples, name);
  assert.deepEqual(streamed.labels, whole.labels);
  assert.deepEqual({ ...streamed.columns }, { ...whole.columns });
  assert.equal(streamed.rows, whole.examples.length);
  assert.equal(streamed.task, whole.task);
  const classes = whole.examples.flatMap(({ label, labels }) => labels ?? label);
  const counts = whole.labels.map((_, at) => classes.filter((one) => one === at).length);
  assert.deepEqual(streamed.counts, whole.task === "regression" ? [whole.examples.length] : counts);
}

const things = ["kettle", "ladder", "café", "茶碗", 'a "quoted" word', "two, with comma", "trailing space ", "x"];
const table = Array.from({ length: 1500 }, (_, i) => ({
  text: `${things[pick(things.length)]} ${i} ${"sings ".repeat(pick(9))}`,
  label: ["calm", "loud", " loud"][pick(3)],
  note: String(pick(50)),
}));
const csvCell = (cell: string, always = false): string =>
  always || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

describe("streamed rows are those of the reader of whole files", () => {
  test("TSV: quotes, Windows line ends, empty lines, a byte-order mark, no line end at the end", async () => {
    const lines = table.map((row) => Object.values(row).join("\t"));
    for (const end of ["\n", "\r\n"]) {
      await same(`text\tlabel\tnote${end}${lines.join(end)}${end}`, "a.tsv");
      await same(`\ufeff${end}text\tlabel\tnote${end}${end}${lines.join(end + end)}`, "a.tsv");
    }
    const bare = lines.map((line, i) => `${line} by its length the text, row ${i}`.split("\t").reverse().join("\t"));
    await same(bare.join("\n"), "a.tsv", { textColumn: "column 3", labelColumn: "column 2" });
    await same("text\nfine\ndull\n", "a.tsv", { labelled: false });
  });

  test("CSV: line breaks and delimiters in quotes, doubled quotes, every line end, semicolons", async () => {
    for (const [end, delimiter, always] of [
      ["\n", ",", false],
      ["\r\n", ",", true],
      ["\n", ";", true],
      ["\r", ",", false],
    ] as const) {
      const rows = table.map(({ text, label, note }, i) =>
        [i % 5 ? text : `${text}\r\nsecond line\n\nfourth`, label, i % 3 ? note : ""]
          .map((cell) => csvCell(cell, always))
          .join(delimiter),
      );
      const text = `${["text", "label", "note"].join(delimiter)}${end}${rows.join(end)}`;
      // A semicolon stands in no cell, so it is the delimiter; commas in cells are quoted.
      await same(text + end, "a.csv");
      await same(`\ufeff${text}${end}${end}`, "a.csv");
      await same(text, "a.csv");
    }
  });

  test("JSONL: keys in any order, numbers and booleans as labels, empty lines", async () => {
    const lines = table.map((row, i) =>
      JSON.stringify(i % 2 ? { label: i % 3, text: row.text } : { more: [1], text: row.text, label: i % 3 }),
    );
    await same(lines.join("\n"), "a.jsonl");
    await same(`\n${lines.join("\r\n \n")}\n`, "a.jsonl");
    await same('{"text":"a","label":true}\n{"text":"b","label":false}', "a.jsonl");
  });

  test("Parquet, whatever its codec, row groups and pages", async () => {
    for (const kind of ["snappy", "zstd", "groups", "pages", "v2", "delta"])
      await same(fixture(`pairs-${kind}.parquet`), "a.parquet");
    await same(fixture("words.parquet"), "words.parquet");
    await same(fixture("pairs-groups.parquet"), "a.parquet", { labels: ["equivalent", "not_equivalent"] });
    const hidden = await stream(fixture("hidden.parquet"), "test.parquet");
    assert.deepEqual([hidden.unlabelled, hidden.counts], [40, [0, 0]]);
  });

  test("pairs, and labels known from training", async () => {
    const rows = Array.from({ length: 600 }, (_, i) => `one ${i}\ttwo ${i}\t${["no", "yes"][i % 2]}`);
    await same(`sentence1\tsentence2\tlabel\n${rows.join("\n")}`, "a.tsv");
    await same(`sentence1\tsentence2\tlabel\n${rows.join("\n")}`, "a.tsv", { labels: ["yes", "maybe", "no"] });
  });

  test("other tasks: several labels, numbers, tags", async () => {
    const many = JSON.stringify;
    const sets = [[], ["red"], ["red", "blue"], ["green"]];
    const rows = table.map(({ text }) => ({
      text,
      label: sets[pick(4)],
      words: text.trim().split(/\s+/),
      score: pick(100) / 7 - 3,
    }));
    await same(rows.map(({ text, label }) => many({ text, label })).join("\n\n"), "a.jsonl");
    const tsv = rows.map(({ text, label }) => `${text}\t${label.join("|") || "[]"}`).join("\n");
    await same(`text\tlabel\n${tsv}`, "a.tsv", { task: "multi_label_classification" });
    const csv = `text,label\n${rows.map(({ text, score }) => `${csvCell(text, true)},${score}`).join("\n\n")}`;
    await same(csv, "a.csv", { task: "regression" });
    const tagged = rows.map(({ words }, i) =>
      many({ text: words, label: words.map((_, at) => ["O", "B-X", "I-X"][(i * at) % 3]) }),
    );
    await same(tagged.join("\n"), "a.jsonl");
    await same(fixture("tags-full.parquet"), "tags.parquet", { textColumn: "tokens", labelColumn: "ner_tags" });
    const held = await stream(tagged.join("\n"), "a.jsonl", { heldOut: { seed: 1 } });
    const all = await allRows(held);
    assert.deepEqual(
      held.heldOut?.examples,
      all.filter((example) => held.isHeldOut(example)),
    );
    assert.equal(held.heldOut?.task, "token_classification");
    const scores = await stream(csv, "a.csv", { task: "regression", heldOut: { seed: 1 } });
    assert.deepEqual(
      scores.heldOut?.examples,
      (await allRows(scores)).filter((example) => scores.isHeldOut(example)),
    );
    const broken = `${csv}\n"one more",much\n`;
    const whole = await readDataset(bytes(broken), "a.csv", { task: "regression" }).catch((error) => error);
    await assert.rejects(stream(broken, "a.csv", { task: "regression" }), { code: whole.code, message: whole.message });
  });

  test("random CSV tables, in pieces of any size", async () => {
    const alphabet = ["a", "é", ",", '"', "\n", "\r\n", ";", "\t", " ", "茶", "\r", "b"];
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: 1 + pick(8) }, () =>
        Array.from({ length: 3 }, () => `x${Array.from({ length: pick(6) }, () => alphabet[pick(alphabet.length)]).join("")}`),
      );
      const text = `text,label,note\n${rows.map((row) => row.map((cell) => csvCell(cell, pick(2) === 0)).join(",")).join("\n")}`;
      await same(text, "a.csv");
    }
  });
});

test("several files are one dataset, with rows counted on", async () => {
  const part = (from: number, to: number) =>
    `text,label\n${table
      .slice(from, to)
      .map((row) => `${csvCell(row.text)},${row.label}`)
      .join("\n")}\n`;
  const cuts = [0, 300, 301, 900, 1500];
  const sources = cuts.slice(1).map((to, at) => bytesSource(bytes(part(cuts[at], to)), `part-${at}.csv`));
  const whole = await readDataset(bytes(part(0, 1500)), "all.csv");
  const streamed = await indexRows(sources);
  assert.deepEqual(await allRows(streamed), whole.examples);
  assert.equal(streamed.name, "part-0.csv and 3 more");
  assert.equal(streamed.blocks, 2 + 1 + 3 + 3);
  const other = bytesSource(bytes("body,label\nfine,calm\n"), "other.csv");
  await assert.rejects(indexRows([sources[0], other]), {
    code: "data/columns",
    message: /^other\.csv: expected a column "text"/,
  });
});

describe("broken files give the messages of the reader of whole files", () => {
  // Beyond the first 5,000 rows, on which the layout is settled.
  const many = Array.from({ length: 6000 }, (_, i) => `row ${i}`);
  const cases: [string, string][] = [
    ["a.tsv", `text\tlabel\n${many.map((t) => `${t}\tx`).join("\n")}\n\nalone\nlast\ty`],
    ["a.tsv", `text\tlabel\n${many.map((t) => `${t}\tx`).join("\n")}\n \ty`],
    ["a.tsv", `text\tlabel\n${many.map((t) => `${t}\tx`).join("\n")}\n\u00a0\u2003\ty`],
    ["a.tsv", `text\tlabel\n${many.map((t) => `${t}\tx`).join("\n")}\nfine\t`],
    ["a.csv", `text,label\n"two\nlines",x\n${many.map((t) => `${t},x`).join("\n")}\nwell, well,y\n`],
    ["a.csv", `text,label\n"two\r\nlines",x\n${many.map((t) => `"${t}",x`).join("\n")}\n"du"ll,y\n`],
    ["a.csv", `text,label\n"two\nlines",x\n\n${many.map((t) => `"${t}",x`).join("\n")}\n"never closed,y\nfine,y\n`],
    ["a.csv", `text,label\n${many.map((t) => `"${t}",x`).join("\n")}\n"  ",y\n`],
    ["a.jsonl", `${many.map((text) => JSON.stringify({ text, label: 1 })).join("\n")}\n\n{"text": "a"\n`],
    ["a.jsonl", `${many.map((text) => JSON.stringify({ text, label: 1 })).join("\n")}\n[1, 2]\n`],
    ["a.jsonl", `${many.map((text) => JSON.stringify({ text, label: 1 })).join("\n")}\n{"label": 2}\n`],
    ["a.jsonl", `${many.map((text) => JSON.stringify({ text, label: 1 })).join("\n")}\n{"text": "x", "label": null}\n`],
    ["a.tsv", "text\tlabel\n"],
    ["a.jsonl", "\n \n"],
    ["a.txt", "plain\nlines\n"],
    ["a.tsv", "text\tid\na\t5\nb\t6\nc\t7\nd\t8\ne\t9\nf\t10\n"],
  ];
  for (const [name, text] of cases) {
    test(`${name}: …${JSON.stringify(text.slice(-30))}`, async () => {
      const whole = await readDataset(bytes(text), name).then(
        () => assert.fail("the reader of whole files takes it"),
        (error) => error,
      );
      await assert.rejects(stream(text, name), { code: whole.code, message: whole.message });
    });
  }
  test("labels never seen in training", async () => {
    const text = `text\tlabel\n${many.map((t) => `${t}\tham`).join("\n")}\nyo\teggs\n`;
    await assert.rejects(stream(text, "dev.tsv", { labels: ["ham", "spam"] }), {
      code: "data/unknown-label",
      message: /^dev\.tsv:6002: expected a label seen in training \(ham, spam\), got "eggs"/,
    });
  });
  test("text that is not UTF-8, by its line", async () => {
    const text = Buffer.from(`text\tlabel\n${many.map((t) => `${t}\tham`).join("\n")}\ncaf\xe9\tham\n`, "latin1");
    await assert.rejects(stream(new Uint8Array(text), "a.tsv"), { code: "data/encoding", message: /^a\.tsv:6002: / });
    const windows = await stream(new Uint8Array(text), "a.tsv", { encoding: "windows-1252", heldOut: { seed: 1 } });
    const whole = await readDataset(new Uint8Array(text), "a.tsv");
    assert.deepEqual(await allRows(windows), whole.examples);
    assert.equal(whole.examples.at(-1)?.text, "café");
    const wide = new Uint8Array(Buffer.from("\ufefftext\tlabel", "utf16le"));
    await assert.rejects(stream(wide, "a.tsv"), { code: "data/encoding", message: /got UTF-16/ });
  });
  test("packed files are asked to be unpacked", async () => {
    await assert.rejects(stream(new Uint8Array(gzipSync("text\tlabel\na\t1\n")), "a.tsv.gz"), {
      code: "data/gzip-stream",
      message: "a.tsv.gz: expected a file that is not packed, to read it in pieces, got a gzip file. Unpack it with gunzip.",
    });
  });
  test("a column of ids is no column of labels", async () => {
    const text = `text\tlabel\n${Array.from({ length: 10_002 }, (_, i) => `text ${i}\tid${i}`).join("\n")}`;
    await assert.rejects(stream(text, "a.tsv"), {
      code: "data/too-many-labels",
      message: /^a\.tsv:10002: expected at most 10000/,
    });
  });
});

describe("rows held out of a stream", () => {
  const rows = Array.from(
    { length: 3000 },
    (_, i) => `The ${["kettle", "Kettle!", "café"][i % 3]} number ${i >> 2} sings\t${i % 2}`,
  );
  const text = `text\tlabel\n${rows.join("\n")}`;
  test("a tenth, the same every time, another by another seed; a text is on one side", async () => {
    const streamed = await stream(text, "a.tsv", { heldOut: { seed: 3 } });
    const { examples } = streamed.heldOut!;
    assert.ok(examples.length > 200 && examples.length < 400, `${examples.length}`);
    const all = await allRows(streamed);
    assert.deepEqual(
      examples,
      all.filter((example) => streamed.isHeldOut(example)),
    );
    const held = new Set(examples.map((example) => normaliseText(example.text)));
    for (const example of all) assert.equal(held.has(normaliseText(example.text)), streamed.isHeldOut(example));
    const kept = Array.from({ length: streamed.blocks }, (_, block) => streamed.keptRows(block));
    assert.equal(kept.reduce((sum, rows) => sum + rows) + examples.length, 3000);
    for (let block = 0; block < streamed.blocks; block++) {
      const left = (await streamed.read(block)).filter((example) => !streamed.isHeldOut(example));
      assert.equal(left.length, kept[block]);
    }
    const again = await stream(text, "a.tsv", { heldOut: { seed: 3 } });
    assert.deepEqual(again.heldOut, streamed.heldOut);
    const other = await stream(text, "a.tsv", { heldOut: { seed: 4 } });
    assert.notDeepEqual(other.heldOut?.examples, examples);
  });
  test("at most maxRows, whichever file or order they come in", async () => {
    const texts = async (lines: string[], files: number): Promise<Set<string>> => {
      const size = Math.ceil(lines.length / files);
      const sources = Array.from({ length: files }, (_, at) =>
        bytesSource(bytes(`text\tlabel\n${lines.slice(at * size, (at + 1) * size).join("\n")}`), `${at}.tsv`),
      );
      const { heldOut } = await indexRows(sources, { heldOut: { seed: 3, maxRows: 100 } });
      assert.ok(heldOut!.examples.length <= 100 && heldOut!.examples.length > 80);
      return new Set(heldOut!.examples.map((example) => normaliseText(example.text)));
    };
    const once = await texts(rows, 1);
    assert.deepEqual(await texts(rows.toReversed(), 1), new Set([...once].reverse()));
    assert.deepEqual(new Set([...(await texts(rows, 4))]), once);
  });
  test("formats agree on what is held out", async () => {
    const jsonl = rows.map((row) => JSON.stringify({ text: row.split("\t")[0], label: row.split("\t")[1] })).join("\n");
    const csv = `text,label\n${rows.map((row) => row.replace(/^(.*)\t/, '"$1",')).join("\n")}`;
    const tsv = await stream(text, "a", { heldOut: { seed: 1 }, format: "tsv" });
    for (const [other, format] of [
      [jsonl, "jsonl"],
      [csv, "csv"],
    ] as const) {
      const streamed = await stream(other, "a", { heldOut: { seed: 1 }, format });
      assert.deepEqual(streamed.heldOut, tsv.heldOut);
    }
    const parquet = await stream(fixture("pairs-groups.parquet"), "a.parquet", { heldOut: { seed: 2, fraction: 0.3 } });
    assert.deepEqual(
      parquet.heldOut?.examples,
      (await allRows(parquet)).filter((example) => parquet.isHeldOut(example)),
    );
  });
  test("what cannot be parted, and shares that are none, are errors", async () => {
    const one = `text\tlabel\n${Array.from({ length: 50 }, (_, i) => `the same\t${i % 2}`).join("\n")}`;
    await assert.rejects(stream(one, "a.tsv", { heldOut: { seed: 1 } }), {
      code: "data/split",
      message: /Give a validation file/,
    });
    await assert.rejects(stream(text, "a.tsv", { heldOut: { seed: 1, fraction: 1 } }), { code: "data/bad-fraction" });
  });
  test("the hash of bytes is the hash of their text", () => {
    const texts = ["It 's  GREAT !", "a", "  two words. ", "x2 -- y", "café", "...", "", "A_b", "9", "\tTAB\t"];
    for (const text of texts) {
      const encoded = bytes(text);
      const fast = asciiTextHash(encoded, 0, encoded.length);
      if (/[a-z0-9]/i.test(text) && encoded.length === text.length) assert.equal(fast, textHash(text), text);
      else assert.equal(fast, -1, text);
    }
    assert.equal(textHash("It's GREAT"), textHash("it s great"));
    assert.notEqual(textHash("a b"), textHash("ab"));
    // Wide letters go the long way, through normaliseText.
    assert.equal(textHash("Ａbc  d１!"), textHash("abc D1"));
    const letters = ["a", "A", "b", " ", "  ", "-", "ａ", "７", "7", ".", "é", "E\u0301"];
    const hashes = new Map<string, number>();
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: pick(7) }, () => letters[pick(letters.length)]).join("");
      const key = normaliseText(text);
      assert.equal(hashes.get(key) ?? textHash(text), textHash(text), JSON.stringify(text));
      hashes.set(key, textHash(text));
    }
    assert.equal(new Set(hashes.values()).size, hashes.size);
  });
});

describe("files on disk", () => {
  test("are read in pieces, by path or as a Blob; what cannot be read says why", async () => {
    const folder = await mkdtemp(join(tmpdir(), "crisp-stream-"));
    try {
      // Above 8 MB, so that pieces end inside rows and inside characters.
      const texts = Array.from({ length: 30_000 }, (_, i) => `Das Café Nr. ${i}, ${"größer ".repeat(9 + (i % 61))}\n"so"`);
      const text = `text,label\n${texts.map((cell, i) => `"${cell.replaceAll('"', '""')}",${i % 3}`).join("\n")}`;
      await writeFile(join(folder, "a.csv"), text);
      const seen: number[] = [];
      const streamed = await openStreamedDataset(join(folder, "a.csv"), { onProgress: (done, total) => seen.push(done / total) });
      try {
        assert.ok(streamed.bytes > 9e6 && seen.length >= 2 && seen.at(-1) === 1);
        const whole = texts.map((cell, index) => ({ index, text: cell, label: index % 3 }));
        for (const block of [0, 1, 100, streamed.blocks - 1])
          assert.deepEqual(await streamed.read(block), whole.slice(block * 256, (block + 1) * 256));
        assert.deepEqual(streamed.counts, [10_000, 10_000, 10_000]);
        await assert.rejects(streamed.read(streamed.blocks), { code: "data/bad-block" });
      } finally {
        await streamed.close();
      }
      const blob = await indexRows([blobSource(new Blob([text]), "a.csv")]);
      assert.equal(blob.rows, 30_000);
      await assert.rejects(openStreamedDataset(join(folder, "b.csv")), { code: "data/unreadable", message: /no such file/ });
      await assert.rejects(openStreamedDataset(folder), { code: "data/unreadable", message: /got a folder/ });
      await assert.rejects(openStreamedDataset(join(folder, "a.csv"), { signal: AbortSignal.abort(new Error("stop")) }), /stop/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
