import { CrispError, expectedGot } from "../../errors/index.ts";
import { tasks } from "../../tasks/index.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { families } from "../families/families.ts";
import type { Family } from "../families/family.ts";
import { initialValues, type ParameterSpec, parameterSpecs } from "../initialise.ts";
import type { Safetensors, StoredTensor } from "./safetensors.ts";

/** Buffers, and parts of heads, that checkpoints of every family may carry and that a model without them has no use for. */
const HARMLESS: readonly RegExp[] = [/(^|\.)embeddings\.(position|token_type)_ids$/, /^(qa_outputs|classifier)\./];
/** A head that several tasks have under one name; its shape says whose it is. */
const CLASSIFIER = /^classifier\.(out_proj\.)?/;
const LISTED = 10;
type Stored = Pick<Safetensors, "tensors">;

/** Weights by Hugging Face name, and the names that were drawn afresh. */
export interface LoadedWeights {
  readonly weights: Map<string, Float32Array>;
  readonly fresh: readonly string[];
}

/**
 * Take a model's weights out of a checkpoint.
 *
 * Names with and without the family's prefix are known, and TensorFlow's `gamma` and `beta`. A head that is missing, or one of another
 * number of classes, is drawn afresh and named in `fresh`: normal for a pretrained encoder.
 *
 * @param options.seed - Of the fresh head.
 * @param options.where - File name for messages.
 * @throws `weights/mismatch`, naming all missing, extra and misshapen tensors; `weights/untied`.
 */
export function weightsFrom(
  config: EncoderConfig,
  { tensors }: Stored,
  { seed, where }: { readonly seed: number; readonly where: string },
): LoadedWeights {
  const family = families[config.family];
  const specs = parameterSpecs(config);
  const unused = [...HARMLESS, ...family.otherHeads, ...(family.poolers ? [family.poolers] : [])];
  const wanted = new Set(specs.map(({ name }) => name));
  const found = new Map<string, StoredTensor>();
  const extra: string[] = [];
  for (const [stored, tensor] of tensors) {
    const name = standardName(stored, family, wanted);
    // a second tensor of the same parameter, under its other name, is extra
    if (wanted.has(name)) found.has(name) ? extra.push(stored) : found.set(name, tensor);
    else if (!unused.some((pattern) => pattern.test(stored) || pattern.test(name))) extra.push(stored);
  }
  const missing: string[] = [];
  const misshapen: string[] = [];
  const fresh = new Set<string>();
  for (const { name, shape } of specs) {
    const tensor = found.get(name);
    if (!tensor) {
      if (isHead(name, family)) fresh.add(name);
      else missing.push(name);
    } else if (tensor.shape.join() !== shape.join()) {
      if (CLASSIFIER.test(name)) fresh.add(name);
      else misshapen.push(`${name} [${tensor.shape.join(", ")}] instead of [${shape.join(", ")}]`);
    }
  }
  const wrong = [listed("missing", missing), listed("misshapen", misshapen), listed("extra", extra)].filter(Boolean);
  if (wrong.length > 0) {
    throw new CrispError(
      "weights/mismatch",
      `${where}: expected the ${specs.length} tensors of a ${config.family} with this config.json, got ${wrong.join("; ")}. Take both files from one model.`,
      { missing, misshapen, extra },
    );
  }
  // only now is memory taken: an encoder that was found whole bounds the width of the head that is drawn
  const valuesOf = (spec: ParameterSpec): Float32Array =>
    fresh.has(spec.name) ? initialValues(spec, config, seed) : found.get(spec.name)!.data();
  const weights = new Map(specs.map((spec) => [spec.name, valuesOf(spec)]));
  if (tasks[config.task].head.needs === "predictTokens") checkTied(family, { tensors }, weights, where);
  return { weights, fresh: [...fresh] };
}

/** Scores over the vocabulary are computed by the word embeddings: a checkpoint with a matrix of its own there is another model. */
function checkTied({ decoder }: Family, { tensors }: Stored, weights: LoadedWeights["weights"], where: string): void {
  const stored = decoder === undefined ? undefined : tensors.get(decoder);
  if (!stored) return;
  const words = [...weights].find(([name]) => /\.(word|tok)_embeddings\.weight$/.test(name))![1];
  const own = stored.data();
  if (own.length === words.length && own.every((value, at) => value === words[at])) return;
  const hint = "A head with an output matrix of its own (tie_word_embeddings false) is not supported.";
  throw expectedGot("weights/untied", where, `${decoder} to equal the word embeddings`, "other values", hint);
}

const listed = (what: string, names: readonly string[]): string =>
  names.length === 0 ? "" : `${names.length} ${what} (${names.slice(0, LISTED).join(", ")}${names.length > LISTED ? ", …" : ""})`;

/** What a pretrained encoder may lack. */
const isHead = (name: string, { prefix, poolers }: Family): boolean =>
  !name.startsWith(`${prefix}.`) || (poolers?.test(name) ?? false);

/** Names without the family's prefix are known too, and TensorFlow's `gamma` and `beta`. */
export function standardName(stored: string, { prefix }: Family, wanted: ReadonlySet<string>): string {
  const name = stored.replace(/LayerNorm\.gamma$/, "LayerNorm.weight").replace(/LayerNorm\.beta$/, "LayerNorm.bias");
  return wanted.has(name) ? name : `${prefix}.${name}`;
}
