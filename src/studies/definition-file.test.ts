import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { armsOf, readStudyFile } from "./definition-file-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-spec-"));
after(() => rmSync(work, { recursive: true, force: true }));
const file = join(work, "spec.json");
const read = (spec: unknown) => {
  writeFileSync(file, typeof spec === "string" ? spec : JSON.stringify(spec));
  return readStudyFile(file);
};

test("a whole spec is read as it stands", () => {
  const spec = {
    study: "windows",
    model: "minilm",
    train_file: "train.tsv",
    validation_file: "dev.tsv",
    arms: [
      { name: "dense", pattern: "dense" },
      { name: "upper", pattern: "topK(sparsity=0.8)", layers: [3, 4, 5], heads: [0], rampSteps: 100 },
      { name: "sparsemax", pattern: "dense", normaliser: "sparsemax", dropout: "columns" },
    ],
    seeds: [1, 2, 3, 4, 5],
    claims: ["upper"],
    looks: [5],
  };
  assert.deepEqual(read(spec), spec);
  assert.deepEqual(armsOf(spec.arms), [
    { name: "dense", plan: { pattern: "dense" }, nominalSparsity: 0 },
    {
      name: "upper",
      plan: { pattern: "topK(sparsity=0.8)", layers: [3, 4, 5], heads: [0], rampSteps: 100 },
      nominalSparsity: 0.8,
    },
    { name: "sparsemax", plan: { pattern: "dense", normaliser: "sparsemax", dropout: "columns" }, nominalSparsity: 0 },
  ]);
});

test("a pattern is stored by its own id, however it was written; a wrong one is refused", () => {
  assert.equal(armsOf([{ name: "a", pattern: " topK( sparsity = .80 ) " }])[0].plan.pattern, "topK(sparsity=0.8)");
  assert.throws(() => armsOf([{ name: "a", pattern: "topK(sparsity=1)" }]), { code: "pattern/bad-parameter" });
});

describe("what a spec cannot hold is refused, naming the key", () => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    ["{", /spec\.json: expected a study's spec in JSON, got .*--train_file/],
    ['{"text": "a film", "label": 1}\n{"text": "a book", "label": 0}', /expected a study's spec in JSON/],
    [[], /expected a JSON object, got \[\]\./],
    ["null", /expected a JSON object, got null\./],
    [{ seed: [1] }, /expected keys among study, .*, got seed\./],
    [{ seeds: 5 }, /spec\.json, seeds: expected a list of whole numbers, got 5\./],
    [{ seeds: [] }, /seeds: expected/],
    [{ seeds: [1.5] }, /seeds: expected/],
    [{ claims: "light_sparse" }, /claims: expected a list of arm names/],
    [{ looks: ["5"] }, /looks: expected/],
    [{ model: "" }, /model: expected a model folder/],
    [{ study: "../elsewhere" }, /study: expected a name/],
    [{ study: ".." }, /study: expected a name/],
    [{ arms: [] }, /arms: expected a list of/],
    [{ arms: [null] }, /arms: expected a list of/],
    [{ arms: [{ name: "a" }] }, /arms: expected a list of/],
    [{ arms: [{ name: "a", pattern: "dense", layer: [0] }] }, /arms: expected .*"layers"/],
    [{ arms: [{ name: "a", pattern: "dense", layers: "0" }] }, /arms: expected/],
    [{ arms: [{ name: "a", pattern: "dense", normaliser: 2 }] }, /arms: expected .*"normaliser"/],
    [{ arms: [{ name: "a", pattern: "dense", rampSteps: 0.5 }] }, /arms: expected/],
  ];
  for (const [spec, message] of refused) {
    test(typeof spec === "string" ? spec : JSON.stringify(spec), () =>
      assert.throws(() => read(spec), { code: "study/bad-spec", message }),
    );
  }
  test("a file that is not there", () => assert.throws(() => readStudyFile(join(work, "none.json")), { code: "study/bad-spec" }));
});
