import { EIGHT_BITS } from "../models/index.ts";
import type { ModelProto, NodeProto, TensorProto } from "../onnx/index.ts";
import { bytesOf } from "./initializers.ts";

type Graph = ModelProto["graph"];

const FLOAT = 1;
const INT8 = 3;
/**
 * Make a model's matrix products and large embedding tables 8-bit, as ONNX Runtime's dynamic quantisation does: weights per output
 * feature, symmetric; activations per tensor, at run time.
 *
 *     w ≈ scale · q,  scale = max |w| / 64 of the feature;  y = scale_x · scale_w · Σ (x_q − zero_x) q + b
 *
 * An activation's scale is taken over the whole batch, padding too: scores of a text vary a little with what stands beside it.
 *
 * @param graph - With its weights inside.
 * @param names - Of the weights; other constants, such as the waves of rotary positions, stay as they are.
 * @param options.least - Weights of fewer elements stay float; default 4096.
 * @see onnxruntime.quantization.quantize_dynamic; embeddings are rounded row by row here, there by one scale.
 */
export function quantized(
  graph: Graph,
  names: ReadonlySet<string>,
  { least = EIGHT_BITS.least }: { readonly least?: number } = {},
): Graph {
  const weights = new Map(graph.initializer.flatMap((tensor) => (names.has(tensor.name) ? [[tensor.name, tensor]] : [])));
  const made = new Map<string, Rounded>();
  const added = new Map<string, TensorProto>();
  const node: NodeProto[] = [];
  const activations = new Map<string, readonly string[]>();
  /** A matrix that several layers share is rounded once. */
  const once = ({ name }: TensorProto, make: () => Rounded): Rounded => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name)!;
  };
  const add = (tensor: TensorProto): string => {
    added.set(tensor.name, tensor);
    return tensor.name;
  };
  const large = (name: string): TensorProto | undefined => {
    const tensor = weights.get(name);
    const fits = tensor?.dataType === FLOAT && tensor.dims.length === 2 && tensor.dims[0] * tensor.dims[1] >= least;
    return fits ? tensor : undefined;
  };

  for (const each of graph.node) {
    const [first, second, bias] = each.input;
    const weight = isLinear(each) ? large(second) : each.opType === "Gather" ? large(first) : undefined;
    const [out] = each.output;
    const put = (opType: string, input: readonly string[], output: string | readonly string[], more: Partial<NodeProto> = {}) => {
      const outputs = typeof output === "string" ? [output] : output;
      node.push({ opType, input, output: outputs, name: outputs[0], ...more });
      return outputs[0];
    };
    const toFloat = (value: string): string =>
      put("Cast", [value], `${value}_float`, { attribute: [{ name: "to", type: 2, i: FLOAT }] });
    if (!weight) {
      node.push(each);
    } else if (each.opType === "Gather") {
      const { table, scale } = once(weight, () => rounded(weight, EIGHT_BITS.tableSteps));
      const axis = { attribute: each.attribute };
      const bytes = put("Gather", [add(table), second], `${out}_bytes`, axis);
      const scales = put("Gather", [add({ ...scale, dims: [weight.dims[0], 1] }), second], `${out}_scales`, axis);
      put("Mul", [toFloat(bytes), scales], out);
    } else {
      if (!activations.has(first)) {
        const names = ["bytes", "scale", "zero"].map((part) => `${first}_${part}`);
        put("DynamicQuantizeLinear", [first], names);
        activations.set(first, names);
      }
      const [bytes, scaleX, zeroX] = activations.get(first)!;
      const { table, scale } = once(weight, () => transposed(rounded(weight, EIGHT_BITS.matrixSteps)));
      const sums = put("MatMulInteger", [bytes, add(table), zeroX], `${out}_sums`);
      const scales = put("Mul", [scaleX, add(scale)], `${out}_scales`);
      const product = put("Mul", [toFloat(sums), scales], bias === undefined ? out : `${out}_product`);
      if (bias !== undefined) put("Add", [product, bias], out);
    }
  }
  const read = new Set(node.flatMap(({ input }) => input));
  const kept = graph.initializer.filter(({ name }) => read.has(name));
  return { ...graph, node, initializer: [...kept, ...added.values()] };
}

/** x · Wᵀ, with a bias or without. */
function isLinear({ opType, attribute = [] }: NodeProto): boolean {
  const { transA = 0, transB = 0, alpha = 1 } = Object.fromEntries(attribute.map(({ name, i, f }) => [name, f ?? i]));
  return opType === "Gemm" && transA === 0 && transB === 1 && alpha === 1;
}

interface Rounded {
  readonly table: TensorProto;
  readonly scale: TensorProto;
}

/** Each row of a matrix in steps of its own, `most` to either side: bytes [rows, columns], and the step of each row. */
function rounded({ name, dims: [rows, columns], rawData }: TensorProto, most: number): Rounded {
  const values = new Float32Array(rawData.buffer, rawData.byteOffset, rows * columns);
  const scales = new Float32Array(rows);
  const bytes = new Int8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let largest = 0;
    for (let at = start; at < start + columns; at++) largest = Math.max(largest, Math.abs(values[at]));
    const scale = Math.fround(largest > 0 ? largest / most : 1);
    scales[row] = scale;
    for (let at = start; at < start + columns; at++) bytes[at] = Math.max(-most, Math.min(most, Math.round(values[at] / scale)));
  }
  return {
    table: { name: `${name}_quantized`, dims: [rows, columns], dataType: INT8, rawData: bytesOf(bytes) },
    scale: { name: `${name}_scale`, dims: [rows], dataType: FLOAT, rawData: bytesOf(scales) },
  };
}

/** MatMulInteger has no transposition: [out, in] → [in, out]. */
function transposed({ table, scale }: Rounded): Rounded {
  const { dims, rawData } = table;
  const [rows, columns] = dims;
  const turned = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = rawData[row * columns + column];
  }
  return { table: { ...table, dims: [columns, rows], rawData: turned }, scale };
}
