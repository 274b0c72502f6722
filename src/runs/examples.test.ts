import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openStreamedDataset } from "../data/index-node.ts";
import { demoTokenizer } from "../studies/index.ts";
import { examplesOnDisk } from "./examples.ts";
import { curvePoint } from "./follow-loop.ts";

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
