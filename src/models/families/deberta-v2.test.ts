import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { block, dense, topK } from "../../attention/index.ts";
import { gradients, topological } from "../../graph/index.ts";
import { computeOn, contextOf, feedsOf } from "../compute-on.fixture.ts";
import { parseEncoderConfig } from "../config/config.ts";
import { initialise, parameterSpecs } from "../initialise.ts";
import { relativeRow } from "../layers/disentangled.ts";
import { buildModel } from "../model-graph.ts";
import { weightsFrom } from "../weights/weights.ts";

const TABLE = "deberta.encoder.rel_embeddings.weight";
const config = parseEncoderConfig({
  ...{ model_type: "deberta-v2", vocab_size: 40, hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3 },
  ...{ intermediate_size: 16, max_position_embeddings: 30, initializer_range: 0.4, position_biased_input: false },
  ...{ relative_attention: true, pos_att_type: "p2c|c2p", position_buckets: 6, share_att_key: true },
});
const weights = initialise(config, 5);
const sentence = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, at) => 2 + ((7 * at * at + 5 * at + 11 * seed) % 38));

describe("the row of a distance is that of transformers", () => {
  test("of DeBERTa-v3: one for each distance up to 128, then ever longer ones up to 512", () => {
    // the first distance of the rows from 384 on, as transformers 5.24 computes them up to 1,100
    const firsts = [
      ...[
        128, 129, 130, 131, 133, 134, 136, 137, 139, 140, 142, 143, 145, 146, 148, 150, 151, 153, 155, 156, 158, 160, 161, 163,
        165,
      ],
      ...[
        167, 169, 170, 172, 174, 176, 178, 180, 182, 184, 186, 188, 190, 192, 194, 196, 198, 201, 203, 205, 207, 210, 212, 214,
        216,
      ],
      ...[
        219, 221, 224, 226, 229, 231, 234, 236, 239, 241, 244, 247, 249, 252, 255, 258, 260, 263, 266, 269, 272, 275, 278, 281,
        284,
      ],
      ...[287, 290, 294, 297],
    ];
    const v3 = { span: 256, logarithmic: true, maxDistance: 512 };
    for (let away = 0; away < 300; away++) {
      const row = away <= 128 ? 256 + away : 384 + firsts.findLastIndex((first) => first <= away);
      assert.equal(relativeRow(away, v3), row, `${away} tokens`);
      assert.equal(relativeRow(-away, v3), 512 - row, `${-away} tokens`);
    }
    assert.deepEqual(
      [511, 512, 1100].map((away) => [relativeRow(away, v3), relativeRow(-away, v3)]),
      [
        [511, 1],
        [511, 0],
        [511, 0],
      ],
    );
  });
  test("without logarithms: one for each distance, the last for all that are farther", () => {
    const rows = [-9, -4, -3, 0, 3, 4, 9].map((distance) =>
      relativeRow(distance, { span: 4, logarithmic: false, maxDistance: 4 }),
    );
    assert.deepEqual(rows, [0, 0, 1, 4, 7, 7, 7]);
  });
});

describe("the gradient of the table of relative positions", () => {
  const graphOf = (pattern = dense()) => buildModel(config, { plan: { pattern }, training: false });
  const tableOf = ({ parameters }: ReturnType<typeof graphOf>) => parameters.find(({ attrs }) => attrs.name === TABLE)!;
  for (const [name, pattern] of [
    ["dense", dense()],
    ["half of the keys", topK({ sparsity: 0.5 })],
    ["half of the blocks", block({ sparsity: 0.5, size: 3 })],
  ] as const) {
    test(`${name}: is that of central differences in float64, over both layers and a ragged batch`, async () => {
      const graph = graphOf(pattern);
      const context = contextOf([sentence(14, 1), sentence(5, 2), sentence(9, 3)], { labels: Int32Array.of(1, 0, 1) });
      const feeds = feedsOf(graph, context, (name) => weights.get(name)!);
      const [node] = gradients(graph.loss, [tableOf(graph)]);
      const got = (await computeOn("float64", { node }, feeds, context.bindings)).node;
      const values = Float64Array.from(feeds[TABLE].data as Float32Array);
      const lossAt = async (at: number, value: number): Promise<number> => {
        const moved = { ...feeds[TABLE], data: values.with(at, value) } as unknown as (typeof feeds)[string];
        return (await computeOn("float64", { loss: graph.loss }, { ...feeds, [TABLE]: moved }, context.bindings)).loss[0];
      };
      let alive = 0;
      for (let at = 0; at < values.length; at += 5) {
        const step = 1e-5;
        const want = ((await lossAt(at, values[at] + step)) - (await lossAt(at, values[at] - step))) / (2 * step);
        assert.ok(Math.abs(got[at] - want) <= 1e-8 + 1e-6 * Math.abs(want), `value ${at}: ${got[at]} and ${want}`);
        alive += Number(Math.abs(want) > 1e-5);
      }
      assert.ok(alive > 15, `${alive} values have a gradient`);
    });
  }
  test("is no scatter: nothing but the embeddings of tokens leaves the graph as rows", () => {
    const graph = graphOf();
    const scattered = (name: string) =>
      topological(
        gradients(
          graph.loss,
          graph.parameters.filter(({ attrs }) => attrs.name === name),
        ),
      ).some(({ op }) => op === "scatterRows");
    assert.deepEqual([TABLE, "deberta.embeddings.word_embeddings.weight"].map(scattered), [false, true]);
  });
});

test("the positions that published encoders carry and do not read do no harm; nothing but the head is drawn", () => {
  const drawn = /^(pooler|classifier)\./;
  const tensors = new Map(
    parameterSpecs(config).flatMap(({ name, shape }) =>
      drawn.test(name) ? [] : [[name, { shape, data: () => weights.get(name)! }] as const],
    ),
  );
  const carried = [
    "deberta.embeddings.position_embeddings.weight",
    "mask_predictions.dense.weight",
    "lm_predictions.lm_head.bias",
  ];
  const all = new Map([...tensors, ...carried.map((name) => [name, { shape: [2], data: () => new Float32Array(2) }] as const)]);
  const { fresh } = weightsFrom(config, { tensors: all as never }, { seed: 1, where: "model.safetensors" });
  assert.deepEqual(fresh, ["pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias"]);
});
