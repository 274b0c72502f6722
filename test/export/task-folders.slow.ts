import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  AutoTokenizer,
  pipeline,
} from "@huggingface/transformers";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { tasks } from "../../src/tasks/index.ts";
import { furthestScore, scoresFrom, type TaskFolder, trainTaskFolders } from "./task-folders.fixture.ts";

const TOLERANCE = 1e-3;
const work = mkdtempSync(join(tmpdir(), "crisp-task-folders-"));
after(() => rmSync(work, { recursive: true }));

describe("a trained folder of every task: the same labels as in Crisp, and scores within 1e-3", () => {
  let folders: readonly TaskFolder[] = [];
  before(async () => {
    folders = await trainTaskFolders(work);
  });
  const held = (title: string, scores: (made: TaskFolder) => Promise<number[][]>, which = (_: TaskFolder) => true) =>
    test(title, async (context) => {
      for (const made of folders.filter(which)) {
        const furthest = furthestScore(made, await scores(made));
        context.diagnostic(`${made.name}: ${furthest.toExponential(1)}`);
        assert.ok(furthest <= TOLERANCE, `${made.name}: ${furthest}`);
      }
    });

  test("one class by three recipes, pairs, several classes, words and numbers; their texts differ in their scores", () => {
    assert.equal(folders.length, 7);
    for (const { name, scores } of folders) {
      const first = scores.map((row) => row[0]);
      assert.ok(Math.max(...first) - Math.min(...first) > 0.05, `${name}: ${first}`);
    }
  });

  held("ONNX Runtime", async (made) => {
    const encoded = made.inputs.map((input) => made.model.encodeText(input));
    const n = Math.max(...encoded.map(({ inputIds }) => inputIds.length));
    const tensor = (of: (at: number) => ArrayLike<number>): Tensor => {
      const values = new BigInt64Array(encoded.length * n);
      encoded.forEach((_, at) => void values.set(Array.from(of(at), BigInt), at * n));
      return new Tensor("int64", values, [encoded.length, n]);
    };
    const all: Record<string, Tensor> = {
      input_ids: tensor((at) => encoded[at].inputIds),
      attention_mask: tensor((at) => encoded[at].inputIds.map(() => 1)),
      token_type_ids: tensor((at) => encoded[at].tokenTypeIds),
    };
    const session = await InferenceSession.create(join(made.folder, "onnx/model.onnx"), { logSeverityLevel: 3 });
    const { logits } = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, all[name]])));
    await session.release();
    return scoresFrom(made, logits.data as Float32Array);
  });

  held("transformers.js, with its own tokenizer", async (made) => {
    const tokenizer = await AutoTokenizer.from_pretrained(made.folder);
    const { perToken } = tasks[made.model.config.task];
    const auto = perToken ? AutoModelForTokenClassification : AutoModelForSequenceClassification;
    const model = await auto.from_pretrained(made.folder);
    const pairs = made.inputs.flatMap(({ pair }) => pair ?? []);
    // of this tokenizer's class it gives none by itself
    const types = { return_token_type_ids: true };
    const options = { padding: true, truncation: true, ...types, ...(pairs.length > 0 && { text_pair: pairs }) };
    const { logits } = await model(
      tokenizer(
        made.inputs.map(({ text }) => text),
        options,
      ),
    );
    await model.dispose();
    return scoresFrom(made, logits.data as Float32Array);
  });

  // a pipeline takes no pairs, gives words no scores but their best, and applies a softmax to one number
  held(
    "transformers.js, its pipeline",
    async ({ folder, inputs, model }) => {
      const classify = await pipeline("text-classification", folder);
      const texts = inputs.map(({ text }) => text);
      const rows = (await classify(texts, { top_k: null as unknown as number })) as unknown as {
        label: string;
        score: number;
      }[][];
      await classify.dispose();
      return rows.map((row) => model.config.labels.map((label) => row.find((each) => each.label === label)!.score));
    },
    ({ model, inputs }) => model.config.numLabels > 1 && !tasks[model.config.task].perToken && !inputs[0].pair,
  );
});
