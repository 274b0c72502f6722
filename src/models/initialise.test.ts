import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import { initialise, initialValues, type ParameterSpec, parameterSpecs } from "./initialise.ts";

const bert = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 200, hidden_size: 48, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ intermediate_size: 96, max_position_embeddings: 20, initializer_range: 0.05, pad_token_id: 3, num_labels: 3 },
});
const distilbert = parseEncoderConfig({
  ...{ model_type: "distilbert", vocab_size: 10, dim: 6, n_layers: 1, n_heads: 2, hidden_dim: 8 },
  ...{ max_position_embeddings: 7, sinusoidal_pos_embds: true },
});
const specOf = (name: string, config = bert): ParameterSpec => parameterSpecs(config).find((spec) => spec.name === name)!;

/** Mean and standard deviation. */
function moments(values: Float32Array): [number, number] {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)];
}

describe("parameterSpecs", () => {
  test("names and shapes stand in the order of the forward pass", () => {
    const specs = parameterSpecs(distilbert).map(({ name, shape }) => `${name} ${shape.join("×")}`);
    const layer = "distilbert.transformer.layer.0";
    assert.deepEqual(specs, [
      "distilbert.embeddings.word_embeddings.weight 10×6",
      "distilbert.embeddings.position_embeddings.weight 7×6",
      "distilbert.embeddings.LayerNorm.weight 6",
      "distilbert.embeddings.LayerNorm.bias 6",
      ...["q_lin", "k_lin", "v_lin", "out_lin"].flatMap((name) => [
        `${layer}.attention.${name}.weight 6×6`,
        `${layer}.attention.${name}.bias 6`,
      ]),
      ...[`${layer}.sa_layer_norm.weight 6`, `${layer}.sa_layer_norm.bias 6`],
      ...[`${layer}.ffn.lin1.weight 8×6`, `${layer}.ffn.lin1.bias 8`, `${layer}.ffn.lin2.weight 6×8`, `${layer}.ffn.lin2.bias 6`],
      ...[`${layer}.output_layer_norm.weight 6`, `${layer}.output_layer_norm.bias 6`],
      ...["pre_classifier.weight 6×6", "pre_classifier.bias 6", "classifier.weight 2×6", "classifier.bias 2"],
    ]);
  });
  test("everything decays but biases and LayerNorm", () => {
    for (const config of [bert, distilbert]) {
      for (const { name, shape, decay } of parameterSpecs(config)) assert.equal(decay, shape.length === 2, name);
    }
  });
  test("a table of biases is drawn like a matrix and does not decay, as transformers' Trainer goes by the name", () => {
    const mpnet = parseEncoderConfig({ model_type: "mpnet" });
    const table = parameterSpecs(mpnet).find(({ name }) => name.endsWith("relative_attention_bias.weight"))!;
    assert.deepEqual([table.shape, table.norm, table.decay], [[32, 12], false, false]);
    assert.ok(initialValues(table, mpnet, 1).every((value) => value !== 0));
  });
  test("everything is trained but sinusoidal positions", () => {
    const fixed = (config: typeof bert): string[] =>
      parameterSpecs(config)
        .filter(({ trainable }) => !trainable)
        .map(({ name }) => name);
    assert.deepEqual(fixed(distilbert), ["distilbert.embeddings.position_embeddings.weight"]);
    assert.deepEqual(fixed({ ...distilbert, sinusoidalPositions: false }), []);
    assert.deepEqual(fixed(bert), []);
  });
});

/** More than memory holds: whoever draws before looking ends the process, or throws a RangeError. */
test("a model too large to draw is refused before anything is drawn", () => {
  for (const json of [{ hidden_size: 12e8 }, { vocab_size: 2 ** 31 - 1 }, { num_hidden_layers: 1000, hidden_size: 12_000 }]) {
    const config = parseEncoderConfig({ model_type: "bert", ...json });
    assert.throws(() => initialise(config, 1), { code: "config/too-large", message: /at most 1,073,741,824 values to draw/ });
  }
});

describe("initialise", () => {
  const weights = initialise(bert, 7);

  test("matrices are normal with deviation initializer_range", () => {
    let [cubes, fourths, beyond, count] = [0, 0, 0, 0];
    for (const { name, shape } of parameterSpecs(bert)) {
      if (shape.length !== 2 || name.endsWith("word_embeddings.weight")) continue;
      const values = weights.get(name)!;
      const [mean, deviation] = moments(values);
      // five standard errors
      assert.ok(Math.abs(mean) <= (5 * 0.05) / Math.sqrt(values.length), `${name}: mean ${mean}`);
      assert.ok(Math.abs(deviation / 0.05 - 1) <= 5 / Math.sqrt(2 * values.length), `${name}: deviation ${deviation}`);
      for (const value of values) {
        const z = value / 0.05;
        cubes += z ** 3;
        fourths += z ** 4;
        beyond += Number(Math.abs(z) > 1.959964);
        count++;
      }
    }
    assert.ok(count > 20_000);
    assert.ok(Math.abs(cubes / count) <= 5 * Math.sqrt(15 / count), `skewness ${cubes / count}`);
    assert.ok(Math.abs(fourths / count - 3) <= 5 * Math.sqrt(96 / count), `kurtosis ${fourths / count}`);
    assert.ok(Math.abs(beyond / count - 0.05) <= 5 * Math.sqrt(0.0475 / count), `beyond 1.96: ${beyond / count}`);
  });
  test("biases are 0, LayerNorm is 1 and 0", () => {
    for (const { name, shape } of parameterSpecs(bert)) {
      if (shape.length !== 1) continue;
      const want = name.endsWith("LayerNorm.weight") ? 1 : 0;
      assert.ok(
        weights.get(name)!.every((value) => value === want),
        name,
      );
    }
  });
  test("the padding word's row is zero, and no other", () => {
    const table = weights.get("bert.embeddings.word_embeddings.weight")!;
    const zero = Array.from({ length: 200 }, (_, id) => id).filter((id) =>
      table.slice(id * 48, id * 48 + 48).every((v) => v === 0),
    );
    assert.deepEqual(zero, [3]);
  });
  test("RoBERTa's padding row is zero among the words and the positions, as in transformers", () => {
    const roberta = parseEncoderConfig({
      ...{ model_type: "roberta", vocab_size: 9, hidden_size: 6, num_hidden_layers: 1, num_attention_heads: 2 },
      ...{ intermediate_size: 8, max_position_embeddings: 8, pad_token_id: 2 },
    });
    const tables = initialise(roberta, 7);
    for (const name of ["word", "position", "token_type"]) {
      const table = tables.get(`roberta.embeddings.${name}_embeddings.weight`)!;
      const zero = Array.from({ length: table.length / 6 }, (_, row) => row).filter((row) =>
        table.slice(row * 6, row * 6 + 6).every((v) => v === 0),
      );
      assert.deepEqual(zero, name === "token_type" ? [] : [2], name);
    }
    assert.equal(tables.get("roberta.embeddings.position_embeddings.weight")!.length, 8 * 6);
  });
  test("ALBERT's layers share their parameters; every norm starts at 1 and 0", () => {
    const albert = parseEncoderConfig({
      ...{ model_type: "albert", vocab_size: 9, hidden_size: 6, embedding_size: 4, num_attention_heads: 2 },
      ...{ intermediate_size: 8, max_position_embeddings: 7 },
    });
    const names = (layers: number): string[] => parameterSpecs({ ...albert, layers }).map(({ name }) => name);
    assert.deepEqual(names(3), names(1));
    const norms = parameterSpecs(albert).filter(({ norm }) => norm);
    assert.deepEqual(norms.map(({ name }) => name.split(".").slice(-2).join(".")).sort(), [
      ...["LayerNorm.bias", "LayerNorm.bias", "LayerNorm.weight", "LayerNorm.weight"],
      ...["full_layer_layer_norm.bias", "full_layer_layer_norm.weight"],
    ]);
    const values = initialise(albert, 3);
    for (const { name, decay } of norms) {
      assert.equal(decay, false);
      assert.ok(
        values.get(name)!.every((value) => value === Number(name.endsWith("weight"))),
        name,
      );
    }
  });
  test("the words are the decoder of masked tokens: one table, drawn once", () => {
    for (const [family, decoder] of [
      ["bert", "cls.predictions.decoder"],
      ["distilbert", "vocab_projector"],
      ["roberta", "lm_head.decoder"],
      ["electra", "generator_lm_head"],
      ["albert", "predictions.decoder"],
      ["mpnet", "lm_head.decoder"],
      ["deberta-v2", "cls.predictions.decoder"],
    ]) {
      const config = withLabels(parseEncoderConfig({ model_type: family }), [], "masked_lm");
      const names = parameterSpecs(config).map(({ name }) => name);
      assert.ok(!names.includes(`${decoder}.weight`), decoder);
      assert.equal(names.filter((name) => name.endsWith("word_embeddings.weight")).length, 1);
    }
  });
  test("a parameter depends on the seed and its own name alone", () => {
    assert.deepEqual(initialise(bert, 7), weights);
    const spec = specOf("classifier.weight");
    assert.deepEqual(initialValues(spec, bert, 7), weights.get(spec.name));
    assert.deepEqual(initialise({ ...bert, layers: 1 }, 7).get(spec.name), weights.get(spec.name));
    assert.notDeepEqual(initialise(bert, 8).get(spec.name), weights.get(spec.name));
    const [query, key] = ["query", "key"].map((name) => weights.get(`bert.encoder.layer.0.attention.self.${name}.weight`)!);
    const product = query.reduce((sum, v, at) => sum + v * key[at], 0) / 0.05 ** 2;
    assert.ok(Math.abs(product) <= 5 * Math.sqrt(query.length), "two parameters are not correlated");
  });
  test("sinusoidal positions are transformers' create_sinusoidal_embeddings", () => {
    const table = initialise(distilbert, 1).get("distilbert.embeddings.position_embeddings.weight")!;
    const published = [
      -0.9589242935180664, 0.28366219997406006, 0.23000171780586243, 0.9731902480125427, 0.01077196467667818, 0.9999420046806335,
    ];
    for (const [i, want] of published.entries()) assert.ok(Math.abs(table[5 * 6 + i] - want) <= 6e-8, `place ${i}`);
    assert.deepEqual([...table.slice(0, 6)], [0, 1, 0, 1, 0, 1]);
    assert.deepEqual(initialise(distilbert, 2).get("distilbert.embeddings.position_embeddings.weight"), table);
  });
});
