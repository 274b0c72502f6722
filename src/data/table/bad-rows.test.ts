import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { RowTally } from "../stream/row-index.ts";
import { indexRows, type StreamedDataset } from "../stream/row-stream.ts";
import { indexParquet } from "../stream/stream-parquet.ts";
import type { Example } from "../types.ts";
import { BadRows } from "./bad-rows.ts";
import { bytesSource } from "./byte-source.ts";
import { type DatasetOptions, readDataset } from "./dataset.ts";
import { readTexts } from "./read-texts.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Sound rows with some bad ones among them; the blocks of 256 rows begin and end anywhere. */
function mixed(sound: (i: number) => string, bad: readonly string[]): string {
  const rows = Array.from({ length: 900 }, (_, i) => (i % 37 === 5 ? [bad[i % bad.length], sound(i)] : [sound(i)]));
  return [...bad, ...rows.flat(), ...bad].join("\n");
}

async function allRows(streamed: StreamedDataset): Promise<Example[]> {
  const rows: Example[] = [];
  for (let block = 0; block < streamed.blocks; block++) rows.push(...(await streamed.read(block)));
  return rows;
}

const label = (i: number): string => ["calm", "loud", "soft"][i % 3];
const FILES: readonly [name: string, text: string, options?: DatasetOptions][] = [
  ["a.tsv", `text\tlabel\n${mixed((i) => `row ${i}\t${label(i)}`, ["one cell", "a\tb\tc", " \tcalm", "fine\t  "])}`],
  ["a.csv", `text,label\n${mixed((i) => `"row, ${i}\n\nmore",${label(i)}`, ["a,b,c", '"",odd', "fine,", '"x\n",y,z'])}`],
  ["quotes.csv", `text,label\n${mixed((i) => `"row, ${i}\n\nmore",${label(i)}`, ['"open,odd', '"a "b" c",odd', 'x "y",odd'])}`],
  [
    "numbers.csv",
    `text,label\n${mixed((i) => `"row, ${i}\n\nmore",${i / 7}`, ['"open,1', '"a\n\n"b" c",2', 'x "y",3'])}`,
    { task: "regression" },
  ],
  [
    "a.jsonl",
    mixed((i) => JSON.stringify({ text: `row ${i}`, label: label(i) }), ['{"text": ', "[1]", '{"label":"odd"}', '{"text":"a"}']),
  ],
  [
    "a.tsv",
    `text\tlabel\n${mixed((i) => `row ${i}\t${i / 7}`, ["one cell", "a\tmuch", " \t1", "fine\t"])}`,
    { task: "regression" },
  ],
  [
    "tags.jsonl",
    mixed(
      (i) => JSON.stringify({ tokens: ["row", String(i)], tags: ["O", label(i)] }),
      ['{"tokens":["a"],"tags":["O","odd"]}', '{"tokens":[],"tags":[]}', "{"],
    ),
    { task: "token_classification", textColumn: "tokens", labelColumn: "tags" },
  ],
];

describe("rows that cannot be read", () => {
  test("are all named at once", async () => {
    const text = "text\tlabel\nfine\tpos\nalone\n\t\n \tneg\ndull\t\ngood\tpos\n";
    await assert.rejects(readDataset(bytes(text), "a.tsv"), {
      code: "data/broken-row",
      message:
        "a.tsv: expected rows that can be read, got 4 bad rows: line 3 (1 cell), line 4 (no text), line 5 (no text), line 6 (no label). Mend them; --skip_bad_rows leaves them out.",
    });
    const many = `text\tlabel\n${"alone\n".repeat(47)}fine\tpos\n`;
    await assert.rejects(readDataset(bytes(many), "a.tsv"), { message: /line 11 \(1 cell\), and 37 more\. Mend them; --skip/ });
    await assert.rejects(readDataset(bytes("text\tlabel\na\tham\nb\teggs\nc\tjam\n"), "a.tsv", { labels: ["ham"] }), {
      code: "data/unknown-label",
      message: /2 bad rows: line 3 \(label "eggs"\), line 4 \(label "jam"\)/,
    });
  });
  test("with broken quotes are named beside the others, and swallow no other row", async () => {
    const text = 'text,label\n"open,pos\nfine,pos\nalone\n"du"ll,neg\n"two\nlines",neg\n"open to the end,pos\nlast,pos\n';
    await assert.rejects(readDataset(bytes(text), "a.csv"), {
      code: "data/broken-row",
      message:
        "a.csv: expected rows that can be read, got 4 bad rows: line 2 (a quote that never closes), line 4 (1 cell), line 5 (text beside a quoted cell), line 8 (a quote that never closes). Mend them; --skip_bad_rows leaves them out.",
    });
    const notes: string[] = [];
    const options = { skipBadRows: true, onNote: (note: string) => notes.push(note) };
    const { examples } = await readDataset(bytes(text), "a.csv", options);
    assert.deepEqual(
      examples.map(({ text }) => text),
      ["fine", "two\nlines", "last"],
    );
    assert.deepEqual(notes, ["a.csv: 4 of 7 rows left out, 3 with broken quotes, 1 with a wrong number of cells"]);
  });
  test("are an error in any case where the first row has broken quotes, as it may name the columns", async () => {
    const text = bytes('"text,label\nfine,pos\ndull,neg\n');
    const refused = { code: "data/broken-row", message: /^a\.csv:1: .* a quote that never closes/ };
    await assert.rejects(readDataset(text, "a.csv", { skipBadRows: true }), refused);
    await assert.rejects(indexRows([bytesSource(text, "a.csv")], { skipBadRows: true }), refused);
  });
  test("are left out when asked, with counts by reason, said once", async () => {
    const notes: string[] = [];
    const text = "text\tlabel\nfine\tpos\nalone\n\t\n \tneg\ndull\t\ngood\tpos\n";
    const dataset = await readDataset(bytes(text), "a.tsv", { skipBadRows: true, onNote: (note) => notes.push(note) });
    // "neg" had a bad row only
    assert.deepEqual(dataset.labels, ["pos"]);
    assert.deepEqual(
      dataset.examples.map(({ index, text }) => [index, text]),
      [
        [0, "fine"],
        [1, "good"],
      ],
    );
    assert.deepEqual(notes, ["a.tsv: 4 of 6 rows left out, 1 with a wrong number of cells, 2 with no text, 1 with no label"]);
    await assert.rejects(readDataset(bytes("text\tlabel\nalone\n"), "a.tsv", { skipBadRows: true }), { code: "data/empty" });
  });
  for (const [name, text, options] of FILES) {
    test(`are named and left out alike in memory and on disk: ${name} ${options?.task ?? ""}`, async () => {
      const source = bytesSource(bytes(text), name);
      const refused = await readDataset(bytes(text), name, options).catch((error) => error);
      assert.match(refused.message, /and \d+ more\. Mend them; --skip_bad_rows leaves them out\.$/);
      await assert.rejects(indexRows([source], options), { code: refused.code, message: refused.message });
      const said: string[][] = [[], []];
      const skipping = (at: number): DatasetOptions => ({ ...options, skipBadRows: true, onNote: (note) => said[at].push(note) });
      const whole = await readDataset(bytes(text), name, skipping(0));
      const streamed = await indexRows([source], { ...skipping(1), heldOut: { seed: 1 } });
      assert.equal(whole.examples.length, 900);
      assert.deepEqual(await allRows(streamed), whole.examples);
      assert.deepEqual(streamed.labels, whole.labels);
      const classes = whole.examples.flatMap(({ label, labels }) => labels ?? label);
      if (options?.task !== "regression")
        assert.deepEqual(
          streamed.counts,
          whole.labels.map((_, at) => classes.filter((one) => one === at).length),
        );
      assert.deepEqual(
        streamed.heldOut?.examples,
        whole.examples.filter((example) => streamed.isHeldOut(example)),
      );
      assert.equal(said[0].length, 1);
      assert.deepEqual(said[1].map(sorted), said[0].map(sorted));
    });
  }
});

/** Reasons come in the order in which they were found. */
const sorted = (note: string): string => note.split(", ").sort().join(", ");

describe("rows of a Parquet file that cannot be read", () => {
  const fixture = (name: string): Uint8Array =>
    new Uint8Array(readFileSync(new URL(`../../../test/fixtures/data/${name}`, import.meta.url)));
  const cases: readonly [string, DatasetOptions][] = [
    ["pairs-groups.parquet", { labels: ["equivalent"] }],
    ["missing.parquet", {}],
  ];
  for (const [name, options] of cases)
    test(`are named and left out alike in memory and on disk: ${name}`, async () => {
      const refused = await readDataset(fixture(name), name, options).catch((error: unknown) => error as Error);
      const stream = (skipBadRows: boolean, onNote?: (note: string) => void) =>
        indexRows([bytesSource(fixture(name), name)], { ...options, skipBadRows, onNote });
      await assert.rejects(stream(false), refused as Error);
      const notes: string[][] = [[], []];
      const whole = await readDataset(fixture(name), name, { ...options, skipBadRows: true, onNote: (n) => notes[0].push(n) });
      const streamed = await stream(true, (note) => notes[1].push(note));
      assert.match(notes[0][0], /rows left out/);
      assert.deepEqual(notes[1], notes[0]);
      assert.deepEqual(
        [streamed.rows, await allRows(streamed), streamed.labels],
        [whole.examples.length, whole.examples, whole.labels],
      );
    });
  for (const task of ["single_label_classification", "regression"] as const)
    test(`leave whole blocks, over the ends of the pieces that are unpacked together: ${task}`, async () => {
      const rows = 150_000;
      const cell = (row: number) => (task === "regression" ? row / 7 : label(row));
      // a whole piece of bad rows, and some in every other
      const isBad = (row: number): boolean => row % 7 === 3 || (row >= 65_536 && row < 140_000);
      const file = {
        ...{ name: "a.parquet", rows, columns: ["text", "label"], classNames: new Map(), imageColumns: [] },
        groups: [{ start: 0, rows, indexed: true }],
        groupBytes: () => 0,
        readRows: async (start: number, end: number) =>
          Array.from({ length: end - start }, (_, at) => [isBad(start + at) ? "" : `row ${start + at}`, cell(start + at)]),
      };
      const tally = new RowTally({ heldOut: { seed: 1, maxRows: 50 } }, task);
      const bad = new BadRows(file.name, { skipBadRows: true });
      const indexed = await indexParquet(file, { text: "text", label: "label" }, tally, undefined, bad, () => {});
      const sound = Array.from({ length: rows }, (_, row) => row).filter((row) => !isBad(row));
      assert.deepEqual([indexed.rows, tally.rows, bad.count], [sound.length, sound.length, rows - sound.length]);
      const found: [number, string][] = [];
      for (let block = 0; block * 256 < indexed.rows; block++)
        found.push(
          ...(await indexed.read(block, ["calm", "loud", "soft"])).map(({ index, text }): [number, string] => [index, text]),
        );
      assert.deepEqual(
        found,
        sound.map((row, index) => [index, `row ${row}`]),
      );
      assert.deepEqual(indexed.groups?.slice(0, 2), [0, Math.ceil(sound.findIndex((row) => row >= 195 * 256) / 256)]);
      for (const { row, text } of tally.heldOut!.finish("a", tally.rows)) assert.equal(text, `row ${sound[row]}`);
    });
});

test("texts to classify keep their lines where others are left out", async () => {
  const text = "text\tnote\nfine\t1\nalone\n\t2\ndull\t3\n";
  await assert.rejects(readTexts(bytes(text), "a.tsv"), { message: /2 bad rows: line 3 \(1 cell\), line 4 \(no text\)/ });
  assert.deepEqual(await readTexts(bytes(text), "a.tsv", { skipBadRows: true }), [
    { line: 2, text: "fine" },
    { line: 5, text: "dull" },
  ]);
});
