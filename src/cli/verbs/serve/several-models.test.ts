import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../../../test/tiny-model.fixture.ts";
import { Classifier, train } from "../../../api/index-node.ts";
import { ask, codeOf } from "../../../server/ask.fixture.ts";
import { serving } from "./serving.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-serve-several-"));
after(() => rmSync(work, { recursive: true, force: true }));
const at = (name: string): string => join(work, name);
const names = ["tickets", "a tone"];
const texts = Array.from({ length: 12 }, (_, i) => `film ${i} ${["was fine", "was dull", "was long"][i % 3]}`);

before(async () => {
  writeTinyModel(at("base"), 0.3);
  const data = writeReviews(work, "train.tsv", 40);
  for (const [seed, name] of names.entries()) {
    const options = { preset: "huggingface", learningRate: 2e-2, maxSteps: 4, loraRank: 2, seed } as const;
    const { model } = (await train({ data, model: at("base"), ...options }).result)!;
    (model as Classifier).save(at(name), { onnx: false });
  }
});

const scores = async (url: string, path: string): Promise<number[]> => {
  const body = JSON.stringify({ texts });
  const { status, text } = await ask(new URL(path, url), {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json" },
  });
  assert.equal(status, 200, text);
  return JSON.parse(text).answers.map(({ score }: { score: number }) => score);
};

test("several models over one encoder answer at paths of their own, asked all at once", async (t) => {
  const folders = names.map((name) => {
    const alone = join(work, "alone", name);
    mkdirSync(join(work, "alone"), { recursive: true });
    cpSync(at(name), alone, { recursive: true });
    rmSync(join(alone, "model.safetensors"));
    return alone;
  });
  const { url } = await serving(t, ...folders, "--base_model", at("base"), "--max_batch_size", "5");
  const paths = ["predict", "models/tickets/predict", "models/a%20tone/predict"];
  const { text } = await ask(new URL("models", url));
  assert.deepEqual(
    JSON.parse(text).models.map(({ name, path }: { name: string; path: string }) => [name, path]),
    [
      ["tickets", `/${paths[1]}`],
      ["a tone", `/${paths[2]}`],
    ],
  );
  const expected = [];
  for (const name of names) {
    expected.push((await (await Classifier.load(at(name))).predict(texts)).map(([{ score }]) => score));
  }
  const far = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  assert.ok(far(expected[0], expected[1]) > 1e-3, "the models differ");
  const [first, one, two, again] = await Promise.all([...paths, paths[1]].map((path) => scores(url, path)));
  for (const answered of [first, one, again]) assert.ok(far(answered, expected[0]) < 1e-5);
  assert.ok(far(two, expected[1]) < 1e-5);

  const other = await ask(new URL("models/other/predict", url), {
    ...{ method: "POST", body: JSON.stringify({ texts }), headers: { "Content-Type": "application/json" } },
  });
  assert.deepEqual([other.status, codeOf(other)], [404, "serve/no-model"]);
  const { paths: described } = JSON.parse((await ask(new URL("openapi.json", url))).text);
  for (const path of paths) assert.ok(described[`/${path}`], path);
  assert.match((await ask(new URL("metrics", url))).text, /path="\/models\/a tone\/predict",code="200"\} 1/);
});

test("two folders of one name, and a base that no adapter belongs to, are refused at the start", async (t) => {
  cpSync(at("tickets"), at("more/tickets"), { recursive: true });
  await assert.rejects(serving(t, at("tickets"), at("more/tickets")), /folders of different names.*tickets twice/s);
  writeTinyModel(at("other"), 0.2);
  await assert.rejects(serving(t, at("tickets"), "--base_model", at("other")), /trained beside/);
});
