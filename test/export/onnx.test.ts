import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { parsePattern } from "../../src/attention/index.ts";
import type { Encoded } from "../../src/data/index.ts";
import { deriveInputs, onnxClassifier } from "../../src/export/index.ts";
import { constant, input, mul } from "../../src/graph/index.ts";
import { initialise, withLabels } from "../../src/models/index.ts";
import { crispLogits, families, fewPlans, furthest, largeConfig, others, plans, texts } from "./cases.fixture.ts";

const TOLERANCE = 1e-4;

/** int64 [B, n], padded at the end. */
function tensor(rows: readonly ArrayLike<number>[], n: number): Tensor {
  const values = new BigInt64Array(rows.length * n);
  rows.forEach((row, at) => {
    values.set(Array.from(row, BigInt), at * n);
  });
  return new Tensor("int64", values, [rows.length, n]);
}

async function logitsOf(session: InferenceSession, batch: readonly Encoded[], n: number): Promise<number[][]> {
  const all: Record<string, Tensor> = {
    input_ids: tensor(
      batch.map(({ inputIds }) => inputIds),
      n,
    ),
    attention_mask: tensor(
      batch.map(({ inputIds }) => inputIds.map(() => 1)),
      n,
    ),
    token_type_ids: tensor(
      batch.map(({ tokenTypeIds }) => tokenTypeIds),
      n,
    ),
  };
  const { logits } = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, all[name]])));
  const perRow = logits.data.length / batch.length;
  const data = Array.from(logits.data as Float32Array);
  // of a token classifier, [B, n, C], the real tokens
  const own = (row: number): number => (logits.dims.length === 3 ? batch[row].inputIds.length * logits.dims[2] : perRow);
  return batch.map((_, row) => data.slice(row * perRow, row * perRow + own(row)));
}

const open = (bytes: Uint8Array): Promise<InferenceSession> =>
  InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
const dense = { pattern: parsePattern("dense") };
const bert = families.bert;

const cases = [
  ...Object.entries(families).map(([name, config]) => [name, config, plans] as const),
  ...Object.entries(others).map(([name, config]) => [name, config, fewPlans] as const),
];
for (const [name, config, all] of cases) {
  describe(`an exported ${name}`, () => {
    const weights = initialise(config, 3);
    for (const [title, plan] of Object.entries(all)) {
      test(`gives Crisp's logits, alone and in any batch, with ${title}`, async () => {
        const session = await open(onnxClassifier({ config, plan, weights }));
        const readsTypes = /^(bert|electra|albert|deberta-v2)$/.test(config.family) && config.typeVocabSize > 0;
        const types = readsTypes ? ["token_type_ids"] : [];
        assert.deepEqual([...session.inputNames].sort(), ["attention_mask", "input_ids", ...types]);
        assert.deepEqual(session.outputNames, ["logits"]);
        const wanted = await crispLogits(config, weights, plan);
        const together = await logitsOf(session, texts, 33);
        assert.ok(furthest(together, wanted) <= TOLERANCE, `in a batch: ${furthest(together, wanted)}`);
        const longer = await logitsOf(session, texts, 34);
        assert.ok(furthest(longer, wanted) <= TOLERANCE, `with more padding: ${furthest(longer, wanted)}`);
        for (const [at, text] of texts.entries()) {
          const alone = await logitsOf(session, [text], text.inputIds.length);
          assert.ok(furthest(alone, [wanted[at]]) <= TOLERANCE, `text ${at} alone`);
        }
        const apart = furthest(together, await crispLogits(config, weights, dense));
        assert.ok(title === "dense" ? apart <= TOLERANCE : apart > 100 * TOLERANCE, `${apart} from dense attention`);
        await session.release();
      });
    }
  });
}

test("weights keep their Hugging Face names", async () => {
  const weights = initialise(bert, 3);
  const text = Buffer.from(onnxClassifier({ config: bert, plan: dense, weights })).toString("latin1");
  for (const name of weights.keys()) assert.ok(text.includes(name), name);
});

test("a task that reads anything but tokens is refused", () => {
  const masked = withLabels(bert, [], "masked_lm");
  assert.throws(() => onnxClassifier({ config: masked, plan: dense, weights: initialise(masked, 3) }), { code: "export/input" });
});

test("a pattern that draws for each example has no ONNX form", () => {
  const weights = initialise(bert, 3);
  for (const id of ["random(sparsity=0.5)", "anyOf(slidingWindow(radius=1), random(sparsity=0.9))"]) {
    assert.throws(() => onnxClassifier({ config: bert, plan: { pattern: parsePattern(id) }, weights }), {
      code: "export/random",
    });
  }
});

test("an input of no known form is refused, and one that nothing reads is not asked for", () => {
  const shape = ["B", 1, 1, "n"];
  const odd = input("odd", shape);
  const write = (out: { fill(value: number): unknown }, { lengths }: { lengths: Int32Array }) => void out.fill(lengths[0] / 3);
  const fed = { node: odd, fill: { kind: "values", write } } as unknown as Parameters<typeof deriveInputs>[1][number];
  assert.throws(() => deriveInputs(mul(odd, constant(2)), [fed], { maxPositions: 20 }), {
    code: "export/input",
    message: /^export, input odd: expected one of: token ids, .*, got float \[B, 1, 1, n\]\./,
  });
  const two = constant(2);
  assert.equal(deriveInputs(two, [fed], { maxPositions: 20 }), two);
});

test("a text of full length ends with the closing token, whatever it ended with", async () => {
  const weights = initialise(bert, 3);
  const closing = { maxLength: 19, tokenId: 58 };
  const session = await open(onnxClassifier({ config: bert, plan: dense, weights, closing }));
  const closed = texts.map((text) => {
    const inputIds = text.inputIds.slice();
    if (inputIds.length === closing.maxLength) inputIds[closing.maxLength - 1] = closing.tokenId;
    return { ...text, inputIds };
  });
  assert.notDeepEqual(closed[0].inputIds, texts[0].inputIds);
  const plain = await open(onnxClassifier({ config: bert, plan: dense, weights }));
  assert.deepEqual(await logitsOf(session, texts, 33), await logitsOf(plain, closed, 33));
  assert.notDeepEqual(await logitsOf(session, texts, 33), await logitsOf(plain, texts, 33));
});

for (const family of ["bert", "distilbert", "roberta", "albert", "modernbert"] as const) {
  test(`int8 takes less than 0.4 of the bytes even of a small model, and its logits are close by: ${family}`, async () => {
    const config = largeConfig(family);
    const weights = initialise(config, 3);
    const plan = plans["slidingWindow(radius=2)"];
    const [whole, small] = [{}, { quantize: "int8" } as const].map((more) => onnxClassifier({ config, plan, weights, ...more }));
    assert.ok(small.length < 0.4 * whole.length, `${small.length} of ${whole.length} bytes`);
    const [a, b] = [await logitsOf(await open(whole), texts, 33), await logitsOf(await open(small), texts, 33)];
    const spread = Math.max(...a.flat()) - Math.min(...a.flat());
    assert.ok(furthest(a, b) > 0 && furthest(a, b) < 0.1 * spread, `${furthest(a, b)} of a spread of ${spread}`);
  });

  test(`int8 says the same of a text alone and in a batch: ${family}`, async () => {
    const config = largeConfig(family);
    const session = await open(onnxClassifier({ config, plan: dense, weights: initialise(config, 3), quantize: "int8" }));
    const together = await logitsOf(session, texts, 33);
    const alone: number[][] = [];
    for (const text of texts) alone.push(...(await logitsOf(session, [text], text.inputIds.length)));
    assert.ok(furthest(together, alone) < 1e-5, `${furthest(together, alone)}`);
  });
}
