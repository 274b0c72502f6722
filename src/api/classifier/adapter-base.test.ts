// Models that share an encoder and add their own adapters, beside the same models with the adapters merged in.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../../test/tiny-model.fixture.ts";
import { ADAPTER_FILES, readSafetensors, writeSafetensors } from "../../models/index.ts";
import { train } from "../train-node.ts";
import { Classifier } from "./classifier-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-adapters-"));
after(() => rmSync(work, { recursive: true, force: true }));
const at = (name: string): string => join(work, name);
const texts = ["a fine film", "dull and far too long", "who would have thought it"];
const scoresOf = async (model: Classifier) =>
  (await model.predict(texts, { topK: 2 })).map((row) => row.map(({ label, score }) => [label, score] as const));
const far = (a: Awaited<ReturnType<typeof scoresOf>>, b: Awaited<ReturnType<typeof scoresOf>>): number =>
  Math.max(...a.flatMap((row, i) => row.map(([, score], j) => Math.abs(score - b[i][j][1]))));

const MODELS = { one: { loraRank: 4 }, two: { loraRank: 2, loraTargetModules: ["query", "value"], seed: 5 } };

before(async () => {
  writeTinyModel(at("base"), 0.3);
  writeTinyModel(at("other"), 0.2);
  const data = writeReviews(work, "train.tsv", 60);
  for (const [name, own] of Object.entries(MODELS)) {
    const options = { preset: "huggingface", learningRate: 2e-2, maxSteps: 6, ...own } as const;
    const { model } = (await train({ data, model: at("base"), ...options }).result)!;
    (model as Classifier).save(at(name), { onnx: false });
  }
});

describe("models over one base", () => {
  test("answer as those with merged weights, each its own, without the weights of their folders", async () => {
    const base = await Classifier.loadBase(at("base"));
    const answers = [];
    for (const name of Object.keys(MODELS)) {
      const merged = await scoresOf(await Classifier.load(at(name)));
      cpSync(at(name), at(`${name}-alone`), { recursive: true });
      rmSync(join(at(`${name}-alone`), "model.safetensors"));
      const beside = await scoresOf(await Classifier.load(at(`${name}-alone`), { base }));
      assert.ok(far(merged, beside) < 1e-5, `${name}: ${far(merged, beside)}`);
      answers.push(merged);
    }
    assert.ok(far(answers[0], answers[1]) > 1e-3, "the models differ");
  });
  test("hold the encoder's weights once", async () => {
    const base = await Classifier.loadBase(at("base"));
    const config = { ...(await Classifier.load(at("one"))).config };
    const files = (name: string) =>
      new Map(ADAPTER_FILES.map((file) => [file, new Uint8Array(readFileSync(join(at(name), file)))]));
    const [one, two] = await Promise.all(["one", "two"].map((name) => base.adapted(config, files(name), name)));
    const shared = [...one.weights].filter(([name, values]) => two.weights.get(name) === values).map(([name]) => name);
    const words = [...one.weights.keys()].find((name) => name.includes("word_embeddings"))!;
    assert.ok(shared.includes(words));
    assert.deepEqual(
      [...one.weights.keys()].filter((name) => !shared.includes(name)).filter((name) => !/lora_|classifier/.test(name)),
      [],
    );
  });
  test("saved again, are what they were, adapter and merged weights", async () => {
    const base = await Classifier.loadBase(at("base"));
    const model = await Classifier.load(at("one"), { base });
    model.save(at("again"), { onnx: false });
    assert.ok(far(await scoresOf(await Classifier.load(at("one"))), await scoresOf(await Classifier.load(at("again")))) < 1e-6);
    for (const name of ADAPTER_FILES)
      assert.deepEqual(readFileSync(join(at("again"), name)), readFileSync(join(at("one"), name)));
  });
});

describe("refused", () => {
  test("an adapter that was trained beside another encoder", async () => {
    const base = await Classifier.loadBase(at("other"));
    await assert.rejects(Classifier.load(at("one"), { base }), { code: "adapter/other-base", message: /trained beside/ });
  });
  test("a folder without an adapter", async () => {
    const base = await Classifier.loadBase(at("base"));
    await assert.rejects(Classifier.load(at("base"), { base }), { code: "model/not-trained" });
    cpSync(at("one"), at("bare"), { recursive: true });
    rmSync(join(at("bare"), "adapter"), { recursive: true });
    rmSync(join(at("bare"), ".crisp-files.json"));
    await assert.rejects(Classifier.load(at("bare"), { base }), { code: "adapter/missing" });
  });
  const [configFile, weightsFile] = ADAPTER_FILES;
  const damaged: Readonly<Record<string, readonly [change: (folder: string) => void, message: RegExp]>> = {
    "another method": [edit({ use_dora: true }), /expected plain LoRA, got use_dora true/],
    "a rank that is not that of its matrices": [edit({ r: 1_000_000_000 }), /got r 1000000000 and matrices of 4/],
    "an alpha that is none": [edit({ lora_alpha: "much" }), /lora_alpha, a number, got "much"/],
    "a config that is no JSON": [(folder) => writeFileSync(join(folder, configFile), "{"), /expected JSON/],
    "matrices of another width": [(folder) => reshape(folder), /misshapen/],
  };
  for (const [what, [change, message]] of Object.entries(damaged)) {
    test(what, async () => {
      const folder = at(what.replaceAll(" ", "-"));
      cpSync(at("one"), folder, { recursive: true });
      rmSync(join(folder, ".crisp-files.json"));
      change(folder);
      await assert.rejects(Classifier.load(folder, { base: await Classifier.loadBase(at("base")) }), { message });
    });
  }
  function edit(own: object) {
    return (folder: string): void => {
      const file = join(folder, configFile);
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...own }));
    };
  }
  function reshape(folder: string): void {
    const file = join(folder, weightsFile);
    const { tensors } = readSafetensors(readFileSync(file), file);
    const wrong = [...tensors].map(([name, { shape, data }]) => {
      const flipped = name.endsWith("lora_B.weight") ? [shape[1], shape[0]] : shape;
      return [name, { shape: flipped, data: data() }] as const;
    });
    writeFileSync(file, Buffer.concat(writeSafetensors(wrong, { format: "pt" })));
  }
});
