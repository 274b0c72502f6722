import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { block, dense, topK } from "../../attention/index.ts";
import { gradients } from "../../graph/index.ts";
import { computeOn, contextOf, feedsOf } from "../compute-on.fixture.ts";
import { parseEncoderConfig } from "../config/config.ts";
import { initialise } from "../initialise.ts";
import { buildModel } from "../model-graph.ts";
import { relativeBucket } from "./mpnet.ts";

const TABLE = "mpnet.encoder.relative_attention_bias.weight";
const config = parseEncoderConfig({
  ...{ model_type: "mpnet", vocab_size: 40, hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3 },
  ...{ intermediate_size: 16, max_position_embeddings: 200, initializer_range: 0.4 },
});
const weights = initialise(config, 5);
const sentence = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, at) => 2 + ((7 * at * at + 5 * at + 11 * seed) % 38));

test("a distance has the bucket of transformers' relative_position_bucket", () => {
  // the first distance of each bucket, as transformers 5.24 computes them up to 600
  const firsts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91];
  for (let away = 0; away <= 600; away++) {
    const bucket = firsts.findLastIndex((first) => first <= away);
    assert.deepEqual([relativeBucket(-away), relativeBucket(away)], [bucket, away === 0 ? 0 : 16 + bucket], `${away} tokens`);
  }
});

describe("the gradient of the bias table", () => {
  for (const [name, pattern] of [
    ["dense", dense()],
    ["half of the keys", topK({ sparsity: 0.5 })],
    ["half of the blocks", block({ sparsity: 0.5, size: 3 })],
  ] as const) {
    test(`${name}: is that of central differences in float64, over both layers and a ragged batch`, async () => {
      const graph = buildModel(config, { plan: { pattern }, training: false });
      const context = contextOf([sentence(14, 1), sentence(5, 2), sentence(9, 3)], { labels: Int32Array.of(1, 0, 1) });
      const feeds = feedsOf(graph, context, (name) => weights.get(name)!);
      const table = graph.parameters.find(({ attrs }) => attrs.name === TABLE)!;
      const [node] = gradients(graph.loss, [table]);
      const got = (await computeOn("float64", { node }, feeds, context.bindings)).node;
      const values = Float64Array.from(feeds[TABLE].data as Float32Array);
      const lossAt = async (at: number, value: number): Promise<number> => {
        const moved = { ...feeds[TABLE], data: values.with(at, value) } as unknown as (typeof feeds)[string];
        return (await computeOn("float64", { loss: graph.loss }, { ...feeds, [TABLE]: moved }, context.bindings)).loss[0];
      };
      let alive = 0;
      for (let at = 0; at < values.length; at++) {
        const step = 1e-5;
        const want = ((await lossAt(at, values[at] + step)) - (await lossAt(at, values[at] - step))) / (2 * step);
        assert.ok(Math.abs(got[at] - want) <= 1e-8 + 1e-6 * Math.abs(want), `value ${at}: ${got[at]} and ${want}`);
        alive += Number(Math.abs(want) > 1e-4);
      }
      assert.ok(alive > 20, `${alive} values have a gradient`);
    });
  }
  test("reaches the bucket of every distance that a text has, and no other", async () => {
    const graph = buildModel(config, { training: false });
    const [node] = gradients(graph.loss, [graph.parameters.find(({ attrs }) => attrs.name === TABLE)!]);
    for (const length of [6, 40, 180]) {
      const context = contextOf([sentence(length, 4)]);
      const feeds = feedsOf(graph, context, (name) => weights.get(name)!);
      const got = Array.from((await computeOn("float64", { node }, feeds, context.bindings)).node);
      const met = new Set<number>();
      for (let away = 0; away < length; away++) for (const side of [-away, away]) met.add(relativeBucket(side));
      for (let bucket = 0; bucket < 32; bucket++) {
        const row = got.slice(3 * bucket, 3 * bucket + 3);
        assert.ok(
          row.every((value) => (value !== 0) === met.has(bucket)),
          `${length} tokens, bucket ${bucket}: ${row}`,
        );
      }
    }
  });
});
