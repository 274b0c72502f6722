import { expectedGot } from "../errors/index.ts";

/**
 * One dimension: a whole number, or a symbolic product such as `"B"`, `"B*n"` or `"2*B"`.
 *
 * Products are kept in one canonical spelling (factor first, symbols sorted), so that two dimensions are equal exactly when
 * their values are `===`.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];
export type DType = "float" | "int32" | "int64" | "bool";
/** What each symbol stands for in one run, e.g. `{ B: 32, n: 64 }`. */
export type Bindings = Readonly<Record<string, number>>;

/** Product of dimensions in canonical spelling: `product(["n", 2, "B"])` is `"2*B*n"`. */
export function product(dims: Shape): Dim {
  let factor = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    if (typeof dim === "number") factor *= dim;
    else
      for (const part of dim.split("*")) {
        if (/^\d+$/.test(part)) factor *= Number(part);
        else symbols.push(part);
      }
  }
  if (symbols.length === 0 || factor === 0) return factor;
  symbols.sort();
  return (factor === 1 ? symbols : [factor, ...symbols]).join("*");
}

/** Refuse dimensions that `===` could not compare; throws `graph/shape`. */
export function checkDims(where: string, shape: Shape): void {
  const fits = (dim: Dim): boolean =>
    typeof dim === "number"
      ? Number.isSafeInteger(dim) && dim >= 0
      : /^(\d+\*)?[A-Za-z]\w*(\*[A-Za-z]\w*)*$/.test(dim) && product([dim]) === dim;
  if (shape.every(fits)) return;
  const hint = "product([...]) spells products.";
  throw expectedGot("graph/shape", where, "dimensions such as 3, B or 2*B*n, symbols sorted", showShape(shape), hint);
}

/** The number a dimension stands for; throws `graph/unbound-symbol`. */
export function bindDim(dim: Dim, bindings: Bindings): number {
  if (typeof dim === "number") return dim;
  return dim.split("*").reduce((value, part) => {
    const factor = /^\d+$/.test(part) ? Number(part) : bindings[part];
    if (factor === undefined) {
      throw expectedGot("graph/unbound-symbol", "bind", `a value for dimension ${part}`, JSON.stringify(bindings));
    }
    return value * factor;
  }, 1);
}

/** Concrete sizes of a shape. */
export const bindShape = (shape: Shape, bindings: Bindings): number[] => shape.map((dim) => bindDim(dim, bindings));

/** Number of elements of a concrete shape; 1 for a scalar. */
export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** `[B, 12, n, 64]`, for messages and prints. */
export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i]);

/** NumPy broadcasting over any number of shapes; throws `graph/shape` naming the operator and both shapes. */
export function broadcastShapes(where: string, shapes: readonly Shape[]): Shape {
  return shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length);
    return Array.from({ length: rank }, (_, i) => {
      const x = a[a.length - rank + i] ?? 1;
      const y = b[b.length - rank + i] ?? 1;
      if (x === y || y === 1) return x;
      if (x === 1) return y;
      throw expectedGot("graph/shape", where, `a shape that broadcasts with ${showShape(a)}`, showShape(b));
    });
  });
}

/** ONNX TensorProto.DataType of each dtype. */
export const onnxDType: Readonly<Record<DType | "uint32", number>> = { float: 1, int32: 6, int64: 7, bool: 9, uint32: 12 };
