import { expectedGot } from "../../errors/index.ts";
import { defineOps, type OpRecord, type ValueInfo } from "../node.ts";
import { type DType, elements, type Shape, showShape } from "../shape.ts";

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
    infer(inputs, attrs) {
      const shape = attrs.shape as Shape;
      const { length } = attrs.values as readonly number[];
      const fits =
        shape.every((dim) => typeof dim === "number") && (length === 1 || length === elements(shape as readonly number[]));
      if (!fits) {
        const rule = "one value, or one for each element of a shape of numbers";
        throw expectedGot("graph/shape", "constant", rule, `${length} values for ${showShape(shape)}`);
      }
      return declared(inputs, attrs);
    },
    reference: (_, shape, node) => {
      const values = node.attrs.values as readonly number[];
      return Float64Array.from({ length: elements(shape) }, (_v, i) => values[values.length === 1 ? 0 : i]);
    },
    onnx: (emitter, _inputs, node) => emitter.constant(node.attrs.values as readonly number[], node),
  },
});
