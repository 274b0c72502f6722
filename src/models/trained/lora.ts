import { expectedGot } from "../../errors/index.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import type { ParameterSpec } from "../initialise.ts";
import { adapterNames, adapterPart, type LoraSettings } from "../layers/adapter.ts";
import { placeOf } from "../parameter-place.ts";

/**
 * The same encoder with adapters beside its linear layers, whose weights they are trained instead of:
 *
 *     y = W x + b + α / r · B (A x)
 *
 * A is drawn between ±1 / √in, B is zero, so that training starts from the encoder as it is.
 *
 * @see Hu et al., arXiv 2106.09685.
 */
export const withLora = (config: EncoderConfig, lora: LoraSettings): EncoderConfig => ({ ...config, lora });

/**
 * Parameters of an encoder with adapters, of which the encoder's own keep their values; the head is trained.
 *
 * @throws `training/bad-option` where no linear layer is a target.
 */
export function freezeBeside(
  specs: readonly ParameterSpec[],
  frozen: readonly ParameterSpec[],
  lora: LoraSettings,
): ParameterSpec[] {
  if (specs.some(({ name }) => adapterPart(name))) {
    const trained = new Set(frozen.filter(({ trainable }) => trainable).map(({ name }) => name));
    return specs.map((spec) => ({ ...spec, trainable: adapterPart(spec.name) !== undefined || trained.has(spec.name) }));
  }
  const known = [...new Set(specs.filter(isLinearOfLayer).map(({ name }) => name.split(".").at(-2)!))];
  throw expectedGot("training/bad-option", "loraTargetModules", `names among ${known.join(", ")}`, lora.targets.join(", "));
}

const isLinearOfLayer = ({ name, shape }: ParameterSpec): boolean => typeof placeOf(name) === "number" && shape.length === 2;

/**
 * Weights in which what the adapters add is part of their linear layers: `W + α / r · B A`, computed in float64. The adapters' own are
 * left out.
 */
export function mergeAdapters(
  weights: ReadonlyMap<string, Float32Array>,
  { rank, alpha }: Pick<LoraSettings, "rank" | "alpha">,
): Map<string, Float32Array> {
  const merged = new Map<string, Float32Array>();
  for (const [name, values] of weights) {
    if (adapterPart(name)) continue;
    const { a, b } = adapterNames(name.replace(/\.weight$/, ""));
    const [inner, outer] = [weights.get(a), weights.get(b)];
    merged.set(name, inner && outer ? added(values, inner, outer, { rank, scale: alpha / rank }) : values);
  }
  return merged;
}

/** `W + scale · B A`: W [out, in], B [out, r], A [r, in]. */
function added(
  weight: Float32Array,
  inner: Float32Array,
  outer: Float32Array,
  { rank, scale }: { readonly rank: number; readonly scale: number },
): Float32Array {
  const width = inner.length / rank;
  return weight.map((value, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += outer[row * rank + r] * inner[r * width + column];
    return value + scale * sum;
  });
}
