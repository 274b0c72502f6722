import type { OnnxEmitter, ValueInfo } from "../node.ts";
import { onnxDType, type Shape } from "../shape.ts";

/** float32's lowest number: exp of it is exactly 0, and unlike −∞ it makes no NaN of a row without kept scores. */
export const LOWEST = -3.4028234663852886e38;

/**
 * Emit the scores with the lowest number wherever `keep` is false.
 *
 * On the CPU the number is added: any score vanishes beside it, and ONNX Runtime's Where takes 3 times as long as Add, or 10 times on a
 * mask without order, where its branches are guessed wrong.
 *
 * @param info.mask - Of `keep`, which may be smaller than the scores.
 * @param lowest - The number; default float32's lowest.
 */
export function removeScores(
  emitter: OnnxEmitter,
  scores: string,
  keep: string,
  { shape, mask }: { readonly shape: Shape; readonly mask: ValueInfo },
  lowest = LOWEST,
): string {
  const float = { dtype: "float", shape } as const;
  const number = emitter.constant([lowest], { dtype: "float", shape: [] });
  if (emitter.webgpu) return emitter.emit("Where", [keep, scores, number], float);
  if (emitter.microsoftOps) {
    // (keep − 1) · −lowest, made of bytes: one operator of floats less than below
    const bytes = emitter.emit("Cast", [keep], { dtype: "uint8", shape: mask.shape }, { to: onnxDType.uint8 });
    const scale = emitter.constant([-lowest], { dtype: "float", shape: [] });
    const one = emitter.constant([1], { dtype: "uint8", shape: [] });
    const bias = emitter.emit("DequantizeLinear", [bytes, scale, one], { dtype: "float", shape: mask.shape });
    return emitter.emit("Add", [scores, bias], float);
  }
  const removed = asFloat(emitter, emitter.emit("Not", [keep], mask), mask.shape);
  const bias = emitter.emit("Mul", [removed, number], { dtype: "float", shape: mask.shape });
  return emitter.emit("Add", [scores, bias], float);
}

/** Emit a mask as 0 and 1. */
export const asFloat = (emitter: OnnxEmitter, mask: string, shape: Shape): string =>
  emitter.emit("Cast", [mask], { dtype: "float", shape }, { to: onnxDType.float });
