/** Where a parameter lies, by its Hugging Face name: a layer by number from 0, the embeddings, or neither. */
export function placeOf(name: string): number | "embeddings" | undefined {
  const layer = LAYER.exec(name);
  if (layer) return Number(layer[1]);
  return EMBEDDINGS.test(name) ? "embeddings" : undefined;
}

/** The name of the same parameter in another layer. */
export const inLayer = (name: string, layer: number): string =>
  name.replace(LAYER, (place, own: string) => `${place.slice(0, -own.length - 1)}${layer}.`);

/** The second: DeBERTa's norm of its relative positions, whose table is an embedding. */
const EMBEDDINGS = /embedding|^\w+\.encoder\.LayerNorm\./;
/** At the start of a name, too: checkpoints of a bare encoder leave its prefix out. */
const LAYER = /(?:^|\.)[a-z_]*layers?\.(\d+)\./;
