import { isDense } from "../attention/index.ts";
import { counted, escapeControls, markdown } from "../errors/index.ts";
import type { EncoderConfig } from "../models/index.ts";
import { tasks } from "../tasks/index.ts";
import type { EvaluatedSplit, ModelFacts } from "./model-facts.ts";

const { cell, code, plain, quoted } = markdown;

/** What a model card is made of: the run's own card, and what the model is. */
export interface ModelCardParts {
  readonly name: string;
  readonly config: Pick<EncoderConfig, "family" | "image" | "task" | "labels" | "hiddenSize" | "layers" | "heads">;
  readonly card: {
    readonly crisp: string;
    readonly attention: {
      readonly pattern: string;
      readonly layers?: readonly number[];
      readonly heads?: readonly number[];
      readonly rampSteps?: number;
      readonly normaliser?: string;
    };
    readonly maxLength: number;
    readonly longTexts?: "head" | "head_tail" | "chunks";
    readonly docStride?: number;
    readonly maxWindows?: number;
    readonly seed: number;
    readonly columns?: { readonly text: string; readonly pair?: string; readonly label?: string };
    readonly split?: EvaluatedSplit;
    readonly metrics: Readonly<Record<string, number>>;
    readonly options: Readonly<Record<string, unknown>>;
    readonly classWeights?: readonly number[];
    readonly runtime?: { readonly name: string; readonly version: string; readonly device: string; readonly threads: number };
    readonly about?: ModelFacts;
  };
  /** 1 − kept share of pairs that the pattern's parameter asks for; null where it is none. */
  readonly nominalSparsity: number | null;
  /** Files of the folder that other libraries load. */
  readonly files: { readonly onnx: boolean; readonly quantized: boolean; readonly python: boolean };
  /** Why a file is missing, for people. */
  readonly notes: readonly string[];
}

/** What stays of longer texts. */
const CUT: Readonly<Record<NonNullable<ModelCardParts["card"]["longTexts"]>, (card: ModelCardParts["card"]) => string>> = {
  head: () => "",
  head_tail: () =>
    ": the first quarter of them and the last three. Other libraries keep the first ones instead, and may answer otherwise there",
  chunks: ({ docStride = 0, maxWindows }) =>
    `. Longer ones are read in windows of that length, each of which shares ${counted(docStride, "token")} with the one before it, ` +
    `the first ${maxWindows} of a text; the logits of a text are the mean of those of its windows. The files for other libraries compute ` +
    "one window: see how the model is used",
};
const OFF = "SparsityOff";
const WHERE: Readonly<Record<EvaluatedSplit, string>> = {
  "held out": "On examples that were held out from training, and evaluated while it went on; no separate test split was given",
  "cross-validated":
    "On all examples, each predicted by a model that was trained in the same way on others; the model itself was trained on all of them",
  test: "On a test split that was read once, after training",
};
/** Metrics that Hugging Face knows, by our names. */
const HUB_METRICS: Readonly<Record<string, readonly [type: string, name: string]>> = {
  accuracy: ["accuracy", "Accuracy"],
  macroF1: ["f1", "Macro-F1"],
};

/**
 * The README.md of a model folder: Hugging Face's metadata, then what a reader needs to judge and to use the model.
 *
 * Figures are those of the run; nothing is promised that was not measured.
 *
 * @example
 * modelCard({ name: "tickets-model", config, card, nominalSparsity: 0.8, files, notes: [] });
 */
export function modelCard(parts: ModelCardParts): string {
  const sections = [
    frontMatter(parts),
    `# ${plain(parts.name)}`,
    summary(parts),
    ...parts.notes.map((note) => `> ${escapeControls(note)}`),
    section("Data", data(parts)),
    section("Metrics", metrics(parts)),
    section("Attention", attention(parts)),
    section("Use", use(parts)),
    section("Recipe", recipe(parts)),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** What the Hub calls a model of a task, the end of transformers' class name, and what the model is. */
function kindOf({ config: { image, task } }: ModelCardParts): readonly [string, string, string] {
  if (image) return ["image-classification", "ImageClassification", "An image classifier"];
  const { head, card } = tasks[task];
  return [card.pipelineTag, head.architecture.replace(/^For/, ""), card.description];
}

const classes = ({ config: { labels } }: ModelCardParts): string => labels.map(code).join(", ");
const section = (title: string, body: string): string => `## ${title}\n\n${body}`;
const adjective = (split: EvaluatedSplit = "held out"): string => split.replace(" ", "-");
const isSparse = ({ card }: ModelCardParts): boolean => !isDense(card.attention);
const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(4));

function frontMatter(parts: ModelCardParts): string {
  const { name, card, files, config } = parts;
  const [pipelineTag] = kindOf(parts);
  const { baseModel, datasets, language, licence = "unknown" } = card.about ?? {};
  const list = (key: string, values: readonly string[] = []): string[] =>
    values.length === 0 ? [] : [`${key}:`, ...values.map((value) => `- ${quoted(value)}`)];
  const tags = ["crisp-attention", "sparse-attention", pipelineTag, config.family, "safetensors"];
  if (files.onnx) tags.push("onnx", "transformers.js");
  const known = Object.entries(HUB_METRICS).filter(([metric]) => Number.isFinite(card.metrics[metric]));
  const index =
    known.length === 0
      ? []
      : [
          "model-index:",
          `- name: ${quoted(name)}`,
          "  results:",
          "  - task:",
          `      type: ${pipelineTag}`,
          "    dataset:",
          `      name: ${quoted(datasets?.[0] ?? `${adjective(card.split)} examples`)}`,
          `      type: ${quoted(datasets?.[0] ?? "custom")}`,
          "    metrics:",
          ...known.flatMap(([metric, [type, title]]) => [
            `    - type: ${type}`,
            `      name: ${title}`,
            `      value: ${card.metrics[metric]}`,
          ]),
        ];
  return [
    "---",
    "library_name: transformers",
    `pipeline_tag: ${pipelineTag}`,
    `license: ${/^[\w.-]+$/.test(licence) ? licence : quoted(licence)}`,
    ...list("language", language),
    ...(baseModel === undefined ? [] : [`base_model: ${quoted(baseModel)}`]),
    ...list("datasets", datasets),
    ...list("tags", tags),
    ...list(
      "metrics",
      known.map(([, [type]]) => type),
    ),
    ...index,
    "---",
  ].join("\n");
}

function summary(parts: ModelCardParts): string {
  const { family, hiddenSize, layers, heads } = parts.config;
  const attends = isSparse(parts) ? `sparse attention, ${code(parts.card.attention.pattern)}` : "dense attention";
  return `${kindOf(parts)[2]} (${family}, ${counted(layers, "layer")}, width ${hiddenSize}, ${counted(heads, "head")}) with ${attends}, fine-tuned with Crisp ${plain(parts.card.crisp)}.`;
}

function data(parts: ModelCardParts): string {
  const { card, config } = parts;
  const { rows, files } = card.about ?? {};
  const { text, pair, label } = card.columns ?? {};
  const named = [text && `text ${code(text)}`, pair && `second text ${code(pair)}`, label && `label ${code(label)}`];
  const lines = [
    card.columns && `- Columns: ${named.filter(Boolean).join(", ")}`,
    rows &&
      `- Examples: ${rows.train} for training, ${rows.evaluated}${card.split ? ` (${adjective(card.split)})` : ""} for the figures below`,
    files && `- Files: ${code(files.train)} for training, ${code(files.evaluated)} for the figures below`,
    config.labels.length > 0 && `- Classes (${config.labels.length}): ${classes(parts)}`,
    config.image
      ? `- Images are resized as \`preprocessor_config.json\` says and read as ${card.maxLength} tokens: patches, and one for the class`
      : `- Texts are cut to ${card.maxLength} tokens, special tokens included${CUT[card.longTexts ?? "head"](card)}`,
  ];
  return lines.filter(Boolean).join("\n");
}

/** Whether the evaluated rows chose the weights, or when to stop: then figures flatter the model. */
export const choseWeights = ({ split = "held out", options }: Pick<ModelCardParts["card"], "split" | "options">): boolean =>
  split === "held out" && (options.loadBestModelAtEnd === true || typeof options.earlyStoppingPatience === "number");

function metrics(parts: ModelCardParts): string {
  const all = Object.entries(parts.card.metrics).filter(([name]) => name !== "seconds" && name !== "effectiveSparsity");
  if (all.length === 0) return "None were measured.";
  const off = Object.fromEntries(
    all.filter(([name]) => name.endsWith(OFF)).map(([name, value]) => [name.slice(0, -OFF.length), value]),
  );
  const rows = all.filter(([name]) => !name.endsWith(OFF));
  const { split = "held out" } = parts.card;
  const flatters = choseWeights(parts.card)
    ? " These examples also chose the weights, so that the figures flatter the model."
    : "";
  const where = `${WHERE[split]} (\`trainLoss\`: on training examples).${flatters}`;
  if (!isSparse(parts)) {
    return `${where}\n\n| metric | value |\n|---|---|\n${rows.map(([name, value]) => `| ${cell(name)} | ${figure(value)} |`).join("\n")}`;
  }
  const cells = rows.map(
    ([name, value]) => `| ${cell(name)} | ${figure(value)} | ${off[name] === undefined ? "" : figure(off[name])} |`,
  );
  return `${where} "Off" runs the same weights with dense attention.\n\n| metric | sparsity on | sparsity off |\n|---|---|---|\n${cells.join("\n")}`;
}

function attention(parts: ModelCardParts): string {
  const { pattern, normaliser, layers, heads, rampSteps } = parts.card.attention;
  if (!isSparse(parts)) return "Every token attends to every other: no sparsity.";
  const effective = parts.card.metrics.effectiveSparsity;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `- Pattern: ${code(pattern)}, applied to the scaled scores before the ${normaliser ?? "softmax"}, in training and in use`,
    ...(normaliser === undefined
      ? []
      : [
          `- Normaliser: ${code(normaliser)} in the place of the softmax; pairs to which it gives no probability count as removed`,
        ]),
    `- Layers: ${layers ? layers.join(", ") : "all"}; heads: ${heads ? heads.join(", ") : "all"}${rampSteps === undefined ? "" : `; reached over ${counted(rampSteps, "update")}`}`,
    `- Nominal sparsity: ${parts.nominalSparsity === null ? "none: the pattern's parameter is no share" : percent(parts.nominalSparsity)}`,
    ...(Number.isFinite(effective)
      ? [
          `- Effective sparsity: ${percent(effective)} of the pairs of real tokens were removed on the ${adjective(parts.card.split)} examples`,
        ]
      : []),
    "",
    "Short texts lose fewer pairs than the nominal share says, as keys come whole. A removed pair saves arithmetic in principle only: these files compute it and mask it.",
  ].join("\n");
}

function use(parts: ModelCardParts): string {
  const { files, name, card, config } = parts;
  const [pipelineTag, head] = kindOf(parts);
  const embeds = tasks[config.task].head.pooling !== undefined;
  const auto = embeds ? "AutoModel" : `AutoModelFor${head}`;
  const ofImages = config.image !== undefined;
  const reader = ofImages ? "AutoImageProcessor" : "AutoTokenizer";
  const sample = ofImages ? "image.jpg" : "some text";
  const { accuracy, [`accuracy${OFF}`]: accuracyOff } = card.metrics;
  const both =
    isSparse(parts) && accuracy !== undefined && accuracyOff !== undefined
      ? ` (${adjective(card.split)} accuracy ${figure(accuracyOff)}; with its sparsity ${figure(accuracy)})`
      : "";
  const blocks = embeds
    ? sentenceUse(name)
    : !["text-classification", "token-classification", "image-classification"].includes(pipelineTag)
      ? []
      : [
          `Crisp:\n\n\`\`\`ts\nimport { Classifier } from "crisp-attention";\nconst model = await Classifier.load(${quoted(name)});\nawait model.predict("${sample}");\n\`\`\``,
        ];
  if (files.onnx) {
    blocks.push(
      `transformers.js, ${isSparse(parts) ? "with the sparsity" : "from the same ONNX file in Node and in browsers"} (a folder is named with a leading \`./\` or \`/\`; a page also sets \`env.allowLocalModels = true\`):\n\n` +
        `\`\`\`js\nimport { pipeline } from "@huggingface/transformers";\nconst ${embeds ? "embed" : "classify"} = await pipeline("${pipelineTag}", ${quoted(`./${name}`)});\nawait ${embeds ? "embed" : "classify"}("${sample}"${embeds ? ', { pooling: "mean", normalize: true }' : ""});\n\`\`\`` +
        (files.quantized ? '\n\n`{ dtype: "q8" }` takes the 8-bit file instead: smaller, with slightly other scores.' : ""),
    );
  }
  if (files.python) {
    blocks.push(
      `Python, with the sparsity (\`crisp_attention.py\` of this folder, PyTorch and transformers):\n\n` +
        `\`\`\`python\nimport sys\nsys.path.insert(0, ${quoted(name)})\nimport crisp_attention\nmodel = crisp_attention.load(${quoted(name)})\n\`\`\``,
    );
  }
  blocks.push(
    `Python, ${isSparse(parts) ? `dense attention${both}` : "as it is"}:\n\n` +
      `\`\`\`python\nfrom transformers import ${auto}, ${reader}\n` +
      `${reader === "AutoTokenizer" ? "tokenizer" : "processor"} = ${reader}.from_pretrained(${quoted(name)})\nmodel = ${auto}.from_pretrained(${quoted(name)})\n\`\`\``,
  );
  if (card.longTexts === "chunks") blocks.push(windowsInPython(card));
  if (!ofImages) blocks.push("Batches are padded at the end; padding at the front is not supported.");
  return blocks.join("\n\n");
}

/** The files compute one window: what averages them stands here. */
const windowsInPython = ({ maxLength, docStride, maxWindows }: ModelCardParts["card"]): string =>
  "Python, a long text as Crisp reads it:\n\n```python\nwindows = tokenizer(text, truncation=True, return_overflowing_tokens=True, " +
  `max_length=${maxLength}, stride=${docStride}, padding=True, return_tensors="pt")\n` +
  `windows.pop("overflow_to_sample_mapping")\nlogits = model(**{name: rows[:${maxWindows}] for name, rows in windows.items()}).logits.mean(0)\n\`\`\``;

/** The embedding of a text is the mean of its tokens' hidden states at length 1, which these compute. */
const sentenceUse = (name: string): string[] => [
  `Crisp:\n\n\`\`\`ts\nimport { Classifier } from "crisp-attention";\nconst model = await Classifier.load(${quoted(name)});\nawait model.embed(["some text"]);\n\`\`\``,
  `sentence-transformers (mean pooling, length 1; dense attention):\n\n\`\`\`python\nfrom sentence_transformers import SentenceTransformer\nSentenceTransformer(${quoted(name)}).encode(["some text"])\n\`\`\``,
];

function recipe({ card }: ModelCardParts): string {
  const { startModel, baseModel = startModel, teacher } = card.about ?? {};
  const { runtime, classWeights, ...rest } = card;
  const options = Object.entries({ ...rest.options, ...(classWeights && { classWeights }) });
  const rows = options.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
  const table = rows.length === 0 ? "" : `\n\n| option | value |\n|---|---|\n${rows.join("\n")}`;
  const time = Number.isFinite(card.metrics.seconds) ? `\n- Training took ${Math.round(card.metrics.seconds)} s` : "";
  const start = baseModel === undefined ? "" : `- Start model: ${code(baseModel)}\n`;
  const taught = teacher === undefined ? "" : `- Teacher, whose outputs were learned beside the labels: ${code(teacher)}\n`;
  const threads = runtime && `${runtime.threads} thread${runtime.threads === 1 ? "" : "s"}`;
  const computed = runtime
    ? `\n- Computed by ${plain(runtime.name)} ${plain(runtime.version)} on ${plain(runtime.device)}, ${threads}`
    : "";
  return `${start}${taught}- Crisp ${plain(card.crisp)}, seed ${card.seed}${computed}${time}${table}`;
}
