import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { random, topK } from "../attention/index.ts";
import type { Dataset } from "../data/index.ts";
import { loadImages } from "../data/index-node.ts";
import { fruitPng, tinyPreprocessor, writeFruit, writeTinyVit } from "../runs/tiny-images.fixture.ts";
import { Classifier } from "./classifier/classifier-node.ts";
import { demoEncoder } from "./fresh-model.ts";
import { type TrainResult, type TrainSettings, train } from "./train-node.ts";
import type { TrainEvent } from "./training/train-settings.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-images-"));
after(() => rmSync(work, { recursive: true, force: true }));
const vit = writeTinyVit(join(work, "vit"));
let data: string;
let unseen: string;
let trained: TrainResult;
const events: TrainEvent[] = [];
const recipe = { model: vit, attention: topK({ sparsity: 0.6 }), learningRate: 3e-3, perDeviceTrainBatchSize: 16, threads: 1 };

async function trainOn(settings: Partial<TrainSettings> & Pick<TrainSettings, "data">): Promise<TrainResult> {
  const run = train({ ...recipe, numTrainEpochs: 4, ...settings });
  for await (const event of run) events.push(event);
  return (await run.result)!;
}

before(async () => {
  data = await writeFruit(join(work, "fruit"), 100);
  unseen = await writeFruit(join(work, "unseen"), 40, { first: 1000 });
  // an exact copy, which must stay on its original's side of the split
  cpSync(join(data, "apple", "0000.png"), join(data, "apple", "copy.png"));
  trained = await trainOn({ data, test: unseen });
});

const paths = (): string[] => ["apple/1000", "berry/1000", "berry/1001", "apple/1005"].map((name) => join(unseen, `${name}.png`));

describe("a classifier of images", () => {
  test("learns two classes from files, with sparse attention", () => {
    assert.ok(trained.metrics.accuracy > 0.95, `accuracy ${trained.metrics.accuracy}`);
    assert.equal(trained.evaluated.dataset.examples.length, 80);
    assert.ok(trained.model.card.metrics.effectiveSparsity > 0.5);
    const told = events.find((event) => event.type === "data");
    const [first] = told!.summary.splits;
    assert.deepEqual([first.kind, first.lengths, first.classes.length], ["image", null, 2]);
    assert.ok(first.rows < 201 && first.rows >= 180);
  });

  test("saved and loaded it predicts the same, from paths and from bytes", async () => {
    const folder = join(work, "saved");
    assert.deepEqual(trained.model.save(folder), []);
    for (const name of ["preprocessor_config.json", "config.json", "crisp.json", "onnx/model.onnx"])
      assert.ok(existsSync(join(folder, name)), name);
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) assert.ok(!existsSync(join(folder, name)), name);
    const loaded = await Classifier.load(folder);
    const said = await loaded.predict(paths(), { topK: 2 });
    assert.deepEqual(said, await trained.model.predict(paths(), { topK: 2 }));
    assert.deepEqual(
      said.map(([best]) => best.label),
      ["apple", "berry", "berry", "apple"],
    );
    const bytes = paths().map((path) => new Uint8Array(readFileSync(path)));
    assert.deepEqual(await loaded.predict(bytes, { topK: 2 }), said);
  });

  test("an image's logits are the same alone and in any batch", async () => {
    const examples = trained.model.encode((await loadImages([unseen])).train);
    const { logits: together } = await trained.model.evaluate(examples, { batchSize: 7 });
    for (const at of [0, 13, 79]) {
      const { logits } = await trained.model.evaluate([examples[at]]);
      for (const [c, value] of logits[0].entries()) assert.ok(Math.abs(value - together[at][c]) <= 1e-5);
    }
    assert.ok(
      examples.every(({ pixels }) => pixels === undefined),
      "pixels are not kept",
    );
  });

  test("images of another size are resized", async () => {
    const large = await fruitPng("apple", 3, 24);
    const [said] = await trained.model.predict(new Uint8Array(large));
    assert.ok(["apple", "berry"].includes(said.label) && said.score > 0.5);
  });

  test("a random pattern draws the same for an image wherever it stands", async () => {
    const { model } = await trainOn({ data: unseen, attention: random({ sparsity: 0.5 }), numTrainEpochs: 1 });
    const [first, second] = paths();
    const [together] = await model.predict([first, second], { topK: 2 });
    const [alone] = await model.predict([first], { topK: 2 });
    for (const [at, { score }] of together.entries()) assert.ok(Math.abs(score - alone[at].score) <= 1e-6);
  });
});

describe("training on images", () => {
  test("a resumed run is an uninterrupted one, bit for bit", async () => {
    const settings = { data: unseen, maxSteps: 8, numTrainEpochs: 4, gradientAccumulationSteps: 2, perDeviceTrainBatchSize: 8 };
    const whole = await trainOn(settings);
    const checkpoints = join(work, "checkpoints");
    const stop = new AbortController();
    const run = train({ ...recipe, ...settings, checkpoints, signal: stop.signal });
    for await (const event of run) if (event.type === "step" && event.step === 3) stop.abort();
    assert.equal(await run.result, null);
    const resumed = await trainOn({ ...settings, checkpoints });
    for (const folder of ["whole", "resumed"])
      (folder === "whole" ? whole : resumed).model.save(join(work, folder), { onnx: false });
    const [a, b] = ["whole", "resumed"].map((folder) => readFileSync(join(work, folder, "model.safetensors")));
    assert.ok(a.equals(b));
  });

  test("levels of splits are used as they are named", async () => {
    const folder = join(work, "levels");
    await writeFruit(join(folder, "train"), 20);
    await writeFruit(join(folder, "val"), 5, { first: 100 });
    await writeFruit(join(folder, "test"), 8, { first: 200 });
    const { evaluated } = await trainOn({ data: folder, numTrainEpochs: 1 });
    assert.equal(evaluated.dataset.examples.length, 16);
    const curve = events.findLast((event) => event.type === "data")!;
    assert.equal(curve.summary.splits[0].rows, 40);
  });

  test("copies stand on one side of the split, and are counted", async () => {
    const folder = await writeFruit(join(work, "copies"), 10);
    for (let copy = 0; copy < 10; copy++) cpSync(join(folder, "berry", "0004.png"), join(folder, "berry", `copy-${copy}.png`));
    const { evaluated } = await trainOn({ data: folder, numTrainEpochs: 1 });
    const { summary } = events.findLast((event) => event.type === "data")!;
    assert.deepEqual(summary.splits.map(({ duplicates }) => duplicates).sort(), [0, 10]);
    assert.deepEqual(
      summary.overlaps.map(({ rows }) => rows),
      [0],
    );
    assert.ok(evaluated.dataset.examples.length < 30);
  });

  test("a few images are drawn from all classes", async () => {
    await trainOn({ data, maxTrainSamples: 40, numTrainEpochs: 1 });
    const { summary } = events.findLast((event) => event.type === "data")!;
    assert.ok(summary.splits[0].classes.every(({ count }) => count > 5));
  });

  test("a damaged image stops the run by its name, and the checkpoint stays", async () => {
    const folder = await writeFruit(join(work, "damaged"), 20);
    const bad = join(folder, "apple", "0007.png");
    const checkpoints = join(work, "damaged-checkpoints");
    const settings = { ...recipe, data: folder, checkpoints, maxSteps: 30, evalStrategy: "no", saveSteps: 2 } as const;
    const run = train(settings);
    const whole = readFileSync(bad);
    const failed = assert.rejects(run.result, {
      code: "data/bad-image",
      message: new RegExp(`^${bad}: expected a complete PNG`),
    });
    const cutOff = async (): Promise<void> => {
      for await (const event of run) if (event.type === "saved") writeFileSync(bad, whole.subarray(0, 100));
    };
    await assert.rejects(cutOff(), { code: "data/bad-image" });
    await failed;
    writeFileSync(bad, await fruitPng("apple", 999)); // mended, if not by the same bytes
    const goesOn = train(settings);
    let first: number | undefined;
    for await (const event of goesOn) if (event.type === "step") first ??= event.step;
    assert.ok(first! > 1, `continues at ${first}`);
  });
});

describe("texts and images are told apart", () => {
  const refused = async (settings: Partial<TrainSettings> & Pick<TrainSettings, "data">, error: object): Promise<void> => {
    await assert.rejects(train({ ...recipe, ...settings }).result, error);
  };
  const texts: Dataset = {
    name: "texts",
    labels: ["a", "b"],
    examples: Array.from({ length: 20 }, (_, index) => ({ index, text: `text ${index}`, label: index % 2 })),
  };

  test("texts for a model of images", async () => {
    const csv = join(work, "texts.csv");
    writeFileSync(csv, "text,label\nfine,a\ndull,b\n");
    await refused({ data: csv }, { code: "data/not-images", message: /texts\.csv: expected a folder .*, got another file/ });
    await refused({ data: texts }, { code: "model/reads-images", message: /^texts.*expected images/ });
    await assert.rejects(trained.model.predict("where is my refund?"), {
      code: "data/unreadable",
      message: '"where is my refund?": expected the path of an image, as the model reads images, got no such file.',
    });
    await assert.rejects(trained.model.predict({ text: "one", pair: "two" }), { code: "model/reads-images" });
    assert.throws(() => trained.model.tokenizer, { code: "model/reads-images" });
  });

  test("images for a model of texts", async () => {
    await refused({ data, model: demoEncoder() }, { code: "model/reads-texts", message: /fruit: expected texts/ });
    const { train: images } = await loadImages([unseen]);
    await refused({ data: images, model: demoEncoder() }, { code: "model/reads-texts" });
    const { model } = await trainOn({ data: texts, model: demoEncoder(), maxSteps: 1 });
    await assert.rejects(model.predict(new Uint8Array(8)), { code: "model/reads-texts" });
    await assert.rejects(model.encodeImage("a.png"), { code: "model/reads-texts" });
  });

  test("a model folder that does not say how images become numbers, or says it for another model", async () => {
    const without = writeTinyVit(join(work, "without"), null);
    await refused({ data, model: without }, { code: "model/no-preprocessor" });
    const other = writeTinyVit(join(work, "other"), { ...tinyPreprocessor, size: { height: 32, width: 32 } });
    await refused({ data, model: other }, { code: "model/preprocessor", message: /expected images of 3 × 32 × 32/ });
    const fixed = writeTinyVit(join(work, "fixed"), { ...tinyPreprocessor, do_resize: false });
    const large = await writeFruit(join(work, "large"), 10, { size: 20 });
    await refused(
      { data: large, model: fixed },
      { code: "data/bad-image", message: /\.png: expected 16 × 16 pixels.*got 20 × 20/ },
    );
  });
});
