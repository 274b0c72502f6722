import { expectedGot } from "../../errors/index.ts";
import { dropoutRate } from "../../random/index.ts";
import { dropout } from "../build.ts";
import { type Dense, defineOps, type Node, type OnnxEmitter, type OnnxValueInfo } from "../node.ts";
import { type DType, sameShape, showShape } from "../shape.ts";
import { checkDType } from "./check-dtype.ts";

/** Dtypes of a mask: bytes that say what is kept, or weights, which hold the scale too. */
export const maskDTypes: readonly DType[] = ["uint8", "float"];

/** What a 1 of a mask multiplies by. */
export const maskScale = ({ dtype }: Node, probability: number): number =>
  dtype === "float" ? 1 : dropoutRate(probability).scale;

/** Of the mask's elements, and how likely it is to drop one. */
interface MaskFormat {
  readonly dtype: DType;
  readonly probability: number;
}

/** Emit `x ∘ mask · scale`; bytes become float32 on the way. */
export const emitDropout = (emitter: OnnxEmitter, [x, mask]: readonly string[], info: OnnxValueInfo, of: MaskFormat): string =>
  emitter.emit("Mul", [x, emitDropoutWeights(emitter, [x, mask], info, of)], info);

/** Emit `mask · scale` as float32, which is made once `behind` is there. */
export const emitDropoutWeights = (
  emitter: OnnxEmitter,
  [behind, mask]: readonly string[],
  info: OnnxValueInfo,
  { dtype, probability }: MaskFormat,
): string =>
  dtype === "float" ? mask : emitter.emit("DequantizeLinear", [mask, scaleBehind(emitter, behind, probability)], info);

/**
 * The scale, as a value that is there only when x is: bytes that depend on inputs alone would be made float32 early, all layers' at
 * once.
 */
function scaleBehind(emitter: OnnxEmitter, x: string, probability: number): string {
  const scale = emitter.constant([dropoutRate(probability).scale], { dtype: "float", shape: [] });
  const none = emitter.emit("Shape", [x], { dtype: "int64", shape: [0] }, { start: 0, end: 0 });
  return emitter.emit("Reshape", [scale, none], { dtype: "float", shape: [] });
}

/** Dropout by a mask that is fed, or drawn before. */
export const dropoutOps = defineOps({
  dropout: {
    infer([x, mask], attrs) {
      checkDType("dropout", [x]);
      checkDType("dropout", [mask], maskDTypes);
      dropoutRate(attrs.probability as number);
      if (sameShape(x.shape, mask.shape)) return x;
      throw expectedGot("graph/shape", "dropout", `a mask ${showShape(x.shape)}`, showShape(mask.shape));
    },
    // the mask is read again in the backward pass, and no product of the forward pass is kept for it
    gradient: ({ inputs: [, mask], attrs }, up) => [dropout(up, mask, attrs.probability as number), null],
    reference([x, mask]: readonly Dense[], _, node) {
      const scale = maskScale(node.inputs[1], node.attrs.probability as number);
      return x.data.map((value, at) => value * mask.data[at] * scale);
    },
    onnx: (emitter, inputs, node) =>
      emitDropout(emitter, inputs, node, { dtype: node.inputs[1].dtype, probability: node.attrs.probability as number }),
  },
});
