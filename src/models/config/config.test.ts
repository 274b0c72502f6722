import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TaskName } from "../../tasks/index.ts";
import { parseEncoderConfig, toHuggingFaceConfig, withLabels } from "./config.ts";

// Values of BertConfig(), DistilBertConfig(), … in transformers 5.23.
const bertDefaults = {
  family: "bert",
  task: "single_label_classification",
  vocabSize: 30522,
  hiddenSize: 768,
  embeddingSize: 768,
  layers: 12,
  heads: 12,
  intermediateSize: 3072,
  maxPositions: 512,
  positionOffset: 0,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
  classifierDropout: 0.1,
  activation: "gelu",
  initializerRange: 0.02,
  padTokenId: 0,
  labels: ["LABEL_0", "LABEL_1"],
  numLabels: 2,
  sinusoidalPositions: false,
};
const distilbertDefaults = { ...bertDefaults, family: "distilbert", layers: 6, typeVocabSize: 0, classifierDropout: 0.2 };

// Its positions are counted without the rows up to the padding token's, 1.
const robertaDefaults = {
  ...{ ...bertDefaults, family: "roberta", vocabSize: 50265 },
  ...{ maxPositions: 510, positionOffset: 2, padTokenId: 1 },
};
const electraDefaults = {
  ...{ ...bertDefaults, family: "electra", hiddenSize: 256, embeddingSize: 128, heads: 4, intermediateSize: 1024 },
};
const albertDefaults = {
  ...{ ...bertDefaults, family: "albert", vocabSize: 30000, hiddenSize: 4096, embeddingSize: 128, heads: 64 },
  ...{ intermediateSize: 16384, activation: "gelu_new", hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0.1 },
};

const mpnetDefaults = { ...robertaDefaults, family: "mpnet", vocabSize: 30527, typeVocabSize: 0 };
const disentangledDefaults = {
  ...{ terms: { contentToPosition: false, positionToContent: false }, absolutePositions: true },
  ...{ poolerActivation: "gelu", poolerDropout: 0, bertMaskedHead: true },
};
const debertaDefaults = {
  ...{ ...bertDefaults, family: "deberta-v2", vocabSize: 128100, hiddenSize: 1536, embeddingSize: 1536, layers: 24, heads: 24 },
  ...{ intermediateSize: 6144, typeVocabSize: 0, layerNormEps: 1e-7, disentangled: disentangledDefaults },
};
/** What its published config.json says of attention; it names no class. */
const debertaV3 = {
  ...{ model_type: "deberta-v2", relative_attention: true, pos_att_type: "p2c|c2p", position_buckets: 256, share_att_key: true },
  ...{ norm_rel_ebd: "layer_norm", position_biased_input: false, max_relative_positions: -1, pooler_hidden_size: 1536 },
};

describe("parseEncoderConfig", () => {
  test("absent keys get the defaults of transformers' classes", () => {
    assert.deepEqual(parseEncoderConfig({ model_type: "bert" }), bertDefaults);
    assert.deepEqual(parseEncoderConfig({ model_type: "distilbert" }), distilbertDefaults);
    assert.deepEqual(parseEncoderConfig({ model_type: "roberta" }), robertaDefaults);
    const xlmRoberta = { ...robertaDefaults, family: "xlm-roberta", vocabSize: 30522 };
    assert.deepEqual(parseEncoderConfig({ model_type: "xlm-roberta" }), xlmRoberta);
    assert.deepEqual(parseEncoderConfig({ model_type: "electra" }), electraDefaults);
    assert.deepEqual(parseEncoderConfig({ model_type: "albert" }), albertDefaults);
    assert.deepEqual(parseEncoderConfig({ model_type: "mpnet" }), mpnetDefaults);
    assert.deepEqual(parseEncoderConfig({ model_type: "deberta-v2" }), debertaDefaults);
  });
  test("DeBERTa-v3's relative positions: 256 rows in a direction for 512 tokens", () => {
    assert.deepEqual(parseEncoderConfig(debertaV3).disentangled, {
      ...{ ...disentangledDefaults, absolutePositions: false, terms: { contentToPosition: true, positionToContent: true } },
      relative: { span: 256, logarithmic: true, maxDistance: 512, sharesProjections: true, normalised: true },
    });
    const linear = parseEncoderConfig({ ...debertaV3, position_buckets: -1, max_relative_positions: 40 }).disentangled?.relative;
    assert.deepEqual([linear?.span, linear?.logarithmic, linear?.maxDistance], [40, false, 40]);
  });
  test("MiniLM's own file", () => {
    const config = parseEncoderConfig({
      architectures: ["BertModel"],
      attention_probs_dropout_prob: 0.1,
      gradient_checkpointing: false,
      hidden_act: "gelu",
      hidden_dropout_prob: 0.1,
      hidden_size: 384,
      initializer_range: 0.02,
      intermediate_size: 1536,
      layer_norm_eps: 1e-12,
      max_position_embeddings: 512,
      model_type: "bert",
      num_attention_heads: 12,
      num_hidden_layers: 6,
      pad_token_id: 0,
      position_embedding_type: "absolute",
      transformers_version: "4.8.2",
      type_vocab_size: 2,
      use_cache: true,
      vocab_size: 30522,
    });
    assert.deepEqual(config, { ...bertDefaults, hiddenSize: 384, embeddingSize: 384, layers: 6, intermediateSize: 1536 });
  });
  test("every DistilBERT key is read", () => {
    const config = parseEncoderConfig({
      model_type: "distilbert",
      vocab_size: 50,
      dim: 12,
      n_layers: 2,
      n_heads: 3,
      hidden_dim: 20,
      max_position_embeddings: 9,
      dropout: 0.3,
      attention_dropout: 0.4,
      seq_classif_dropout: 0.5,
      activation: "relu",
      initializer_range: 0.1,
      pad_token_id: 7,
      sinusoidal_pos_embds: true,
      id2label: { 0: "no", 1: "maybe", 2: "yes" },
      label2id: { no: 0, maybe: 1, yes: 2 },
    });
    assert.deepEqual(config, {
      ...distilbertDefaults,
      vocabSize: 50,
      hiddenSize: 12,
      embeddingSize: 12,
      layers: 2,
      heads: 3,
      intermediateSize: 20,
      maxPositions: 9,
      hiddenDropout: 0.3,
      attentionDropout: 0.4,
      classifierDropout: 0.5,
      activation: "relu",
      initializerRange: 0.1,
      padTokenId: 7,
      sinusoidalPositions: true,
      labels: ["no", "maybe", "yes"],
      numLabels: 3,
    });
  });
  test("BERT's classifier dropout falls back on the hidden one, also where it is null", () => {
    assert.equal(
      parseEncoderConfig({ model_type: "bert", hidden_dropout_prob: 0.25, classifier_dropout: null }).classifierDropout,
      0.25,
    );
    assert.equal(
      parseEncoderConfig({ model_type: "bert", hidden_dropout_prob: 0.25, classifier_dropout: 0 }).classifierDropout,
      0,
    );
  });
  test("RoBERTa's positions begin behind its padding token's id", () => {
    const config = parseEncoderConfig({ model_type: "roberta", max_position_embeddings: 514, pad_token_id: 3 });
    assert.deepEqual([config.maxPositions, config.positionOffset], [510, 4]);
  });
  test("ALBERT's classifier dropout has a key and a default of its own", () => {
    assert.equal(parseEncoderConfig({ model_type: "albert", hidden_dropout_prob: 0.3 }).classifierDropout, 0.1);
    assert.equal(parseEncoderConfig({ model_type: "albert", classifier_dropout_prob: 0.2 }).classifierDropout, 0.2);
  });
  test("the task is the problem type, else the class that wrote the file; one output is a regression", () => {
    const task = (json: object): string => parseEncoderConfig({ model_type: "electra", num_labels: 3, ...json }).task;
    assert.equal(task({}), "single_label_classification");
    assert.equal(task({ problem_type: "multi_label_classification" }), "multi_label_classification");
    assert.equal(task({ num_labels: 1 }), "regression");
    assert.equal(task({ architectures: ["ElectraForTokenClassification"], num_labels: 1 }), "token_classification");
    assert.equal(task({ architectures: ["ElectraForMaskedLM"] }), "masked_lm");
    assert.equal(task({ architectures: ["ElectraForPreTraining"] }), "single_label_classification");
  });
  test("a head over the vocabulary has no classes", () => {
    const config = parseEncoderConfig({ model_type: "bert", architectures: ["BertForMaskedLM"] });
    assert.deepEqual([config.labels, config.numLabels], [[], 0]);
  });
  test("id2label wins over num_labels, which counts alone", () => {
    assert.equal(parseEncoderConfig({ model_type: "bert", num_labels: 5, id2label: { 0: "a" } }).numLabels, 1);
    assert.deepEqual(parseEncoderConfig({ model_type: "bert", num_labels: 3 }).labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
  });
  test("names of the same activation are one", () => {
    const named = (name: string): string => parseEncoderConfig({ model_type: "bert", hidden_act: name }).activation;
    assert.deepEqual(["gelu_pytorch_tanh", "gelu_new", "swish", "relu"].map(named), ["gelu_new", "gelu_new", "silu", "relu"]);
  });
});

const classNames = {
  ...{ bert: "Bert", distilbert: "DistilBert", roberta: "Roberta", "xlm-roberta": "XLMRoberta" },
  ...{ electra: "Electra", albert: "Albert", mpnet: "MPNet", "deberta-v2": "DebertaV2" },
};

describe("toHuggingFaceConfig", () => {
  const odd = {
    hidden_size: 12,
    num_attention_heads: 4,
    hidden_dropout_prob: 0.3,
    classifier_dropout: 0.15,
    hidden_act: "gelu_new",
    layer_norm_eps: 1e-5,
  };
  for (const json of [
    { model_type: "bert" },
    { model_type: "distilbert" },
    { model_type: "bert", ...odd },
    { model_type: "distilbert", dim: 24, dropout: 0 },
    ...["roberta", "xlm-roberta", "electra", "albert", "mpnet", "deberta-v2"].map((model_type) => ({ model_type })),
    debertaV3,
    { ...debertaV3, pos_att_type: ["p2c"], position_buckets: -1, legacy: false, pooler_dropout: 0.2, cls_dropout: 0.3 },
    { ...debertaV3, embedding_size: 8, position_biased_input: true, norm_rel_ebd: "none", pooler_hidden_act: "tanh" },
    { model_type: "roberta", ...odd, max_position_embeddings: 40, pad_token_id: 5, type_vocab_size: 1 },
    { model_type: "electra", ...odd, embedding_size: 8 },
    { model_type: "albert", ...odd, embedding_size: 8, classifier_dropout_prob: 0.4 },
  ]) {
    test(`reads back as it was: ${JSON.stringify(json)}`, () => {
      const config = withLabels(parseEncoderConfig(json), ["billing", "legal", "__proto__"]);
      assert.deepEqual(parseEncoderConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config)))), config);
    });
  }
  for (const [model_type, className] of Object.entries(classNames)) {
    test(`every head of ${model_type} reads back as it was, and names its class`, () => {
      const heads: [TaskName, string][] = [
        ["single_label_classification", "ForSequenceClassification"],
        ["multi_label_classification", "ForSequenceClassification"],
        ["regression", "ForSequenceClassification"],
        ["token_classification", "ForTokenClassification"],
        ["masked_lm", "ForMaskedLM"],
      ];
      for (const [task, suffix] of heads) {
        const labels = task === "regression" ? ["score"] : ["B-person", "O"];
        const config = withLabels(parseEncoderConfig({ model_type }), labels, task);
        const json = JSON.parse(JSON.stringify(toHuggingFaceConfig(config)));
        assert.deepEqual(parseEncoderConfig(json), config);
        assert.deepEqual([json.architectures, json.model_type], [[className + suffix], model_type]);
        assert.equal(json.problem_type, suffix === "ForSequenceClassification" ? task : undefined);
      }
    });
  }
  test("it names the class to load and both directions of the labels", () => {
    const json = toHuggingFaceConfig(withLabels(parseEncoderConfig({ model_type: "distilbert" }), ["no", "yes"]));
    assert.deepEqual(json.architectures, ["DistilBertForSequenceClassification"]);
    assert.deepEqual(
      [json.id2label, json.label2id],
      [
        { 0: "no", 1: "yes" },
        { no: 0, yes: 1 },
      ],
    );
  });
});

describe("a bad config is refused with its reason", () => {
  const cases: [string, unknown, string, RegExp][] = [
    ["not an object", [], "config/type", /a JSON object/],
    [
      "heads that do not divide the width",
      { model_type: "bert", hidden_size: 100, num_attention_heads: 12 },
      "config/heads",
      /expected num_attention_heads to divide hidden_size 100, got 12\./,
    ],
    [
      "the same by DistilBERT's keys",
      { model_type: "distilbert", dim: 10, n_heads: 4 },
      "config/heads",
      /n_heads to divide dim 10, got 4/,
    ],
    ["an unknown family", { model_type: "gpt2" }, "config/unknown-family", /one of bert, distilbert, .*albert.*, got "gpt2"/],
    [
      "several groups of layers",
      { model_type: "albert", num_hidden_groups: 2 },
      "config/unsupported",
      /num_hidden_groups 1, got 2/,
    ],
    [
      "a bias table of another size",
      { model_type: "mpnet", relative_attention_num_buckets: 64 },
      "config/unsupported",
      /relative_attention_num_buckets 32, got 64/,
    ],
    ...(
      [
        ["a convolution", { conv_kernel_size: 3 }, /no conv_kernel_size, got 3\. A convolution .* DeBERTa-v3 has none/],
        ["a term of positions alone", { pos_att_type: ["c2p", "p2p"] }, /pos_att_type of c2p and p2c, got \["c2p","p2p"\]/],
        ["relative positions that no term reads", { pos_att_type: [] }, /pos_att_type with c2p or p2c where relative_attention/],
        [
          "more buckets than distances",
          { position_buckets: 1024 },
          /position_buckets from 2 to .* 512 relative positions, got 1024/,
        ],
        ["heads of another width", { attention_head_size: 32 }, /attention_head_size 64, got 32/],
        ["a pooler of another width", { pooler_hidden_size: 32 }, /pooler_hidden_size 1536, got 32/],
      ] as const
    ).map(([title, json, message]): (typeof cases)[number] => [
      `DeBERTa: ${title}`,
      { ...debertaV3, ...json },
      "config/unsupported",
      message,
    ]),
    ...["max_relative_positions", "max_position_embeddings", "position_buckets"].map((key): (typeof cases)[number] => [
      `DeBERTa: a damaged ${key}`,
      { ...debertaV3, [key]: 2 ** 31 - 1 },
      "config/type",
      new RegExp(`${key} to be at most 65536, got 2147483647`),
    ]),
    ["several layers in a group", { model_type: "albert", inner_group_num: 2 }, "config/unsupported", /inner_group_num 1, got 2/],
    [
      "no position behind RoBERTa's padding",
      { model_type: "roberta", max_position_embeddings: 2 },
      "config/type",
      /max_position_embeddings to be above 2, got 2/,
    ],
    ["no family", {}, "config/unknown-family", /got none/],
    ["a family of Object.prototype", { model_type: "constructor" }, "config/unknown-family", /./],
    [
      "an unknown activation",
      { model_type: "bert", hidden_act: "mish" },
      "config/unknown-activation",
      /hidden_act to be one of gelu, .*got "mish"/,
    ],
    [
      "a number as text",
      { model_type: "bert", hidden_size: "768" },
      "config/type",
      /hidden_size to be a whole number of at least 1, got "768"/,
    ],
    ["no layers", { model_type: "bert", num_hidden_layers: 0 }, "config/type", /num_hidden_layers/],
    ["dropout 1", { model_type: "distilbert", dropout: 1 }, "config/type", /dropout to be a number in \[0, 1\), got 1/],
    ["epsilon 0", { model_type: "bert", layer_norm_eps: 0 }, "config/type", /layer_norm_eps/],
    ["a flag as number", { model_type: "distilbert", sinusoidal_pos_embds: 1 }, "config/type", /true or false, got 1/],
    [
      "padding outside the vocabulary",
      { model_type: "bert", vocab_size: 5, pad_token_id: 5 },
      "config/type",
      /below vocab_size 5/,
    ],
    ["relative positions", { model_type: "bert", position_embedding_type: "relative_key" }, "config/positions", /relative_key/],
    ["a decoder", { model_type: "bert", is_decoder: true }, "config/unsupported", /is_decoder false/],
    ["pruned heads", { model_type: "bert", pruned_heads: { 0: [1] } }, "config/unsupported", /pruned_heads/],
    ["classes without end", { model_type: "bert", num_labels: 2 ** 53 - 1 }, "config/type", /num_labels to be at most 30000/],
    ["layers without end", { model_type: "modernbert", num_hidden_layers: 2 ** 40 }, "config/type", /at most 1000/],
    [
      "layers of another family without end",
      { model_type: "bert", num_hidden_layers: 1e6 },
      "config/type",
      /at most 1000, got 1000000/,
    ],
    ["a width beyond int32", { model_type: "bert", hidden_size: 12e9 }, "config/type", /hidden_size to be at most 2147483647/],
    [
      "a rotary head whose constant fills the memory",
      { model_type: "modernbert", hidden_size: 12 * 1026 },
      "config/unsupported",
      /head width of at most 1024/,
    ],
    ["an image of gigabytes", { model_type: "vit", image_size: 100_000 }, "config/type", /at most 4096 pixels/],
    [
      "an endless spread",
      { model_type: "bert", initializer_range: Infinity },
      "config/type",
      /initializer_range to be .*, got Infinity/,
    ],
    [
      "an endless wavelength",
      { model_type: "modernbert", rope_parameters: { full_attention: { rope_theta: Infinity } } },
      "config/type",
      /rope_theta/,
    ],
    [
      "labels nested too deeply to print",
      { model_type: "bert", id2label: JSON.parse("[".repeat(20_000) + "]".repeat(20_000)) },
      "config/type",
      /got a value that cannot be printed/,
    ],
    ["a gap in id2label", { model_type: "bert", id2label: { 0: "a", 2: "b" } }, "config/labels", /classes 0 to 1/],
    ["a class named twice", { model_type: "bert", id2label: { 0: "a", 1: "a" } }, "config/labels", /"a" twice/],
    ["no class", { model_type: "bert", id2label: {} }, "config/labels", /at least one/],
    [
      "label2id that contradicts id2label",
      { model_type: "bert", id2label: { 0: "a", 1: "b" }, label2id: { a: 1, b: 0 } },
      "config/labels",
      /"a" the index 0 of id2label, got 1/,
    ],
  ];
  for (const [name, json, code, message] of cases) {
    test(name, () => {
      assert.throws(
        () => parseEncoderConfig(json, "dir/config.json"),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.match(error.message, /^dir\/config\.json: expected [^\n]*$/);
          return true;
        },
      );
    });
  }
});
