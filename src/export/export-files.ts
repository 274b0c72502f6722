import { type AttentionPlan, isDense } from "../attention/index.ts";
import { CrispError } from "../errors/index.ts";
import { type EncoderConfig, families } from "../models/index.ts";
import { tasks } from "../tasks/index.ts";
import { type ModelCardParts, modelCard } from "./model-card.ts";
import { onnxClassifier } from "./onnx-classifier.ts";
import { PYTHON_MODULE } from "./python-module.ts";
import { sentenceFiles } from "./sentence-files.ts";

/** Which files other libraries get, beside the weights. */
export interface ExportOptions {
  /** Write `onnx/model.onnx`, which transformers.js reads; as large as the weights. Default true. */
  readonly onnx?: boolean;
  /** Write `onnx/model_quantized.onnx` too, its matrices and embeddings in 8 bits. */
  readonly quantize?: "int8";
  /** What the model card calls the model; default `model`. */
  readonly name?: string;
}

export interface ExportedModel {
  readonly config: EncoderConfig;
  readonly plan: AttentionPlan;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly card: ModelCardParts["card"];
  /** Id of the token that closes every text; left out where the tokenizer has none. */
  readonly closingTokenId?: number;
}

/** Files by name, and what people should know about them. */
export interface Exported {
  readonly files: ReadonlyMap<string, Iterable<Uint8Array>>;
  /** What `config.json` says beside the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Why a file is missing. */
  readonly notes: readonly string[];
}

/**
 * What a saved model folder holds for other libraries: ONNX files for transformers.js, a Python module for transformers, a model card.
 *
 * What cannot be built into a file leaves that file out and is said in `notes` and in the card: a dense file would be another model,
 * and weights that took hours to train are saved all the same.
 *
 * @example
 * const { files, notes } = exportFiles({ config, plan, weights, card }, { quantize: "int8" });
 * [...files.keys()]; // ["onnx/model.onnx", "onnx/model_quantized.onnx", "crisp_attention.py", "README.md"]
 */
export function exportFiles(model: ExportedModel, { onnx = true, quantize, name = "model" }: ExportOptions = {}): Exported {
  const { config, plan, weights, card, closingTokenId } = model;
  const closing = closingTokenId === undefined ? undefined : { maxLength: card.maxLength, tokenId: closingTokenId };
  const files = new Map<string, Iterable<Uint8Array>>();
  const notes: string[] = [];
  const sparse = !isDense(plan);
  const drawn = plan.pattern.isDrawn === true;
  if (drawn) notes.push(DRAWN(plan.pattern.id));
  try {
    const parts = { config, plan, weights, closing };
    if (onnx && !drawn) files.set("onnx/model.onnx", [onnxClassifier(parts)]);
    if (quantize && !drawn) files.set("onnx/model_quantized.onnx", [onnxClassifier({ ...parts, quantize })]);
  } catch (error) {
    if (!(error instanceof CrispError && error.code.startsWith("export/"))) throw error;
    notes.push(`There is no ONNX file. ${error.message}`);
  }
  const fixed = sparse && families[config.family].fixedInPython === true;
  if (fixed) notes.push(FIXED(families[config.family].className));
  if (sparse && !drawn && !fixed) files.set("crisp_attention.py", [new TextEncoder().encode(PYTHON_MODULE)]);
  if (tasks[config.task].head.pooling)
    for (const [name, bytes] of Object.entries(sentenceFiles(config.hiddenSize, card.maxLength))) files.set(name, [bytes]);
  const written = {
    onnx: files.has("onnx/model.onnx"),
    quantized: files.has("onnx/model_quantized.onnx"),
    python: files.has("crisp_attention.py"),
  };
  const text = modelCard({ name, config, card, notes, nominalSparsity: plan.pattern.nominalSparsity, files: written });
  files.set("README.md", [new TextEncoder().encode(text)]);
  return {
    files,
    config: {
      // without it, transformers.js looks for an 8-bit file in browsers
      ...((written.onnx || written.quantized) && { "transformers.js_config": { dtype: written.onnx ? "fp32" : "q8" } }),
      ...(sparse && { crisp_attention: card.attention }),
    },
    notes,
  };
}

const FIXED = (className: string): string =>
  `transformers computes the attention of ${className} itself, so there is no Python module: plain transformers runs the weights with dense attention.`;
const DRAWN = (id: string): string =>
  `\`${id}\` draws pairs at random for each example, which only Crisp itself can repeat: there is no ONNX file and no Python module. Plain transformers runs the weights with dense attention.`;
