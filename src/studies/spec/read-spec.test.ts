import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { armsOf, optionsOf, readStudySpec } from "./read-spec-node.ts";
import { studyJsonSchema } from "./schema.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-spec-"));
after(() => rmSync(work, { recursive: true, force: true }));
const file = join(work, "spec.json");
const read = (spec: unknown) => {
  writeFileSync(file, typeof spec === "string" ? spec : JSON.stringify(spec));
  return readStudySpec(file);
};
const arms = [
  { name: "dense", pattern: "dense" },
  { name: "upper", pattern: "topK(sparsity=0.8)", layers: [3, 4, 5], heads: [0], rampSteps: 100 },
  { name: "entmax", pattern: "dense", normaliser: "entmax15", dropout: "columns" },
  { name: "decayed", pattern: "dense", options: { weight_decay: 0.1 } },
];
const whole = {
  study: "windows",
  models: [{ name: "minilm", model_name_or_path: "models/minilm" }],
  tasks: [
    { name: "sst2", train_file: "train.tsv", validation_file: "dev.tsv", text_column_name: ["a", "b"], max_seq_length: 64 },
  ],
  arms,
  sizes: [250, 1000, "all"],
  label_noise: [0, 0.1],
  hyperparameters: [{ name: "slow", options: { learning_rate: 1e-5 } }],
  options: { num_train_epochs: 2, eval_strategy: "no" },
  seeds: [1, 2, 3, 4, 5],
  claims: ["upper"],
  looks: [5],
  tuning: { trials: [{ learning_rate: 1e-5 }, { learning_rate: 5e-5 }], seeds: [101, 102] },
};

test("a whole spec is read as it stands, from JSON as from a module", async () => {
  assert.deepEqual(await read(whole), whole);
  const module = join(work, "spec.ts");
  writeFileSync(module, `export default ${JSON.stringify(whole)} as const;\n`);
  assert.deepEqual(await readStudySpec(module), whole);
  const short = { model: "minilm", train_file: "train.tsv", validation_file: "dev.tsv" };
  assert.deepEqual(await read(short), short);
});

test("arms become plans and options of their own", () => {
  assert.deepEqual(armsOf(arms), [
    { name: "dense", plan: { pattern: "dense" }, nominalSparsity: 0 },
    {
      name: "upper",
      plan: { pattern: "topK(sparsity=0.8)", layers: [3, 4, 5], heads: [0], rampSteps: 100 },
      nominalSparsity: 0.8,
    },
    { name: "entmax", plan: { pattern: "dense", normaliser: "entmax15", dropout: "columns" }, nominalSparsity: 0 },
    { name: "decayed", plan: { pattern: "dense" }, nominalSparsity: 0, options: { weightDecay: 0.1 } },
  ]);
  assert.deepEqual(optionsOf({ per_device_train_batch_size: 8 }), { perDeviceTrainBatchSize: 8 });
});

test("a pattern is stored by its own id, however it was written; a wrong one is refused", () => {
  assert.equal(armsOf([{ name: "a", pattern: " topK( sparsity = .80 ) " }])[0].plan.pattern, "topK(sparsity=0.8)");
  assert.throws(() => armsOf([{ name: "a", pattern: "topK(sparsity=1)" }]), { code: "pattern/bad-parameter" });
});

describe("what a spec cannot hold is refused, naming the key", () => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    ["{", /spec\.json: expected a study's spec in JSON, got .*--train_file/],
    ['{"text": "a film", "label": 1}\n{"text": "a book", "label": 0}', /expected a study's spec in JSON/],
    [[], /spec\.json: expected object, got \[\]\./],
    ["null", /spec\.json: expected object, got null\./],
    [{ seed: [1] }, /spec\.json: expected keys among .*study, .*, got seed\. Did you mean seeds\?/],
    [{ seeds: 5 }, /spec\.json, seeds: expected array, got 5\./],
    [{ seeds: [] }, /seeds: expected .*>=1.*, got \[\]\./],
    [{ seeds: [1.5] }, /seeds\[0\]: expected int, got 1\.5\./],
    [{ seeds: [-1] }, /seeds\[0\]: expected .*>=0.*, got -1\./],
    [{ claims: "light_sparse" }, /claims: expected array/],
    [{ looks: ["5"] }, /looks\[0\]: expected number/],
    [{ model: "" }, /model: expected/],
    [{ study: "../elsewhere" }, /study: expected letters, digits/],
    [{ study: ".." }, /study: expected letters, digits/],
    [{ arms: [] }, /arms: expected/],
    [{ arms: [null] }, /arms\[0\]: expected object, got null/],
    [{ arms: [{ name: "a" }] }, /arms\[0\]\.pattern: expected string, got nothing\./],
    [
      { arms: [{ name: "a", pattern: "dense", layer: [0] }] },
      /arms\[0\]: expected keys among .*layers.*, got layer\. Did you mean layers\?/,
    ],
    [{ arms: [{ name: "a", patern: "dense" }] }, /arms\[0\]: expected keys among .*, got patern\. Did you mean pattern\?/],
    [{ arms: [{ name: "a", pattern: "dense", layers: "0" }] }, /arms\[0\]\.layers: expected array/],
    [{ arms: [{ name: "a", pattern: "dense", rampSteps: 0.5 }] }, /arms\[0\]\.rampSteps: expected int/],
    [{ options: { lr: 1e-5 } }, /spec\.json, options: expected keys among .*learning_rate.*, got lr\./],
    [{ options: { learning_rate: -1 } }, /options\.learning_rate: expected .*>=0.*, got -1\./],
    [{ options: { seed: 1 } }, /options: expected keys/],
    [{ sizes: [1] }, /sizes\[0\]: expected/],
    [{ label_noise: [1] }, /label_noise\[0\]: expected .*<1.*, got 1\./],
    [{ model: "a", models: [{ name: "a", model_name_or_path: "a" }] }, /spec\.json: expected model or models, got both\./],
    [{ train_file: "a.tsv", tasks: [{ name: "a", train_file: "a.tsv" }] }, /or tasks, got both\./],
    [
      { seeds: [1, 2], tuning: { trials: [{}, {}], seeds: [2] } },
      /spec\.json, tuning\.seeds: expected seeds that no reported run has, got 2\./,
    ],
  ];
  for (const [spec, message] of refused) {
    test(typeof spec === "string" ? spec : JSON.stringify(spec), () =>
      assert.rejects(read(spec), (error: Error & { code: string }) => {
        assert.equal(error.code, "study/bad-spec");
        assert.match(error.message, message);
        return true;
      }),
    );
  }
  test("a file that is not there, and a module without a spec", async () => {
    await assert.rejects(readStudySpec(join(work, "none.json")), { code: "study/bad-spec" });
    const module = join(work, "empty.mjs");
    writeFileSync(module, "export const spec = 1;\n");
    await assert.rejects(readStudySpec(module), { code: "study/bad-spec", message: /expected object, got nothing/ });
  });
});

test("the published schema is the one that specs are checked by", () => {
  const published = JSON.parse(readFileSync(join(import.meta.dirname, "../../../schemas/study.schema.json"), "utf8"));
  assert.deepEqual(published, JSON.parse(JSON.stringify(studyJsonSchema())), "run node scripts/write-schema.ts");
});
