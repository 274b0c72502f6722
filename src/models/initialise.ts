import { expectedGot } from "../errors/index.ts";
import { normal, normalFill, uniform } from "../random/index.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { families } from "./families/families.ts";
import { adapterPart } from "./layers/adapter.ts";
import { buildModel } from "./model-graph.ts";

/** A parameter of a model: its Hugging Face name, its shape, and whether weight decay applies to it. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Scales or shifts a normalisation. */
  readonly norm: boolean;
  /** False for normalisations and for names with `bias` in them, as in transformers' Trainer. */
  readonly decay: boolean;
  /** False for DistilBERT's sinusoidal positions: constants, though transformers 5.23 leaves `requires_grad` on after drawing. */
  readonly trainable: boolean;
}

/** Every parameter of a model, in the order of its forward pass. */
export function parameterSpecs(config: EncoderConfig): ParameterSpec[] {
  const { parameters, norms } = buildModel(config, { training: false });
  return parameters.map(({ attrs, shape }) => {
    const name = attrs.name as string;
    const fixed = config.sinusoidalPositions && name.endsWith("position_embeddings.weight");
    const norm = norms.has(name);
    return { name, shape: shape as readonly number[], norm, decay: !norm && !name.includes("bias"), trainable: !fixed };
  });
}

/**
 * Fresh values of one parameter, by transformers' rules: normal with deviation `initializer_range` for matrices (unless the family
 * has a `spread` of its own), the padding word's row 0, LayerNorm 1 and 0, biases 0; adapters as `withLora` says.
 *
 * @param seed - Each parameter draws from a stream of its own name.
 */
export function initialValues({ name, shape, norm }: ParameterSpec, config: EncoderConfig, seed: number): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const adapter = adapterPart(name);
  if (adapter === "B") return values;
  if (adapter === "A") {
    const key = { seed, step: 0, site: name };
    return values.map((_, at) => (2 * uniform(key, at) - 1) / Math.sqrt(shape[1]));
  }
  if (norm) return values.fill(name.endsWith("weight") ? 1 : 0);
  if (name.endsWith("bias")) return values;
  if (config.sinusoidalPositions && name.endsWith("position_embeddings.weight")) return sinusoids(values, shape[1]);
  const { deviation, cutoff } = families[config.family].spread?.(name, config) ?? {
    deviation: config.initializerRange,
    cutoff: Infinity,
  };
  normalFill(values, { seed, step: 0, site: name }, deviation);
  for (let at = 0; at < values.length; at++) {
    for (let round = 1; Math.abs(values[at]) > cutoff * deviation; round++) {
      values[at] = deviation * normal({ seed, step: round, site: name }, at);
    }
  }
  if (hasPaddingRow(name, config)) values.fill(0, config.padTokenId * shape[1], (config.padTokenId + 1) * shape[1]);
  return values;
}

/** Of the words, and of positions that begin behind the padding token's id (RoBERTa). */
const hasPaddingRow = (name: string, { positionOffset }: EncoderConfig): boolean =>
  name.endsWith("word_embeddings.weight") || (positionOffset > 0 && name.endsWith("position_embeddings.weight"));

/** Position p, place i: sin for even i, cos for odd i, of `p / 10000^(2 ⌊i/2⌋ / D)` (arXiv 1706.03762). */
function sinusoids(values: Float32Array, width: number): Float32Array {
  return values.map((_, at) => {
    const [position, place] = [Math.floor(at / width), at % width];
    const angle = position / 10000 ** ((2 * Math.floor(place / 2)) / width);
    return place % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/** Parameters of a model that is drawn: 4 GiB. Where weights are read, their file is the bound. */
const MOST_DRAWN = 2 ** 30;

/**
 * Fresh values of all parameters.
 *
 * @throws `config/too-large` for more than 2³⁰ values, before any is drawn.
 */
export function initialise(config: EncoderConfig, seed: number): Map<string, Float32Array> {
  const specs = parameterSpecs(config);
  const count = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  if (count > MOST_DRAWN) {
    const rule = `at most ${MOST_DRAWN.toLocaleString("en-US")} values to draw for a model without weights`;
    const hint = "Its vocabulary, widths and layers say how many there are; start from a folder with weights for a larger one.";
    throw expectedGot("config/too-large", "config.json", rule, count.toLocaleString("en-US"), hint);
  }
  return new Map(specs.map((spec) => [spec.name, initialValues(spec, config, seed)]));
}
