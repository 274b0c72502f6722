import { elements, LEAST_SCALE } from "../graph/index.ts";
import { EIGHT_BITS, isRounded } from "../models/index.ts";
import type { ModelProto, NodeProto, TensorProto } from "../onnx/index.ts";
import { bytesOf } from "./initializers.ts";

type Graph = ModelProto["graph"];

const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT64 = 7;
/** What 0 is among the bytes of activations. */
const ZERO = 128;

/**
 * Make a model's matrix products and large embedding tables 8-bit: weights row by row, which are output features, and activations row by
 * row, which are tokens, at run time; both symmetric.
 *
 *     w ≈ s_w · q_w,  s_w = max |w| / 64 of the feature;  x ≈ s_x · q_x,  s_x = max |x| / 127 of the token
 *     y = s_x · s_w · Σ q_x q_w + b
 *
 * So a text's scores do not depend on what stands beside it, and one token with large values costs the others nothing. What stays float:
 * see `isRounded`.
 *
 * @param graph - With its weights inside, and shapes on its values.
 * @param names - Of the weights; other constants, such as the waves of rotary positions, stay as they are.
 * @see onnxruntime.quantization.quantize_dynamic, which has one scale for all activations of a tensor, and one for a table.
 */
export function quantized(graph: Graph, names: ReadonlySet<string>): Graph {
  const weights = new Map(graph.initializer.flatMap((tensor) => (isMatrix(tensor, names) ? [[tensor.name, tensor]] : [])));
  const shapes = new Map([...graph.input, ...graph.valueInfo].map(({ name, shape }) => [name, shape]));
  const made = new Map<string, Rounded>();
  const added = new Map<string, TensorProto>();
  const node: NodeProto[] = [];
  const activations = new Map<string, RoundedRows>();
  /** A matrix that several layers share is rounded once. */
  const once = ({ name }: TensorProto, make: () => Rounded): Rounded => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name)!;
  };
  const add = (tensor: TensorProto): string => {
    added.set(tensor.name, tensor);
    return tensor.name;
  };
  const number = (value: number): string =>
    add({ name: `rounding_${value}`, dims: [], dataType: FLOAT, rawData: bytesOf(Float32Array.of(value)) });
  const put = (
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Readonly<Record<string, number>> = {},
  ): string => {
    const attribute = Object.entries(attributes).map(([name, i]) => ({ name, type: 2, i }));
    node.push({ opType, input, output: [output], name: output, attribute });
    return output;
  };
  const toFloat = (value: string): string => put("Cast", [value], `${value}_float`, { to: FLOAT });

  /** The same numbers as the graph's `rowSteps`. */
  const roundedRows = (x: string): RoundedRows => {
    const lastAxis = add({ name: "rounding_axis", dims: [1], dataType: INT64, rawData: bytesOf(BigInt64Array.of(-1n)) });
    const largest = put("ReduceMax", [put("Abs", [x], `${x}_abs`), lastAxis], `${x}_largest`, { keepdims: 1 });
    const step = put("Div", [largest, number(EIGHT_BITS.activationSteps)], `${x}_step`);
    const scale = put("Max", [step, number(LEAST_SCALE)], `${x}_scale`);
    const whole = put("Round", [put("Div", [x, scale], `${x}_steps`)], `${x}_whole`);
    return { bytes: put("Cast", [put("Add", [whole, number(ZERO)], `${x}_moved`)], `${x}_bytes`, { to: UINT8 }), scale };
  };

  for (const each of graph.node) {
    const [first, second, bias] = each.input;
    const [out] = each.output;
    const [matrix, table] = [
      isLinear(each) ? weights.get(second) : undefined,
      each.opType === "Gather" ? weights.get(first) : undefined,
    ];
    if (table && elements(table.dims) >= EIGHT_BITS.least) {
      const { bytes, scale } = once(table, () => rounded(table, EIGHT_BITS.tableSteps));
      const scales: TensorProto = { ...scale, dims: [table.dims[0], 1] };
      const [rows, ofRows] = [bytes, scales].map((tensor, at) => {
        const output = `${out}_${["bytes", "scales"][at]}`;
        node.push({ ...each, input: [add(tensor), second], output: [output], name: output });
        return output;
      });
      put("Mul", [toFloat(rows), ofRows], out);
    } else if (matrix && isRounded(shapes.get(first)![0], matrix.dims)) {
      if (!activations.has(first)) activations.set(first, roundedRows(first));
      const x = activations.get(first)!;
      const w = once(matrix, () => transposed(rounded(matrix, EIGHT_BITS.matrixSteps)));
      const zero = add({ name: "rounding_zero", dims: [], dataType: UINT8, rawData: Uint8Array.of(ZERO) });
      const sums = toFloat(put("MatMulInteger", [x.bytes, add(w.bytes), zero], `${out}_sums`));
      const ofFeatures = put("Mul", [sums, add(w.scale)], `${out}_scaled`);
      const product = put("Mul", [ofFeatures, x.scale], bias === undefined ? out : `${out}_product`);
      if (bias !== undefined) put("Add", [product, bias], out);
    } else {
      node.push(each);
    }
  }
  const read = new Set(node.flatMap(({ input }) => input));
  const kept = graph.initializer.filter(({ name }) => read.has(name));
  return { ...graph, node, initializer: [...kept, ...added.values()] };
}

const isMatrix = ({ name, dims, dataType }: TensorProto, names: ReadonlySet<string>): boolean =>
  names.has(name) && dataType === FLOAT && dims.length === 2;

/** Values of a graph that hold the bytes of a tensor [T, K] and the scale of each row, [T, 1]. */
interface RoundedRows {
  readonly bytes: string;
  readonly scale: string;
}

/** x · Wᵀ, with a bias or without. */
function isLinear({ opType, attribute = [] }: NodeProto): boolean {
  const { transA = 0, transB = 0, alpha = 1 } = Object.fromEntries(attribute.map(({ name, i, f }) => [name, f ?? i]));
  return opType === "Gemm" && transA === 0 && transB === 1 && alpha === 1;
}

interface Rounded {
  readonly bytes: TensorProto;
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
    bytes: { name: `${name}_quantized`, dims: [rows, columns], dataType: INT8, rawData: bytesOf(bytes) },
    scale: { name: `${name}_scale`, dims: [rows], dataType: FLOAT, rawData: bytesOf(scales) },
  };
}

/** MatMulInteger has no transposition: [out, in] → [in, out]. */
function transposed({ bytes, scale }: Rounded): Rounded {
  const { dims, rawData } = bytes;
  const [rows, columns] = dims;
  const turned = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = rawData[row * columns + column];
  }
  return { bytes: { ...bytes, dims: [columns, rows], rawData: turned }, scale };
}
