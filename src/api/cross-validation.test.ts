import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeTinyModel } from "../../test/tiny-model.fixture.ts";
import type { Dataset, Example } from "../data/index.ts";
import { uniform } from "../random/index.ts";
import { demoCorpora } from "../studies/index.ts";
import { train } from "./train-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-folds-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"), 0.3, 1);
const texts = demoCorpora()[0]
  .train.examples.slice(0, 60)
  .map(({ text }) => text);

/** Three rows of each text, whose label is drawn: nothing can be learned that holds for other texts. */
const drawnLabels = (forms: (text: string) => readonly Pick<Example, "text" | "pair">[]): Dataset => {
  const key = { seed: 3, step: 0, site: "labels" };
  const rows = texts.flatMap((text, at) => forms(text).map((form) => ({ ...form, label: Number(uniform(key, at) < 0.5) })));
  return { name: "drawn", labels: ["no", "yes"], examples: rows.map((row, index) => ({ ...row, index })) };
};

describe("labels that are drawn for each text are not predicted by its other rows, whose folds are others' too", () => {
  for (const [name, forms] of [
    ["rows that differ in punctuation", (text: string) => [{ text }, { text: `${text}!` }, { text: `${text} .` }]],
    ["rows that hold the others", (text: string) => [{ text }, { text: `well, ${text}` }, { text: `${text} so be it` }]],
    [
      "pairs that share a text",
      (text: string) => ["one", "two", "three"].map((pair) => ({ text, pair: `${pair} ${text.slice(-9)}` })),
    ],
  ] as const)
    test(name, async () => {
      const settings = { data: drawnLabels(forms), model, preset: "some", folds: 3, numTrainEpochs: 1, threads: 1 };
      const { metrics, baselines, split } = (await train(settings).result)!;
      assert.equal(split, "cross-validated");
      const scores = [metrics.accuracy, ...baselines.map(({ score }) => score)];
      assert.equal(scores.length, 4);
      for (const score of scores) assert.ok(score < 0.65, `${scores}`);
    });
});
