import { CrispError } from "../errors/index.ts";
import type { EncoderConfig, EncoderFamily } from "./config.ts";
import { initialValues, type ParameterSpec, parameterSpecs } from "./initialise.ts";
import type { Safetensors, StoredTensor } from "./safetensors.ts";

/** Parts of other heads, and buffers, that published checkpoints carry and a classifier has no use for. */
const HARMLESS: readonly RegExp[] = [
  /(^|\.)embeddings\.(position|token_type)_ids$/,
  /^cls\./, // BERT's pre-training heads
  /^vocab_(transform|layer_norm|projector)\./, // DistilBERT's masked-language-model head
  /^qa_outputs\./,
  /^fit_dense(s\.\d+)?\./, // TinyBERT's distillation layers
];
/** What a pretrained encoder without a classifier lacks. */
const HEAD: Readonly<Record<EncoderFamily, RegExp>> = {
  bert: /^(classifier|bert\.pooler\.dense)\./,
  distilbert: /^(classifier|pre_classifier)\./,
};
const CLASSIFIER = /^classifier\./;
const LISTED = 10;

/** Weights by Hugging Face name, and the names that were drawn afresh. */
export interface LoadedWeights {
  readonly weights: Map<string, Float32Array>;
  readonly fresh: readonly string[];
}

/**
 * Take a classifier's weights out of a checkpoint.
 *
 * Names with and without the family's prefix are known, and TensorFlow's `gamma` and `beta`. A head that is missing, or one of another
 * number of classes, is drawn afresh and named in `fresh`: normal for a pretrained encoder.
 *
 * @param options.seed - Of the fresh head.
 * @param options.where - File name for messages.
 * @throws `weights/mismatch`, naming all missing, extra and misshapen tensors.
 */
export function weightsFrom(
  config: EncoderConfig,
  { tensors }: Pick<Safetensors, "tensors">,
  { seed, where }: { readonly seed: number; readonly where: string },
): LoadedWeights {
  const specs = parameterSpecs(config);
  const wanted = new Set(specs.map(({ name }) => name));
  const found = new Map<string, StoredTensor>();
  const extra: string[] = [];
  for (const [stored, tensor] of tensors) {
    const name = standardName(stored, config.family, wanted);
    // a second tensor of the same parameter, under its other name, is extra
    if (wanted.has(name) && !found.has(name)) found.set(name, tensor);
    else if (!HARMLESS.some((pattern) => pattern.test(stored))) extra.push(stored);
  }
  const missing: string[] = [];
  const misshapen: string[] = [];
  const fresh: string[] = [];
  const weights = new Map<string, Float32Array>();
  const draw = (spec: ParameterSpec): void => {
    fresh.push(spec.name);
    weights.set(spec.name, initialValues(spec, config, seed));
  };
  for (const spec of specs) {
    const tensor = found.get(spec.name);
    if (!tensor) {
      if (HEAD[config.family].test(spec.name)) draw(spec);
      else missing.push(spec.name);
    } else if (tensor.shape.join() !== spec.shape.join()) {
      if (CLASSIFIER.test(spec.name)) draw(spec);
      else misshapen.push(`${spec.name} [${tensor.shape.join(", ")}] instead of [${spec.shape.join(", ")}]`);
    } else weights.set(spec.name, tensor.data());
  }
  const wrong = [listed("missing", missing), listed("misshapen", misshapen), listed("extra", extra)].filter(Boolean);
  if (wrong.length > 0) {
    throw new CrispError(
      "weights/mismatch",
      `${where}: expected the ${specs.length} tensors of a ${config.family} with this config.json, got ${wrong.join("; ")}. Take both files from one model.`,
      { missing, misshapen, extra },
    );
  }
  return { weights, fresh };
}

const listed = (what: string, names: readonly string[]): string =>
  names.length === 0 ? "" : `${names.length} ${what} (${names.slice(0, LISTED).join(", ")}${names.length > LISTED ? ", …" : ""})`;

function standardName(stored: string, family: EncoderFamily, wanted: ReadonlySet<string>): string {
  const name = stored.replace(/LayerNorm\.gamma$/, "LayerNorm.weight").replace(/LayerNorm\.beta$/, "LayerNorm.bias");
  return wanted.has(name) ? name : `${family}.${name}`;
}
