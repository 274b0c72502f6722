import type { ParameterSpec } from "../initialise.ts";
import { placeOf } from "../parameter-place.ts";

/**
 * Factors of the learning rate that fall from the head down: with L layers, `decay^(L − i)` in layer i from 0, `decay^(L + 1)` in the
 * embeddings, 1 in the head and all else.
 *
 * @param decay - In [0, 1]; 1 leaves every rate as it is.
 * @see Clark et al., arXiv 2003.10555 (ELECTRA), who fine-tune with 0.8 to 0.9.
 */
export function layerRates<Spec extends ParameterSpec>(specs: readonly Spec[], decay = 1): (Spec & { readonly rate?: number })[] {
  if (decay === 1) return [...specs];
  const places = specs.map(({ name }) => placeOf(name));
  const layers = 1 + Math.max(-1, ...places.filter((place) => typeof place === "number"));
  return specs.map((spec, at) => {
    const place = places[at];
    const below = place === undefined ? 0 : place === "embeddings" ? layers + 1 : layers - place;
    return { ...spec, rate: decay ** below };
  });
}
