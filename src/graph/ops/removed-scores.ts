import type { Node, OnnxEmitter } from "../node.ts";

/** float32's lowest number: exp of it is exactly 0, and unlike −∞ it makes no NaN of a row without kept scores. */
const LOWEST = -3.4028234663852886e38;

/** Emit the scores with `lowest`, by default float32's lowest number, wherever `keep` is false. */
export function removeScores(
  emitter: OnnxEmitter,
  scores: string,
  keep: string,
  { shape }: Pick<Node, "shape">,
  lowest = LOWEST,
): string {
  const removed = emitter.constant([lowest], { dtype: "float", shape: [] });
  return emitter.emit("Where", [keep, scores, removed], { dtype: "float", shape });
}
