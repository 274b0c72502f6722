import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AttentionCore,
  type AttentionPlan,
  anyOf,
  block,
  dense,
  inOrder,
  keptKeys,
  masked,
  nOfM,
  patterns,
  random,
  slidingWindow,
  threshold,
  topK,
  visibility,
} from "../attention/index.ts";
import { type BatchContext, GraphInputs } from "../batch/index.ts";
import { gradients, input, type Node, parameter, scale, topological } from "../graph/index.ts";
import { interpret } from "../runtime/index.ts";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { initialise } from "./initialise.ts";
import { attention } from "./layers/attention.ts";
import { Parameters } from "./layers/layers.ts";
import { buildModel } from "./model-graph.ts";
import { compute, computer, contextOf, feedsOf } from "./run-graph.fixture.ts";

const labels = { id2label: { 0: "a", 1: "b", 2: "c" } };
function tiny(own: object): EncoderConfig {
  return parseEncoderConfig({
    ...{ vocab_size: 40, hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 20 },
    ...{ max_position_embeddings: 30, initializer_range: 0.4, ...labels, ...own },
  });
}
const families: Readonly<Record<string, EncoderConfig>> = {
  bert: parseEncoderConfig({
    ...{ model_type: "bert", vocab_size: 40, hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3 },
    ...{ intermediate_size: 20, max_position_embeddings: 30, initializer_range: 0.4, ...labels },
  }),
  distilbert: parseEncoderConfig({
    ...{ model_type: "distilbert", vocab_size: 40, dim: 12, n_layers: 2, n_heads: 3, hidden_dim: 20 },
    ...{ max_position_embeddings: 30, initializer_range: 0.4, ...labels },
  }),
  roberta: tiny({ model_type: "roberta", max_position_embeddings: 32 }),
  electra: tiny({ model_type: "electra", embedding_size: 8 }),
  albert: tiny({ model_type: "albert", embedding_size: 8, hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 }),
  mpnet: tiny({ model_type: "mpnet", max_position_embeddings: 32 }),
  "deberta-v2": tiny({
    ...{ model_type: "deberta-v2", relative_attention: true, pos_att_type: ["c2p", "p2c"], position_buckets: 8 },
    ...{ norm_rel_ebd: "layer_norm", position_biased_input: false },
  }),
};
const allSites = (...sites: string[]): string[] =>
  [0, 1].flatMap((layer) => sites.map((site) => `dropout.layer.${layer}.${site}`));
const layerSites = (...sites: string[]): string[] => allSites("attentionProbabilities", ...sites);
const bertSites = layerSites("attentionOutput", "feedForward");
/** Where each family drops out, by transformers' modules: in the layers, and in the sequence head. */
const dropoutSites: Readonly<Record<string, { readonly layers: string[]; readonly head: string[] }>> = {
  bert: { layers: bertSites, head: ["dropout.classifier"] },
  distilbert: { layers: layerSites("feedForward"), head: ["dropout.classifier"] },
  roberta: { layers: bertSites, head: ["dropout.classifierInput", "dropout.classifier"] },
  electra: { layers: bertSites, head: ["dropout.classifierInput", "dropout.classifier"] },
  albert: { layers: layerSites("attentionOutput"), head: ["dropout.classifier"] },
  mpnet: { layers: bertSites, head: ["dropout.classifierInput", "dropout.classifier"] },
  "deberta-v2": {
    layers: allSites("relativePositions", "attentionProbabilities", "attentionOutput", "feedForward"),
    head: ["dropout.classifier"],
  },
};
/** Its second layer sees three tokens to either side. */
const modernbert = parseEncoderConfig({
  ...{ model_type: "modernbert", vocab_size: 40, hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3 },
  ...{
    intermediate_size: 20,
    local_attention: 6,
    pad_token_id: 0,
    classifier_pooling: "mean",
    initializer_range: 0.4,
    ...labels,
  },
});
const plans: Readonly<Record<string, AttentionPlan>> = {
  dense: { pattern: dense() },
  "80 % top-k": { pattern: topK({ sparsity: 0.8 }) },
};
const rows = [[2, 7, 9, 11, 5, 3], [2, 30, 3], [2, 8, 8, 21, 39, 14, 6, 17, 25, 33, 12, 3], [2]];

const nameOf = ({ attrs }: Node): string => attrs.name as string;
const namesOf = (nodes: readonly Node[]): string[] => nodes.map(nameOf);
const assertClose = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void => {
  assert.equal(got.length, want.length);
  for (let i = 0; i < want.length; i++)
    assert.ok(Math.abs(got[i] - want[i]) <= tolerance, `[${i}]: got ${got[i]}, want ${want[i]}`);
};

/** Weights large enough that attention is far from uniform. */
function weightsOf(config: EncoderConfig): (name: string) => Float32Array {
  const all = initialise(config, 5);
  return (name) => all.get(name)!;
}

for (const [family, config] of Object.entries(families)) {
  const weights = weightsOf(config);
  for (const [kind, plan] of Object.entries(plans)) {
    describe(`${family}, ${kind}`, () => {
      const graph = buildModel(config, { plan, training: false });
      const evaluate = async <Name extends string>(
        where: "float64" | "onnx",
        outputs: Record<Name, Node>,
        context: BatchContext,
      ): Promise<Record<Name, ArrayLike<number>>> => compute(where, outputs, feedsOf(graph, context, weights), context.bindings);

      for (const where of ["float64", "onnx"] as const) {
        test(`${where}: a sentence has the same logits alone and in a padded batch`, async () => {
          const together = (await evaluate(where, { logits: graph.logits }, contextOf(rows, {}, 5))).logits;
          for (const [at, row] of rows.entries()) {
            const alone = (await evaluate(where, { logits: graph.logits }, contextOf([row]))).logits;
            assertClose(Array.from(together).slice(at * 3, at * 3 + 3), alone, 1e-5);
          }
        });
        test(`${where}: rows and columns of padding hold exact zeros, those of real queries sum to 1`, async () => {
          const context = contextOf(rows, {}, 2);
          const { n } = context.bindings;
          const outputs = { first: graph.probabilities[0], last: graph.probabilities[1] };
          for (const layer of Object.values(await evaluate(where, outputs, context))) {
            for (let at = 0; at < layer.length; at += n) {
              const [length, query] = [rows[Math.floor(at / (config.heads * n * n))].length, (at / n) % n];
              const row = Array.from(layer).slice(at, at + n);
              assert.ok(row.slice(query < length ? length : 0).every((p) => p === 0));
              if (query < length) assertClose([row.reduce((a, b) => a + b, 0)], [1], 1e-6);
            }
          }
        });
        test(`${where}: counts the pairs of real tokens that are kept, over all heads`, async () => {
          const outputs = { first: graph.keptPairs[0], last: graph.keptPairs[1] };
          const counted = await evaluate(where, outputs, contextOf(rows, {}, 2));
          const keys = (length: number): number => (kind === "dense" ? length : keptKeys(0.8, length));
          const want = rows.map(({ length }) => config.heads * length * keys(length));
          assert.deepEqual([[...Array.from(counted.first)], [...Array.from(counted.last)]], [want, want]);
        });
      }
      test("what stands in the padding changes neither the loss nor a gradient", async () => {
        const outputs: Record<string, Node> = { loss: graph.loss };
        gradients(graph.loss, graph.parameters).forEach((node, i) => {
          outputs[nameOf(graph.parameters[i])] = node;
        });
        const context = contextOf(rows);
        const { n } = context.bindings;
        const inputIds = context.inputIds.map((id, at) => (at % n < context.lengths[Math.floor(at / n)] ? id : 19));
        const plain = await evaluate("float64", outputs, context);
        assert.deepEqual(await evaluate("float64", outputs, { ...context, inputIds }), plain);
        assert.notEqual((plain["classifier.weight"] ?? plain["classifier.out_proj.weight"])[0], 0);
        const table = Object.keys(outputs).find((name) => name.endsWith("word_embeddings.weight"))!;
        assert.ok(Array.from(plain[table]).every((value, at) => Math.floor(at / config.embeddingSize) !== 0 || value === 0));
      });
    });
  }

  describe(`${family}: graph`, () => {
    for (const training of [true, false]) {
      test(`every listed ${training ? "training" : "evaluation"} input is read, and every input read is listed`, () => {
        for (const plan of Object.values(plans)) {
          const { inputs, logits, loss, keptPairs, probabilities } = buildModel(config, { plan, training });
          const read = topological([logits, loss, ...keptPairs, ...probabilities]).filter(({ op }) => op === "input");
          assert.deepEqual(namesOf(inputs.map(({ node }) => node)).sort(), namesOf(read).sort());
        }
      });
    }
    test("dropout masks are fed as bytes", () => {
      const masks = buildModel(config, { training: true }).inputs.filter(({ fill }) => fill.kind === "dropout");
      assert.deepEqual(new Set(masks.map(({ node }) => node.dtype)), new Set(["uint8"]));
    });
    test("dropout stands where transformers has it, and nowhere in evaluation", () => {
      const { layers, head } = dropoutSites[family];
      const sites = (training: boolean, changed: Partial<EncoderConfig> = {}): string[] =>
        buildModel({ ...config, ...changed }, { training })
          .inputs.filter(({ fill }) => fill.kind === "dropout")
          .map(({ node }) => nameOf(node));
      assert.deepEqual(sites(true), ["dropout.embeddings", ...layers, ...head]);
      assert.deepEqual(sites(false), []);
      assert.deepEqual(sites(true, { hiddenDropout: 0, attentionDropout: 0 }), head);
    });
    test("each site has the probability of its own setting", () => {
      const changed = { ...config, hiddenDropout: 0.1, attentionDropout: 0.2, classifierDropout: 0.3 };
      for (const { node, fill } of buildModel(changed, { training: true }).inputs) {
        if (fill.kind !== "dropout") continue;
        const want = nameOf(node).endsWith("Probabilities") ? 0.2 : nameOf(node).startsWith("dropout.classifier") ? 0.3 : 0.1;
        assert.equal(fill.probability, want, nameOf(node));
      }
    });
    test("frozen parameters get no gradient nodes: a head alone needs no backward pass of the encoder", () => {
      const { loss, parameters } = buildModel(config, { training: true });
      const forward = new Set(topological([loss]));
      const backward = (targets: readonly Node[]): Node[] =>
        topological(gradients(loss, targets)).filter((node) => !forward.has(node));
      const head = backward(parameters.filter((node) => nameOf(node).startsWith("classifier.")));
      const all = backward(parameters);
      assert.ok(head.length < 30 && all.length > 100, `${head.length} and ${all.length} nodes`);
      assert.ok(!head.some(({ op }) => op === "scatterRows" || op === "layerNormMoment"));
      const noTables = backward(parameters.filter((node) => !nameOf(node).includes("_embeddings.")));
      assert.ok(all.some(({ op }) => op === "scatterRows") && !noTables.some(({ op }) => op === "scatterRows"));
    });
  });
}

describe("a sentence has the same logits alone and inside any batch", () => {
  const sentence = (length: number, seed: number): number[] => [
    2,
    ...Array.from({ length: length - 2 }, (_, at) => 4 + ((7 * at * at + 5 * at + 11 * seed) % 36)),
    3,
  ];
  const texts = [sentence(19, 1), sentence(4, 2), sentence(27, 3), [2], sentence(12, 4), sentence(9, 5)];
  /** Places in `texts`, and tokens of padding behind the longest. */
  const batches: [number[], number][] = [
    [[0, 1, 2, 3, 4, 5], 0],
    [[5, 3, 1], 2],
    [[4, 0], 11],
    [[2, 2, 5], 3],
  ];
  const subjects: AttentionPlan[] = [
    ...Object.values(patterns).flatMap(({ sample, ofSparsity }) => [
      sample(),
      ...[0.4, 0.8].flatMap((sparsity) => ofSparsity?.(sparsity) ?? []),
    ]),
    topK({ sparsity: 0.6, rankOver: { paddedTo: 16 }, keepSpecial: true }),
    block({ sparsity: 0.6, size: 4, keepOwn: true }),
    inOrder(slidingWindow({ sparsity: 0.5 }), block({ sparsity: 0.5, size: 3 })),
    inOrder(random({ sparsity: 0.5 }), nOfM({ sparsity: 0.5 })),
    inOrder(threshold({ probability: 0.02 }), slidingWindow({ radius: 2 })),
    anyOf(block({ sparsity: 0.8, size: 4 }), random({ sparsity: 0.9 })),
  ].map((pattern) => ({ pattern }));
  for (const normaliser of ["sparsemax", "entmax15"]) {
    subjects.push({ pattern: dense(), normaliser }, { pattern: topK({ sparsity: 0.4 }), normaliser, layers: [1] });
  }
  // Families share the attention: these stand for the others.
  const { bert, distilbert } = families;
  for (const [family, config] of Object.entries({ bert, distilbert, modernbert })) {
    const weights = weightsOf(config);
    for (const plan of subjects) {
      for (const where of ["float64", "onnx"] as const) {
        test(`${family}, ${where}: ${plan.pattern.id} ${plan.normaliser ?? ""}`, async () => {
          const graph = buildModel(config, { plan, training: false });
          const { compute, release } = await computer(where, { logits: graph.logits });
          const logitsOf = async (places: readonly number[], padding: number): Promise<number[]> => {
            const rows = places.map((place) => texts[place]);
            // An example keeps its name, whatever stands beside it: random patterns draw by it.
            const context = contextOf(rows, { examples: Int32Array.from(places, (place) => 100 + place) }, padding);
            return Array.from((await compute(feedsOf(graph, context, weights), context.bindings)).logits);
          };
          const alone: number[][] = [];
          for (const place of texts.keys()) alone.push(await logitsOf([place], 0));
          for (const [places, padding] of batches) {
            const together = await logitsOf(places, padding);
            assertClose(
              together,
              places.flatMap((place) => alone[place]),
              1e-5,
            );
          }
          await release();
        });
      }
    }
  }
});

describe("tokens have the same logits alone and inside any batch", () => {
  const texts = [rows[2], rows[0], rows[1]];
  for (const [family, plain] of Object.entries(families)) {
    test(`${family}: the class of each token`, async () => {
      const config = withLabels(plain, ["B", "I", "O"], "token_classification");
      const graph = buildModel(config, { training: false });
      const logitsOf = async (rows: readonly (readonly number[])[], padding: number): Promise<number[]> => {
        const labelSets = rows.map((row) => row.map((_, at) => (at % 4) - 1));
        const context = contextOf(rows, { labelSets }, padding);
        const out = await compute("onnx", { logits: graph.logits }, feedsOf(graph, context, weightsOf(config)), context.bindings);
        const { n } = context.bindings;
        return rows.flatMap((row, at) => Array.from(out.logits).slice(at * n * 3, (at * n + row.length) * 3));
      };
      const alone: number[] = [];
      for (const text of texts) alone.push(...(await logitsOf([text], 0)));
      assertClose(await logitsOf(texts, 4), alone, 1e-5);
    });
    test(`${family}: the tokens behind the masks; only their places and labels count`, async () => {
      const config = withLabels(plain, [], "masked_lm");
      const graph = buildModel(config, { training: false });
      const places = [[1, 10], [3], [0, 2]];
      const given = async (texts: readonly (readonly number[])[], places: readonly (readonly number[])[], padding: number) => {
        const { bindings } = contextOf(texts, {}, padding);
        const masked = {
          rows: Int32Array.from(places.flatMap((row, at) => row.map((place) => at * bindings.n + place))),
          labels: Int32Array.from(places.flatMap((row) => row.map((place) => 5 + place))),
        };
        const M = masked.rows.length;
        const context = contextOf(texts, { masked, bindings: { ...bindings, M }, lossDivisor: 5 }, padding);
        const outputs = { logits: graph.logits, loss: graph.loss };
        return compute("onnx", outputs, feedsOf(graph, context, weightsOf(config)), context.bindings);
      };
      const alone = await Promise.all(texts.map((text, at) => given([text], [places[at]], 0)));
      const together = await given(texts, places, 4);
      assert.equal(together.logits.length, 5 * config.vocabSize);
      assertClose(
        together.logits,
        alone.flatMap(({ logits }) => Array.from(logits)),
        1e-5,
      );
      assertClose(together.loss, [alone.reduce((sum, { loss }) => sum + loss[0], 0)], 1e-5);
    });
  }
  test("a vocabulary's tokens have the scores of their own embeddings: another row changes no other score", async () => {
    const config = withLabels(families.albert, [], "masked_lm");
    const graph = buildModel(config, { training: false });
    const masked = { rows: Int32Array.of(1), labels: Int32Array.of(7) };
    const context = contextOf([rows[0]], { masked, bindings: { B: 1, n: 6, M: 1 } });
    const feeds = feedsOf(graph, context, weightsOf(config));
    const plain = await compute("float64", { logits: graph.logits }, feeds, context.bindings);
    const words = feeds["albert.embeddings.word_embeddings.weight"].data as Float32Array;
    words.subarray(20 * config.embeddingSize, 21 * config.embeddingSize).fill(0); // 20 stands nowhere in the text
    const changed = await compute("float64", { logits: graph.logits }, feeds, context.bindings);
    const moved = Array.from(plain.logits).flatMap((logit, id) => (logit === changed.logits[id] ? [] : [id]));
    assert.deepEqual([moved, changed.logits[20]], [[20], 0]);
  });
});

describe("plans", () => {
  test("a pattern on one layer leaves the other dense", async () => {
    const config = families.bert;
    const graph = buildModel(config, { plan: { ...plans["80 % top-k"], layers: [1] }, training: false });
    const context = contextOf(rows);
    const outputs = { first: graph.keptPairs[0], last: graph.keptPairs[1] };
    const { first, last } = await compute("float64", outputs, feedsOf(graph, context, weightsOf(config)), context.bindings);
    assert.deepEqual(
      [[...Array.from(first)], [...Array.from(last)]],
      [rows.map(({ length }) => 3 * length ** 2), rows.map(({ length }) => 3 * length * keptKeys(0.8, length))],
    );
  });
  test("a layer that does not exist is refused while the graph is built", () => {
    const plan = { ...plans["80 % top-k"], layers: [2] };
    assert.throws(() => buildModel(families.bert, { plan, training: false }), { code: "pattern/bad-plan" });
  });
});

describe("loss", () => {
  const config = families.distilbert;
  const graph = buildModel(config, { training: false });
  const given = async (settings: Partial<BatchContext>): Promise<{ loss: number; logits: number[][] }> => {
    const context = contextOf(rows, settings);
    const feeds = feedsOf(graph, context, weightsOf(config));
    const out = await compute("float64", { loss: graph.loss, logits: graph.logits }, feeds, context.bindings);
    return { loss: out.loss[0], logits: rows.map((_, row) => Array.from(out.logits).slice(row * 3, row * 3 + 3)) };
  };
  const logProbability = (logits: readonly number[], label: number): number =>
    logits[label] - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));

  test("is the mean cross-entropy, labels smoothed as transformers' Trainer does", async () => {
    for (const labelSmoothing of [0, 0.1]) {
      const classes = Int32Array.of(2, 0, 1, 2);
      const { loss, logits } = await given({ labels: classes, labelSmoothing });
      const each = logits.map((row, at) => {
        const smooth = [0, 1, 2].reduce((sum, label) => sum - logProbability(row, label), 0) / 3;
        return (1 - labelSmoothing) * -logProbability(row, classes[at]) + labelSmoothing * smooth;
      });
      assertClose([loss], [each.reduce((a, b) => a + b, 0) / 4], 1e-6);
    }
  });
  test("examples without a label add nothing, and the divisor is the whole update's", async () => {
    const { loss, logits } = await given({ labels: Int32Array.of(-1, 1, -1, -1), labelSmoothing: 0, lossDivisor: 10 });
    assertClose([loss], [-logProbability(logits[1], 1) / 10], 1e-7);
    assert.ok((await given({ labels: new Int32Array(4).fill(-1), labelSmoothing: 0.1 })).loss === 0);
  });
});

test("the attention of a padded query is zero: only the output projection's bias is left", () => {
  const config = families.bert;
  const [parameters, inputs] = [new Parameters(), new GraphInputs()];
  const names = { query: "q", key: "k", value: "v", output: "o" };
  for (const plan of Object.values(plans)) {
    const { output } = attention(parameter("x", ["B*n", 12]), names, {
      config,
      layer: 0,
      plan,
      core: masked,
      visibility: () => visibility(),
      parameters,
      inputs,
      training: false,
    });
    const context = contextOf([
      [1, 2],
      [1, 2, 3, 4, 5],
    ]);
    const feeds = feedsOf({ parameters: parameters.all, inputs: inputs.all }, context, (name) =>
      Float32Array.from({ length: name.endsWith("weight") ? 144 : 12 }, (_, at) => Math.sin(at + name.charCodeAt(0))),
    );
    const values = Object.fromEntries(
      Object.entries(feeds).map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]),
    );
    const x = Float64Array.from({ length: 120 }, (_, at) => Math.cos(at));
    const { data } = interpret({ output }, { ...values, x }, context.bindings).output;
    const biases = [2, 3, 4].map((query) => [...data.slice(query * 12, query * 12 + 12)]);
    assert.deepEqual(biases, Array(3).fill([...(feeds["o.bias"].data as Float32Array)]));
    assert.notDeepEqual([...data.slice(12, 24)], biases[0]);
  }
});

test("one name means one input: another shape or dtype is refused", () => {
  const inputs = new GraphInputs();
  const node = inputs.values("attention.k", ["B", 1], "int32", () => {});
  assert.equal(
    inputs.values("attention.k", ["B", 1], "int32", () => {}),
    node,
  );
  assert.deepEqual(
    inputs.all.map((fed) => fed.node),
    [node],
  );
  assert.deepEqual([node.op, node.shape], ["input", input("k", ["B", 1]).shape]);
  assert.throws(() => inputs.values("attention.k", ["B", 2], "int32", () => {}), {
    code: "model/input",
    message: "input attention.k: expected the int32 [B, 1] of its first use, got int32 [B, 2].",
  });
});

test("the core is an option: another one computes every layer, is told its visibility, and need not have probabilities", () => {
  const seen: [number, boolean][] = [];
  const halved: AttentionCore = {
    name: "halved",
    keepsProbabilities: false,
    attend(q, k, v, view) {
      seen.push([view.layer, view.visibility.full]);
      const { context, keptPairs } = masked.attend(q, k, v, view);
      return { context: scale(context, 0.5), keptPairs };
    },
  };
  const config = families.bert;
  const graph = buildModel(config, { core: halved, training: false });
  assert.deepEqual(
    seen,
    Array.from({ length: config.layers }, (_, layer) => [layer, true]),
  );
  assert.deepEqual(graph.probabilities, []);
  assert.equal(topological([graph.logits]).filter(({ op, attrs }) => op === "scale" && attrs.by === 0.5).length, config.layers);
});

test("attention probabilities cost no node unless they are asked for", () => {
  const { logits, loss, keptPairs, probabilities } = buildModel(families.bert, { training: true });
  const read = new Set(topological([logits, loss, ...keptPairs]));
  assert.ok(probabilities.every((node) => !read.has(node)));
});
