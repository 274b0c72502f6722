import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pipeline } from "@huggingface/transformers";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { train } from "../../src/api/index-node.ts";
import { parsePattern, topK } from "../../src/attention/index.ts";
import type { Encoded } from "../../src/data/index.ts";
import { onnxClassifier } from "../../src/export/index.ts";
import { imagePatches, initialise, parseEncoderConfig } from "../../src/models/index.ts";
import { writeFruit, writeTinyVit } from "../../src/runs/tiny-images.fixture.ts";
import { crispLogits, fewPlans, furthest, plans } from "./cases.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-export-images-"));
after(() => rmSync(work, { recursive: true }));

const sizes = { model_type: "vit", hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 40 };
const config = (more: object) => parseEncoderConfig({ ...sizes, initializer_range: 0.3, num_labels: 3, ...more });
const cases = [
  ["ViT", config({ image_size: 12, patch_size: 4 }), plans],
  ["ViT of oblong images, with pixels that fill no patch", config({ image_size: [11, 9], patch_size: [3, 4] }), fewPlans],
] as const;

for (const [name, vit, all] of cases) {
  const { size, channels } = vit.image!;
  const tokens = imagePatches(vit.image!) + 1;
  const pixels = channels * size[0] * size[1];
  const images = Array.from({ length: 5 }, (_, index): Encoded => {
    const values = Float32Array.from({ length: pixels }, (_value, at) => Math.sin(3 * at + 5 * index * index));
    const ids = { inputIds: new Int32Array(tokens), tokenTypeIds: new Int32Array(tokens) };
    return { index, label: -1, truncated: false, ...ids, pixels: values };
  });
  describe(`an exported ${name}`, () => {
    const weights = initialise(vit, 3);
    for (const [title, plan] of Object.entries(all)) {
      test(`gives Crisp's logits, alone and in any batch, with ${title}`, async () => {
        const session = await InferenceSession.create(onnxClassifier({ config: vit, plan, weights }), { intraOpNumThreads: 1 });
        assert.deepEqual([session.inputNames, session.outputNames], [["pixel_values"], ["logits"]]);
        const logitsOf = async (batch: readonly Encoded[]): Promise<number[][]> => {
          const joined = Float32Array.from(batch.flatMap(({ pixels: values }) => [...values!]));
          const feeds = { pixel_values: new Tensor("float32", joined, [batch.length, channels, ...size]) };
          const data = Array.from((await session.run(feeds)).logits.data as Float32Array);
          return batch.map((_, row) => data.slice(3 * row, 3 * row + 3));
        };
        const own = await crispLogits(vit, weights, plan, images);
        assert.ok(furthest(own, await logitsOf(images)) <= 1e-4);
        for (const at of [0, 4]) assert.ok(furthest([own[at]], await logitsOf([images[at]])) <= 1e-4);
        if (title === "dense") assert.ok(furthest(own.slice(1), own.slice(0, -1)) > 0.01, "images differ");
        await session.release();
      });
    }
  });
}

test("a pattern that draws for each image has no ONNX form", () => {
  const [, vit] = cases[0];
  const plan = { pattern: parsePattern("random(sparsity=0.5)") };
  assert.throws(() => onnxClassifier({ config: vit, plan, weights: initialise(vit, 3) }), { code: "export/random" });
});

test("transformers.js classifies image files from a saved folder as Crisp does", async () => {
  const [data, model] = [await writeFruit(join(work, "fruit"), 40), writeTinyVit(join(work, "vit"), { size: 16 })]; // the rest by default
  const settings = { learningRate: 3e-3, numTrainEpochs: 3, perDeviceTrainBatchSize: 16, threads: 1 };
  const trained = (await train({ data, model, attention: topK({ sparsity: 0.6 }), ...settings }).result)!.model;
  const folder = join(work, "fruit-model");
  assert.deepEqual(trained.save(folder), []);
  const paths = ["apple/0000", "apple/0031", "berry/0002", "berry/0033"].map((name) => join(data, `${name}.png`));
  const classify = await pipeline("image-classification", folder);
  const theirs = (await classify(paths, { top_k: 2 })) as unknown as { label: string; score: number }[][];
  const own = await trained.predict(paths, { topK: 2 });
  for (const [at, row] of own.entries()) {
    for (const [place, { label, score }] of row.entries()) {
      assert.equal(theirs[at][place].label, label);
      assert.ok(Math.abs(theirs[at][place].score - score) <= 1e-4, `${theirs[at][place].score} and ${score}`);
    }
  }
  await classify.dispose();
  const card = readFileSync(join(folder, "README.md"), "utf8");
  assert.match(card, /pipeline_tag: image-classification/);
  assert.match(card, /await model\.predict\("image\.jpg"\)/);
  assert.match(card, /await classify\("image\.jpg"\)/);
});
