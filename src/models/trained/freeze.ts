import { expectedGot } from "../../errors/index.ts";
import type { ParameterSpec } from "../initialise.ts";
import { placeOf } from "../parameter-place.ts";

/** What `freeze` names: `embeddings`, `encoder` (embeddings and all layers), a layer such as `3`, or layers such as `0-3`. */
const PLACE = /^(?:(embeddings|encoder)|(\d{1,4})(?:-(\d{1,4}))?)$/;

/**
 * Parameters of which some keep their values: no gradient, no moments, no weight decay. Dropout goes on in frozen layers.
 *
 * @param places - `embeddings`; `encoder`, all but the head; layers by number from 0, such as `3` and `0-3`. Left out or empty, nothing is frozen.
 * @throws `training/bad-option` for what is no place, a layer that the model does not have by itself, or where nothing is left to train.
 * @example freeze(parameterSpecs(config), ["embeddings", "0-3"])
 */
export function freeze(specs: readonly ParameterSpec[], places: readonly string[] = []): ParameterSpec[] {
  if (places.length === 0) return [...specs];
  const layers = new Set(specs.map(({ name }) => placeOf(name)).filter((place) => typeof place === "number"));
  const frozen = places.map((place) => chosenBy(place, specs, layers));
  const kept = specs.map((spec) => ({ ...spec, trainable: spec.trainable && !frozen.some((isFrozen) => isFrozen(spec.name)) }));
  if (kept.some(({ trainable }) => trainable)) return kept;
  throw expectedGot("training/bad-option", "freeze", "something left to train", places.join(", "));
}

/** Whether a parameter lies in a place. */
function chosenBy(place: string, specs: readonly ParameterSpec[], layers: ReadonlySet<number>): (name: string) => boolean {
  const [, part, from, to = from] = PLACE.exec(place) ?? [];
  const isEmbedding = (name: string): boolean => placeOf(name) === "embeddings";
  if (part === "embeddings") return isEmbedding;
  if (part === "encoder") {
    const body = specs.find(({ name }) => isEmbedding(name))!.name.split(".")[0];
    return (name) => name.startsWith(`${body}.`);
  }
  const numbers = Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, at) => Number(from) + at);
  if (numbers.length > 0 && numbers.every((layer) => layers.has(layer))) {
    return (name) => numbers.some((layer) => placeOf(name) === layer);
  }
  const rule = `embeddings, encoder, or layers from 0 to ${Math.max(...layers)}, such as ${layers.size > 1 ? "0-1" : "0"}`;
  throw expectedGot("training/bad-option", "freeze", rule, place);
}
