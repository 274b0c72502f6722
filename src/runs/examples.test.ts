import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createTokenizer, encodeDataset, readDataset, readTokenizerJson } from "../data/index.ts";
import { openStreamedDataset } from "../data/index-node.ts";
import { demoTokenizer } from "../studies/index.ts";
import type { DatasetOnDisk } from "./environment/environment.ts";
import { examplesInMemory, examplesOnDisk, hashOfData } from "./examples.ts";
import { curvePoint } from "./follow-loop.ts";
import { tinySentences } from "./tiny-run.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-run-examples-"));
after(() => rmSync(work, { recursive: true, force: true }));

const tokenizerFiles = new Map(
  Object.entries(demoTokenizer()).map(([name, json]) => [
    name === "tokenizerJson" ? "tokenizer.json" : "tokenizer_config.json",
    new TextEncoder().encode(JSON.stringify(json)),
  ]),
);

test("examples on disk: other columns, or other texts of another length, are other data", async () => {
  const file = join(work, "two.csv");
  const write = (text: string): void =>
    writeFileSync(file, `first,second,label\n${Array.from({ length: 20 }, (_, at) => `a ${text},b,${at % 2}`).join("\n")}\n`);
  const named = async (textColumn: string): Promise<string> => {
    const examples = examplesOnDisk(await openStreamedDataset(file, { textColumn }), { tokenizerFiles, maxLength: 16 });
    const fingerprint = examples.fingerprint();
    await examples.close();
    return fingerprint;
  };
  write("film");
  const first = await named("first");
  assert.equal(await named("first"), first);
  assert.notEqual(await named("second"), first);
  for (const text of ["drama", "fine"]) {
    write(text);
    assert.notEqual(await named("first"), first, text);
  }
});

test("a learning curve shows every figure of a task that has others than accuracy", () => {
  const point = { step: 1, epoch: 1, trainLoss: 1, best: true };
  assert.equal(curvePoint({ ...point, metrics: { accuracy: 0.5, macroF1: 0.4, loss: 1 } }).figures, undefined);
  const metrics = { accuracy: 0.5, macroF1: 0.4, matthews_correlation: 0.1, loss: 1 };
  assert.deepEqual(curvePoint({ ...point, metrics }).figures, metrics);
});

test("the hash of data changes with everything a run reads of them, and with what it shows", () => {
  const data = { train: tinySentences(3), reported: tinySentences(2, "reported") };
  const [first, ...others] = data.train;
  const mapped = [{ text: "a film", tokens: ["a", "film"], encoded: first }];
  const changed = [
    data,
    { ...data, train: [{ ...first, inputIds: first.inputIds.map((id) => id + 1) }, ...others] },
    { ...data, train: [{ ...first, tokenTypeIds: first.tokenTypeIds.map(() => 1) }, ...others] },
    { ...data, train: [{ ...first, label: 1 - first.label }, ...others] },
    { ...data, train: [...others, first] },
    { ...data, selection: [] },
    { ...data, fresh: [first] },
    { ...data, mapped },
    { ...data, mapped: [{ ...mapped[0], text: "A film" }] },
  ];
  assert.equal(new Set(changed.map(hashOfData)).size, changed.length);
  assert.equal(hashOfData(structuredClone(data)), hashOfData(data));
});

/** `rows` sentences that tell each other apart, in a file sorted by class. */
function sortedFile(rows: number): string {
  const file = join(work, `sorted-${rows}.csv`);
  const row = (at: number): string => `a film${" good".repeat(at % 5)},${at < rows / 2 ? "no" : "yes"}`;
  writeFileSync(file, `sentence,label\n${Array.from({ length: rows }, (_, at) => row(at)).join("\n")}\n`);
  return file;
}

for (const rows of [200, 1000, 3000]) {
  test(`the sample of ${rows} rows on disk is the one in memory`, async () => {
    const file = sortedFile(rows);
    const dataset = await openStreamedDataset(file);
    const onDisk = examplesOnDisk(dataset, { tokenizerFiles, maxLength: 16 });
    const tokenizer = createTokenizer({ ...readTokenizerJson(tokenizerFiles), maxLength: 16 });
    const all = await readDataset(readFileSync(file), "sorted.csv");
    const inMemory = await examplesInMemory(encodeDataset(tokenizer, all)).sample(1000);
    assert.equal(inMemory.length, Math.min(1000, rows));
    assert.deepEqual(await onDisk.sample(1000), inMemory);
    await onDisk.close();
  });
}

test("the sample holds no row that is held out, and every other one where there are few", async () => {
  const dataset = await openStreamedDataset(sortedFile(700), { heldOut: { seed: 1, fraction: 0.5 } });
  const onDisk = examplesOnDisk(dataset, { tokenizerFiles, maxLength: 16 });
  const held = new Set(dataset.heldOut!.examples.map(({ index }) => index));
  assert.ok(held.size > 0);
  assert.deepEqual(
    (await onDisk.sample(1000)).map(({ index }) => index),
    Array.from({ length: 700 }, (_, row) => row).filter((row) => !held.has(row)),
  );
  await onDisk.close();
});

test("of millions of rows the sample reads few blocks", async () => {
  const blocks = 8000;
  const read: number[] = [];
  const dataset: DatasetOnDisk = {
    ...{ name: "large", fingerprint: "", labels: ["no", "yes"], columns: { text: "sentence" }, counts: [0, 0], unlabelled: 0 },
    ...{ rows: 256 * blocks, blockRows: 256, blocks },
    isHeldOut: () => false,
    keptRows: () => 256,
    read: async (block) => {
      read.push(block);
      return Array.from({ length: 256 }, (_, at) => ({ index: 256 * block + at, text: "a film", label: 0 }));
    },
    close: async () => {},
  };
  const sample = await examplesOnDisk(dataset, { tokenizerFiles, maxLength: 16 }).sample(1000);
  assert.equal(new Set(sample.map(({ index }) => index)).size, 1000);
  assert.equal(read.length, 16);
});
