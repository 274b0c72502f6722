import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { createTokenizer, encodeDataset } from "../data/index.ts";
import type { StudyDefinition } from "./definition.ts";
import { demoTokenizer } from "./demo/tokenizer.ts";
import { divergedRun } from "./diverged.ts";
import { resultsOf } from "./results.ts";
import { prepareStudy } from "./run-study-node.ts";
import { tinyHeader, tinyStudy } from "./tiny-study.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-prepare-"));
after(() => rmSync(work, { recursive: true, force: true }));
/** Of the runs of the first seed. */
const ids = (changes: Partial<StudyDefinition> = {}): string[] =>
  tinyHeader(changes)
    .runs.slice(0, 2)
    .map(({ id }) => id);

describe("a run has another id with", () => {
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
    "another tokenizer that reads these texts alike": { tokenizer: { ...tokenizer, fingerprint: () => "another" } },
    "fewer training rows": { draw: { rows: 32 } },
    "noisy labels": { draw: { labelNoise: 0.1 } },
    "fresh sentences": { fresh: [{ text: first.text, label: 0 }] },
  };
  for (const [name, change] of Object.entries(changes)) {
    test(name, () => assert.notEqual(ids(change)[1], ids()[1]));
  }
  test("another seed, and another arm", () => assert.equal(new Set(tinyHeader().runs.map(({ id }) => id)).size, 4));
  test("options of its own arm alone", () => {
    const own = { arms: [arms[0], { ...arms[1], options: { weightDecay: 0.1 } }] };
    assert.equal(ids(own)[0], ids()[0]);
    assert.notEqual(ids(own)[1], ids()[1]);
  });
  test("nothing else: how often checkpoints are written, names, the other seeds", () => {
    const saving = { options: { ...options, saveSteps: 7, saveTotalLimit: 1 } };
    const renamed = { arms: arms.map((arm) => ({ ...arm, name: `${arm.name}${arm === arms[0] ? "" : "-b"}` })) };
    for (const same of [saving, renamed, { study: "other", command: "other" }, { seeds: [1], looks: [1], claims: [] }])
      assert.deepEqual(ids(same), ids());
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
    const asFolder = ids({ model: { kind: "folder", path: a } });
    assert.deepEqual(ids({ model: { kind: "folder", path: b } }), asFolder);
    assert.deepEqual(ids({ model: { kind: "files", files: files(a) } }), asFolder);
    writeFileSync(join(b, "README.md"), "a model");
    assert.deepEqual(ids({ model: { kind: "folder", path: b } }), asFolder);
  });

  test("other weights are another model", () => {
    const before = ids({ model: { kind: "folder", path: b } });
    writeFileSync(join(b, "model.safetensors"), files(b, "model.safetensors").get("model.safetensors")!);
    assert.notDeepEqual(ids({ model: { kind: "folder", path: b } }), before);
    const asFiles = (changed?: string): string[] => ids({ model: { kind: "files", files: files(a, changed) } });
    assert.notDeepEqual(asFiles("model.safetensors"), asFiles());
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

describe("an arm that starts from fewer layers", () => {
  const [dense, sparse] = tinyStudy().arms;
  const study = (changes: Partial<StudyDefinition["arms"][number]>) =>
    prepareStudy(tinyStudy({ arms: [dense, { ...sparse, options: { numHiddenLayers: 1 }, ...changes }] }));

  test("has its plan checked against those that it has", () => {
    study({ plan: { ...sparse.plan, layers: [0] } });
    study({ plan: { ...sparse.plan, layers: [1] }, options: {} });
    assert.throws(() => study({ plan: { ...sparse.plan, layers: [1] } }), { code: "pattern/bad-plan" });
    assert.throws(() => study({ options: { numHiddenLayers: 9 } }), { code: "training/bad-option" });
  });

  test("is reported with their FLOPs", () => {
    const flops = (changes: Partial<StudyDefinition["arms"][number]>) => {
      const prepared = study(changes);
      const { runs, plan } = prepared.header;
      const stored = runs.map((run) => divergedRun(prepared, run));
      const { arms } = resultsOf(prepared, plan, stored, {} as Parameters<typeof resultsOf>[3]);
      return arms.map(({ flops: { layer } }) => layer);
    };
    const [whole, own] = flops({});
    assert.deepEqual([whole, 2 * own], flops({ options: {} }));
  });
});
