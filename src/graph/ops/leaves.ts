import { defineOps, type OpRecord, type ValueInfo } from "../node.ts";
import type { DType, Shape } from "../shape.ts";

const declared: OpRecord["infer"] = (_, attrs): ValueInfo => ({
  shape: attrs.shape as Shape,
  dtype: (attrs.dtype as DType | undefined) ?? "float",
});

const fed: OpRecord["reference"] = (_inputs, _shape, node) => {
  throw new Error(`${node.op} ${String(node.attrs.name)} is fed, not computed`);
};

/** Values that come from outside the graph, and constants. */
export const leafOps = defineOps({
  /** A trainable tensor, fed by name. */
  parameter: { infer: declared, reference: fed },
  /** A tensor fed by name at every run. */
  input: { infer: declared, reference: fed },
  /** `attrs.values` laid out row-major; one value fills the whole (concrete) shape. */
  constant: {
    infer: declared,
    reference: (_, shape, node) => {
      const values = node.attrs.values as readonly number[];
      const size = shape.reduce((a, b) => a * b, 1);
      return Float64Array.from({ length: size }, (_v, i) => values[values.length === 1 ? 0 : i]);
    },
    onnx: (emitter, _inputs, node) => emitter.constant(node.attrs.values as readonly number[], node),
  },
});
