import type { Attack } from "../attack.ts";

const CONFIG = ["src/models/config/config.test.ts", "a bad config is refused with its reason"] as const;
const SHAPE = ["src/models/weights/safetensors.test.ts", "a bad file is refused with its reason"] as const;
const DAMAGED = "test/cli/damaged-weights.test.ts";
const NAN = [
  '            checkFinite(logits[at], "logits",',
  '            if (logits[at].length === 0) checkFinite(logits[at], "logits",',
] as const;

/** Model folders that take all memory, never end, or answer without a word that their weights are damaged. */
export const models: readonly Attack[] = [
  {
    what: "a config.json with hidden_size 1e9 takes all memory before anything is checked",
    file: "src/models/initialise.ts",
    undo: ["if (count > MOST_DRAWN) {", "if (count > Infinity) {"],
    test: ["src/models/initialise.test.ts", "a model too large to draw is refused before anything is drawn"],
  },
  {
    what: "a config.json with a million layers never ends",
    file: "src/models/config/config.ts",
    undo: ["read.count(...keys.layers, 1, MOST_LAYERS)", "read.count(...keys.layers, 1)"],
    test: [...CONFIG, "layers of another family without end"],
  },
  {
    what: "a config.json with classes without end",
    file: "src/models/config/config.ts",
    undo: ['read.count("num_labels", 2, 1, MOST_UNNAMED)', 'read.count("num_labels", 2, 1, 99)'],
    test: [...CONFIG, "classes without end"],
  },
  {
    what: "values are drawn before config.json is held to the weights beside it",
    file: "src/models/weights/weights.ts",
    undo: [
      "  const missing: string[] = [];\n",
      "  const missing: string[] = [];\n  for (const spec of specs) initialValues(spec, config, seed);\n",
    ],
    test: ["src/models/weights/weights.test.ts", "a config far larger than its weights is refused before memory is taken for it"],
  },
  {
    what: "a tensor of shape [2^31, 2^31] whose bytes no number counts",
    file: "src/models/weights/safetensors.ts",
    undo: ["if (!Number.isSafeInteger(sizeOf(shape) * dtypeBytes[dtype as SafetensorsDtype])) {", "if (shape.length > 99) {"],
    test: [...SHAPE, "a shape past 2^53 values"],
  },
  {
    what: "an index of weights in several files reads a file outside the folder",
    file: "src/models/weights/sharded-weights.ts",
    undo: ['if (typeof file !== "string" || !isPlainName(file)) {', 'if (typeof file !== "string") {'],
    test: ["src/models/weights/model-folder.test.ts", "weights in several files", "no path leads out of the folder"],
  },
  {
    what: "a pad token id out of range ends in an error of the runtime",
    file: "src/api/classifier/classifier-files.ts",
    undo: ["if (config.vocabSize > 0 && padTokenId >= config.vocabSize)", "if (padTokenId < 0)"],
    test: [
      "src/api/train.test.ts",
      "train()",
      "ids that the model has no row for are refused when it is loaded: of padding in its card, and of its tokenizer",
    ],
  },
  {
    what: "a pad token id of config.json outside its vocabulary",
    file: "src/models/config/config.ts",
    undo: ["if (keys.padTokenId && padTokenId >= vocabSize)", "if (padTokenId < 0)"],
    test: [...CONFIG, "padding outside the vocabulary"],
  },
  ...["predict", "eval"].map((verb) => ({
    what: `${verb} answers with a model whose weights are not numbers`,
    file: "src/runs/forward.ts",
    undo: NAN,
    test: [DAMAGED, "weights that are not numbers", `are one line of crisp ${verb}, and its exit code is not 0`] as const,
  })),
  {
    what: "the API answers with a model whose weights are not numbers",
    file: "src/runs/forward.ts",
    undo: NAN,
    test: [DAMAGED, "weights that are not numbers", "are an error of Classifier.predict"],
  },
  ...["train", "study"].map((verb) => ({
    what: `${verb} trains a model whose weights are not numbers, and advises on the learning rate`,
    file: "src/runs/start/starting-point.ts",
    undo: ["  checkNumbers(weights, stored.weightsFile);\n", ""] as const,
    test: [DAMAGED, "weights that are not numbers", `are one line of crisp ${verb} before anything is trained`] as const,
  })),
  {
    what: "study counts a run whose figures are not numbers as any other",
    file: "src/studies/run-study.ts",
    undo: ["DIVERGED.has(error.code)", "DIVERGED.has(error.message)"],
    test: [
      "src/studies/run-study.test.ts",
      "a run that diverges is kept and counted: it answers the class shares of the training set",
    ],
  },
  {
    what: "a loss that is not a number is averaged into an evaluation",
    file: "src/runs/forward.ts",
    undo: ['checkFinite([sum], "a loss",', 'checkFinite([0], "a loss",'],
    test: ["src/runs/forward.test.ts", "a model with damaged weights gives no answer", "NaN in logits, a loss or features"],
  },
];
