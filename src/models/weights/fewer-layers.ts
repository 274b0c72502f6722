import { expectedGot } from "../../errors/index.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { inLayer, placeOf } from "../parameter-place.ts";
import type { StoredModel } from "./stored-model.ts";

/**
 * Layers that a shorter encoder keeps of a longer one, evenly spread: layer i of N is layer round(i (L − 1) / (N − 1)) of L, so that the
 * first and the last are among them.
 *
 * @param layers - L.
 * @param kept - N, from 1 to L; one layer is the first.
 * @throws `training/bad-option`.
 * @example
 * spreadLayers(12, 6); // [0, 2, 4, 7, 9, 11], as DistilBERT was made of BERT
 * @see Sanh et al., arXiv 1910.01108, and its `extract_distilbert.py`.
 */
export function spreadLayers(layers: number, kept: number): number[] {
  if (!(Number.isInteger(kept) && kept >= 1 && kept <= layers)) {
    throw expectedGot("training/bad-option", "numHiddenLayers", `at most the model's ${layers} layers`, kept);
  }
  return Array.from({ length: kept }, (_, at) => (kept === 1 ? 0 : Math.round((at * (layers - 1)) / (kept - 1))));
}

/** The config of an encoder of fewer layers; see `spreadLayers`. @throws `training/bad-option`. */
export function withFewerLayers(config: EncoderConfig, kept: number): EncoderConfig {
  const chosen = spreadLayers(config.layers, kept);
  const { modern } = config;
  return {
    ...config,
    layers: kept,
    ...(modern && { modern: { ...modern, globalLayers: chosen.map((layer) => modern.globalLayers[layer]) } }),
  };
}

/** A stored model as one of fewer layers: the weights of those that stay, under the names of their new places. */
export function storedWithFewerLayers(stored: StoredModel, kept: number): StoredModel {
  const chosen = spreadLayers(stored.config.layers, kept);
  return {
    config: withFewerLayers(stored.config, kept),
    weightsFile: stored.weightsFile,
    get tensors() {
      const named = [...stored.tensors].flatMap(([name, tensor]) => {
        const place = placeOf(name);
        if (typeof place !== "number") return [[name, tensor] as const];
        const layer = chosen.indexOf(place);
        return layer < 0 ? [] : [[inLayer(name, layer), tensor] as const];
      });
      return new Map(named);
    },
  };
}
