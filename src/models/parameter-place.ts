/** Where a parameter lies, by its Hugging Face name: a layer by number from 0, the embeddings, or neither. */
export function placeOf(name: string): number | "embeddings" | undefined {
  const layer = LAYER.exec(name);
  if (layer) return Number(layer[1]);
  return EMBEDDINGS.test(name) ? "embeddings" : undefined;
}

/** The second: DeBERTa's norm of its relative positions, whose table is an embedding. */
const EMBEDDINGS = /embedding|^\w+\.encoder\.LayerNorm\./;
const LAYER = /\.[a-z_]*layers?\.(\d+)\./;
