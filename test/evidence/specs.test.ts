import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withTypos } from "../../evidence/make-robustness-data.ts";
import { armsOf, cellsOf, readStudySpec } from "../../src/studies/index-node.ts";

const root = join(import.meta.dirname, "../..");
const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const RECIPE = (await readStudySpec(join(root, "evidence/primary.ts"))).options;

/** Cells as evidence/results names them, arms, and claims; the recipe is that of the primary grid. */
async function expanded(name: string) {
  const spec = await readStudySpec(join(root, `evidence/${name}.ts`));
  assert.equal(spec.study, name);
  assert.deepEqual(spec.options, RECIPE);
  const cells = cellsOf({ ...spec, models: spec.models!, tasks: spec.tasks! });
  return {
    spec,
    cells: cells.map(({ name: cell, rows, labelNoise, model }) => [
      [name, cell].filter(Boolean).join("/"),
      rows,
      labelNoise,
      model.name,
    ]),
    arms: armsOf(spec.arms!).map((arm) => `${arm.name}: ${arm.plan.pattern}`),
  };
}
const TWO = ["dense: dense", "topk80: topK(sparsity=0.8)"];

test("sizes and noise are those of claim 6, beside the primary grid's 1,000 clean examples", async () => {
  const sizes = await expanded("sizes");
  assert.deepEqual(sizes.cells, [
    ["sizes/rows-250", 250, 0, "minilm"],
    ["sizes/rows-4000", 4000, 0, "minilm"],
  ]);
  const noise = await expanded("noise");
  assert.deepEqual(noise.cells, [["noise", 1000, 0.2, "minilm"]]);
  for (const { arms, spec } of [sizes, noise]) assert.deepEqual([arms, spec.seeds, spec.claims], [TWO, TEN, ["topk80"]]);
});

test("robustness trains as the primary grid does on SST-2, and reports on another file", async () => {
  const { cells, arms, spec } = await expanded("robustness");
  assert.deepEqual(
    cells.map(([name]) => name),
    ["robustness"],
  );
  const [sst2] = (await readStudySpec(join(root, "evidence/primary.ts"))).tasks!;
  const [task] = spec.tasks!;
  assert.equal(task.train_file, sst2.train_file);
  assert.notEqual(task.validation_file, sst2.validation_file);
  assert.deepEqual([arms, spec.seeds, spec.sizes], [TWO, TEN, [1000]]);
});

test("rivals are the five of claim 9, and every arm has three trials with five seeds of their own", async () => {
  const { cells, spec } = await expanded("rivals");
  assert.deepEqual(
    cells.map(([name]) => name),
    ["rivals/sst2", "rivals/rte"],
  );
  const rivals = armsOf(spec.arms!).filter(({ options }) => options);
  assert.deepEqual(
    rivals.map(({ options }) => options),
    [
      { hiddenDropoutProb: 0.2 },
      { attentionProbsDropoutProb: 0.2 },
      { rDropAlpha: 1 },
      { labelSmoothingFactor: 0.1 },
      { weightDecay: 0.1 },
    ],
  );
  assert.deepEqual([spec.tuning!.trials.length, spec.tuning!.seeds, spec.seeds], [3, [101, 102, 103, 104, 105], TEN]);
});

test("the other reading ranks over padded positions", async () => {
  const { cells, arms, spec } = await expanded("padded");
  const padded = ["padded128: topK(sparsity=0.8, paddedTo=128)", "padded512: topK(sparsity=0.8, paddedTo=512)"];
  assert.deepEqual(arms, [TWO[0], ...padded]);
  assert.deepEqual([cells, spec.seeds, spec.claims], [[["padded", 1000, 0, "minilm"]], TEN, []]);
});

test("MPNet has two tasks and six seeds, and all of SST-2 five seeds", async () => {
  const mpnet = await expanded("mpnet");
  assert.deepEqual(
    mpnet.cells.map(([name, rows, , model]) => [name, rows, model]),
    ["mpnet/sst2", "mpnet/cola"].map((name) => [name, 1000, "mpnet"]),
  );
  assert.deepEqual(mpnet.arms, [...TWO, "random80: random(sparsity=0.8)"]);
  assert.deepEqual(mpnet.spec.seeds, TEN.slice(0, 6));
  const all = await expanded("all-of-sst2");
  assert.deepEqual([all.cells, all.arms, all.spec.seeds], [[["all-of-sst2", undefined, 0, "minilm"]], TWO, TEN.slice(0, 5)]);
});

test("long texts have two lengths, and three paired seeds of a recipe of their own", async () => {
  const { tasks, arms, seeds, claims, options } = await readStudySpec(join(root, "evidence/long-texts.ts"));
  assert.deepEqual(
    tasks!.map(({ name, max_seq_length }) => [name, max_seq_length]),
    [
      ["reviews", 512],
      ["documents", 2048],
    ],
  );
  assert.deepEqual(
    armsOf(arms!).map(({ name }) => name),
    ["dense", "block80", "window"],
  );
  assert.deepEqual([seeds, claims], [[1, 2, 3], []]);
  assert.deepEqual(options, { ...RECIPE, num_train_epochs: 3, per_device_train_batch_size: 8 });
});

test("every number of these specs stands in docs/claims.md", () => {
  const claims = readFileSync(join(root, "docs/claims.md"), "utf8");
  for (const words of [
    ...["250, 1,000, 4,000 examples", "noise of 0 and 20 %", "first 2,000 test reviews (head and tail of 128 tokens)"],
    ...[
      "dropout 0.2, attention dropout 0.2, R-Drop (α = 1), label smoothing 0.1, weight decay 0.1",
      "seeds (101 to 105)",
      "(three)",
    ],
    ...["paddedTo=128", "paddedTo=512", "MPNet-base on SST-2 and CoLA, six seeds", "all of SST-2 (67,349), five seeds"],
  ])
    assert.ok(claims.includes(words), words);
});

test("each word of four letters or more gets one typing error, the same each time, and no other word any", () => {
  const text = "it 's a charming and often affecting journey , isn't it";
  const typed = withTypos(text, 3);
  assert.equal(withTypos(text, 3), typed);
  assert.notEqual(withTypos(text, 4), typed);
  const [before, after] = [text, typed].map((each) => each.split(" "));
  before.forEach((word, at) => {
    assert.equal(after[at] !== word, /^[a-z]{4,}$/.test(word), word);
    assert.equal(after[at][0], word[0]);
    assert.ok(Math.abs(after[at].length - word.length) <= 1);
  });
});

test("the three kinds of error are drawn alike, and twin letters hide none", () => {
  const words = Array.from({ length: 300 }, (_, row) => withTypos("gripping", row));
  assert.ok(!words.includes("gripping"));
  const lengths = [7, 8, 9].map((length) => words.filter((word) => word.length === length).length);
  assert.ok(
    lengths.every((count) => count > 60),
    `each kind is drawn: ${lengths}`,
  );
});
