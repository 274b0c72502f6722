import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openStreamedDataset } from "../data/index-node.ts";
import { demoTokenizer } from "../studies/index.ts";
import { examplesOnDisk, hashOfData } from "./examples.ts";
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
  write("drama");
  assert.notEqual(await named("first"), first);
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
