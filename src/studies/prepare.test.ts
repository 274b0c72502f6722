import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { createTokenizer, encodeDataset } from "../data/index.ts";
import type { StudyDefinition } from "./definition.ts";
import { demoTokenizer } from "./demo/tokenizer.ts";
import { prepareStudy } from "./run-study-node.ts";
import { tinyHeader, tinyStudy } from "./tiny-study.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-prepare-"));
after(() => rmSync(work, { recursive: true, force: true }));
const fingerprint = (changes: Partial<StudyDefinition> = {}): string => tinyHeader(changes).fingerprint;

describe("the fingerprint changes with", () => {
  const { data, options, arms, tokenizer } = tinyStudy();
  const [first, second, ...others] = data.train.examples;
  // the vocabulary with two words swapped: the same texts are other token ids
  const { tokenizerJson, tokenizerConfig } = demoTokenizer();
  const swapped = structuredClone(tokenizerJson) as unknown as { model: { vocab: Record<string, number> } };
  const [a, b] = first.text.split(" ").filter((word) => word in swapped.model.vocab);
  const { vocab } = swapped.model;
  [vocab[a], vocab[b]] = [vocab[b], vocab[a]];
  const other = createTokenizer({
    tokenizerJson: swapped as unknown as typeof tokenizerJson,
    tokenizerConfig,
    maxLength: tokenizer.maxLength,
  });
  const changes: Readonly<Record<string, Partial<StudyDefinition>>> = {
    "another text": {
      data: { ...data, train: { ...data.train, examples: [{ ...first, text: second.text }, second, ...others] } },
    },
    "another label": {
      data: { ...data, train: { ...data.train, examples: [{ ...first, label: 1 - first.label }, second, ...others] } },
    },
    "labels in another order": { data: { ...data, train: { ...data.train, labels: data.train.labels.toReversed() } } },
    "another reported split": { data: { ...data, reported: data.selection! } },
    "no selection split": { data: { ...data, selection: undefined } },
    "another learning rate": { options: { ...options, learningRate: 1e-5 } },
    "another pattern": { arms: [arms[0], { ...arms[1], plan: { pattern: "topK(sparsity=0.8)" } }] },
    "another encoder": {
      model: { kind: "fresh", config: { ...(tinyStudy().model as { config: object }).config, hidden_size: 32 } },
    },
    "another tokenizer": { tokenizer: other },
    "another padding": { tokenizer: { ...tokenizer, padTokenId: 7 } as StudyDefinition["tokenizer"] },
    "fresh sentences": { fresh: [{ text: first.text, label: 0 }] },
  };
  for (const [name, change] of Object.entries(changes)) {
    test(name, () => assert.notEqual(fingerprint(change), fingerprint()));
  }
  test("nothing else: how often checkpoints are written, names, seeds", () => {
    const saving = { options: { ...options, saveSteps: 7, saveTotalLimit: 1 } };
    for (const same of [saving, { study: "other", command: "other" }, { seeds: [7], looks: [1], claims: [] }])
      assert.equal(fingerprint(same), fingerprint());
  });
});

describe("a model counts by its content", () => {
  const [a, b] = ["model-a", "model-b"].map((name) => writeTinyModel(join(work, name)));
  const files = (folder: string, changed?: string) =>
    new Map(
      ["config.json", "model.safetensors"].map((name) => {
        const bytes = new Uint8Array(readFileSync(join(folder, name)));
        if (name === changed) bytes[bytes.length - 1] ^= 1;
        return [name, bytes];
      }),
    );

  test("not by its path, and in a folder as in files", () => {
    const asFolder = fingerprint({ model: { kind: "folder", path: a } });
    assert.equal(fingerprint({ model: { kind: "folder", path: b } }), asFolder);
    assert.equal(fingerprint({ model: { kind: "files", files: files(a) } }), asFolder);
    writeFileSync(join(b, "README.md"), "a model");
    assert.equal(fingerprint({ model: { kind: "folder", path: b } }), asFolder);
  });

  test("other weights are another model", () => {
    const before = fingerprint({ model: { kind: "folder", path: b } });
    writeFileSync(join(b, "model.safetensors"), files(b, "model.safetensors").get("model.safetensors")!);
    assert.notEqual(fingerprint({ model: { kind: "folder", path: b } }), before);
    const asFiles = (changed?: string): string => fingerprint({ model: { kind: "files", files: files(a, changed) } });
    assert.notEqual(asFiles("model.safetensors"), asFiles());
  });
});

test("data are tokenised once, and the first reported sentences are those whose attention is shown", () => {
  const definition = tinyStudy();
  const { data } = prepareStudy(definition);
  assert.deepEqual(data.train, encodeDataset(definition.tokenizer, definition.data.train));
  assert.deepEqual(
    data.mapped!.map(({ text, encoded }) => [text, encoded]),
    data.reported.slice(0, 3).map((encoded, at) => [definition.data.reported.examples[at].text, encoded]),
  );
});

test("what no run could do is refused: layers, options, names", () => {
  const [dense, sparse] = tinyStudy().arms;
  const where = tinyStudy({ arms: [dense, { ...sparse, plan: { ...sparse.plan, layers: [7] } }] });
  assert.throws(() => prepareStudy(where), { code: "pattern/bad-plan" });
  assert.throws(() => prepareStudy(tinyStudy({ options: { learningRate: -1 } })), { code: "training/bad-option" });
  assert.throws(() => prepareStudy(tinyStudy({ claims: ["none"] })), { code: "study/bad-spec" });
});
