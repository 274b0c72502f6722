import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pipeline } from "@huggingface/transformers";
import { MAX_LENGTH, reviews, tinyClassifier } from "./saved-models.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-export-"));
after(() => rmSync(work, { recursive: true }));

interface Scored {
  readonly label: string;
  readonly score: number;
}

/** Every class's score by transformers.js, for texts in one batch of mixed lengths. */
async function scoresOf(folder: string, texts: readonly string[], dtype?: "q8"): Promise<Scored[][]> {
  const classify = await pipeline("text-classification", folder, dtype ? { dtype } : {});
  const scores = (await classify([...texts], { top_k: null as unknown as number })) as unknown as Scored[][];
  await classify.dispose();
  return scores;
}

const byLabel = (row: readonly Scored[]): Scored[] => [...row].sort((a, b) => (a.label < b.label ? -1 : 1));

function furthest(a: readonly Scored[][], b: readonly Scored[][]): number {
  return Math.max(
    ...a.map((row, at) => {
      const other = byLabel(b[at]);
      return Math.max(
        ...byLabel(row).map(({ label, score }, i) => {
          assert.equal(label, other[i].label);
          return Math.abs(score - other[i].score);
        }),
      );
    }),
  );
}

const deberta = { model_type: "deberta-v2", relative_attention: true, pos_att_type: ["c2p", "p2c"], position_buckets: 8 };

describe("transformers.js", () => {
  for (const pattern of ["dense", "topK(sparsity=0.8)", "anyOf(slidingWindow(sparsity=0.8), global(tokens=1))"]) {
    test(`loads a saved folder without options and gives Crisp's scores, with ${pattern}`, async () => {
      const model = tinyClassifier(pattern);
      const folder = join(work, pattern);
      assert.deepEqual(model.save(folder), []);
      const lengths = reviews.map((text) => model.encodeText(text));
      assert.ok(lengths.some(({ truncated }) => truncated) && lengths.some(({ inputIds }) => inputIds.length < MAX_LENGTH / 2));
      const own = await model.predict([...reviews], { topK: 2 });
      const theirs = await scoresOf(folder, reviews);
      assert.ok(furthest(own, theirs) <= 1e-4, `${furthest(own, theirs)}`);
      const alone = await scoresOf(folder, reviews.slice(0, 1));
      assert.ok(furthest(own.slice(0, 1), alone) <= 1e-4, "alone");
      const spread = own.map(([best]) => best.score);
      assert.ok(Math.max(...spread) - Math.min(...spread) > 0.05, "scores of different texts differ");
    });
  }

  for (const [className, json] of [
    ["MPNet", { model_type: "mpnet" }],
    ["DebertaV2", { ...deberta, pooler_hidden_act: "tanh" }],
  ] as const)
    test(`computes a bias of the scores by relative position, under a pattern too: ${className}`, async () => {
      const model = tinyClassifier("topK(sparsity=0.5)", json);
      const folder = join(work, json.model_type);
      const notes = model.save(folder);
      assert.deepEqual(notes, [
        `transformers computes the attention of ${className} itself, so there is no Python module: plain transformers runs the weights with dense attention.`,
      ]);
      assert.ok(readFileSync(join(folder, "README.md"), "utf8").includes(notes[0]));
      assert.ok(!existsSync(join(folder, "crisp_attention.py")));
      const own = await model.predict([...reviews], { topK: 2 });
      assert.ok(furthest(own, await scoresOf(folder, reviews)) <= 1e-4);
      const spread = own.map(([best]) => best.score);
      assert.ok(Math.max(...spread) - Math.min(...spread) > 0.05, "scores of different texts differ");
    });

  test("takes the 8-bit file when asked to", async () => {
    const model = tinyClassifier("topK(sparsity=0.8)");
    const folder = join(work, "small");
    model.save(folder, { quantize: "int8" });
    const [whole, small] = [await scoresOf(folder, reviews), await scoresOf(folder, reviews, "q8")];
    assert.ok(furthest(whole, small) > 1e-6);
    const same = whole.filter((row, at) => row[0].label === small[at][0].label).length;
    assert.ok(same >= 0.8 * reviews.length, `${same} labels`);
  });
});

describe("a saved folder", () => {
  test("of a random pattern has no file that would be another model, and says why", () => {
    const folder = join(work, "random");
    tinyClassifier("topK(sparsity=0.8)").save(folder, { quantize: "int8" });
    for (const name of ["onnx/model.onnx", "onnx/model_quantized.onnx", "crisp_attention.py"])
      assert.ok(existsSync(join(folder, name)));
    const notes = tinyClassifier("random(sparsity=0.5)").save(folder);
    assert.match(notes.join(), /^`random\(sparsity=0\.5\)` draws pairs at random for each example/);
    for (const name of ["onnx/model.onnx", "onnx/model_quantized.onnx", "crisp_attention.py"])
      assert.ok(!existsSync(join(folder, name)));
    assert.ok(readFileSync(join(folder, "README.md"), "utf8").includes(notes[0]));
    assert.ok(!("transformers.js_config" in JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))));
  });
  test("of a tokenizer without a family asks Python for token types, which the model reads", () => {
    const folder = join(work, "types");
    tinyClassifier("dense").save(folder, { onnx: false });
    const config = JSON.parse(readFileSync(join(folder, "tokenizer_config.json"), "utf8"));
    assert.equal(config.tokenizer_class, "PreTrainedTokenizerFast");
    assert.deepEqual(config.model_input_names, ["input_ids", "token_type_ids", "attention_mask"]);
  });
  test("leaves ONNX out on request", () => {
    const folder = join(work, "bare");
    tinyClassifier("dense").save(folder, { onnx: false });
    assert.ok(!existsSync(join(folder, "onnx/model.onnx")) && !existsSync(join(folder, "crisp_attention.py")));
    assert.doesNotMatch(readFileSync(join(folder, "README.md"), "utf8"), /transformers\.js/);
  });
  test("is what the browser gives, too", async () => {
    const folder = join(work, "same");
    const model = tinyClassifier("topK(sparsity=0.8)");
    model.save(folder);
    for (const [name, bytes] of await model.files({ name: "same" })) {
      assert.ok(Buffer.from(bytes).equals(readFileSync(join(folder, name))), name);
    }
  });
});
