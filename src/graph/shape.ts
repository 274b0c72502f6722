import { expectedGot } from "../errors/index.ts";

/**
 * One dimension: a whole number, a symbol, or what can be computed from symbols by products and sums: `"B*n"`, `"16*nb"`, `"n+past"`,
 * `"2*B*n+3"`.
 *
 * Each has one canonical spelling, that of {@link product} and {@link plus}: products are multiplied out, terms and symbols sorted,
 * factors first and the number last. So two dimensions are equal exactly when their values are `===`.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];
export type DType = "float" | "int32" | "int64" | "bool" | "uint8";
/** Of values inside an op's ONNX form. */
export type OnnxDType = DType | "int8" | "uint32";
/** What each symbol stands for in one run, e.g. `{ B: 32, n: 64 }`. */
export type Bindings = Readonly<Record<string, number>>;

/** A sum: by each product of symbols (sorted and joined by `*`; "" for the number) its factor. */
type Terms = ReadonlyMap<string, number>;

const NUMBER = /^\d+$/;

function termsOf(dim: Dim): Terms {
  if (typeof dim === "number") return new Map([["", dim]]);
  return summed(
    dim.split("+").map((term) => {
      const parts = term.split("*");
      const factor = parts.reduce((value, part) => (NUMBER.test(part) ? value * Number(part) : value), 1);
      return [parts.filter((part) => !NUMBER.test(part)), factor];
    }),
  );
}

function summed(terms: readonly (readonly [symbols: readonly string[], factor: number])[]): Terms {
  const sum = new Map<string, number>();
  for (const [symbols, factor] of terms) {
    const key = [...symbols].sort().join("*");
    sum.set(key, (sum.get(key) ?? 0) + factor);
  }
  return sum;
}

const symbolsOf = (key: string): string[] => (key === "" ? [] : key.split("*"));

function spelled(terms: Terms): Dim {
  const number = terms.get("") ?? 0;
  const keys = [...terms.keys()].filter((key) => key !== "" && terms.get(key) !== 0).sort();
  if (keys.length === 0) return number;
  const shown = keys.map((key) => (terms.get(key) === 1 ? key : `${terms.get(key)}*${key}`));
  return (number === 0 ? shown : [...shown, number]).join("+");
}

/** Product of dimensions in canonical spelling: `product(["n", 2, "B"])` is `"2*B*n"`, `product(["B", "n+1"])` `"B+B*n"`. */
export function product(dims: Shape): Dim {
  const times = (a: Terms, b: Terms): Terms =>
    summed([...a].flatMap(([x, f]) => [...b].map(([y, g]) => [[...symbolsOf(x), ...symbolsOf(y)], f * g] as const)));
  return spelled(dims.map(termsOf).reduce(times, termsOf(1)));
}

/** Sum of dimensions in canonical spelling: `plus(["past", "n", 0])` is `"n+past"`. */
export const plus = (dims: Shape): Dim =>
  spelled(summed(dims.flatMap((dim) => [...termsOf(dim)].map(([key, factor]) => [symbolsOf(key), factor] as const))));

/** Refuse dimensions that `===` could not compare; throws `graph/shape`. */
export function checkDims(where: string, shape: Shape): void {
  const fits = (dim: Dim): boolean =>
    typeof dim === "number"
      ? Number.isSafeInteger(dim) && dim >= 0
      : /^((\d+\*)?[A-Za-z]\w*(\*[A-Za-z]\w*)*(\+|$))+(\d+)?$/.test(dim) && plus([dim]) === dim;
  if (shape.every(fits)) return;
  const hint = "product([...]) spells products, plus([...]) sums.";
  throw expectedGot("graph/shape", where, "dimensions such as 3, B or 2*B*n, symbols sorted", showShape(shape), hint);
}

const derivations = new Map<string, { readonly from: string; readonly of: (value: number) => number }>();

/**
 * A symbol whose number follows from another's, such as the blocks of n tokens: who binds `from` need not bind it.
 *
 * To be read at run time, it needs an input with that dimension, like any other symbol.
 *
 * @param name - Says what is computed: the same name must stand for the same function.
 * @throws `graph/shape` where it visibly does not.
 * @example
 * derived("blocksOf16", "n", (n) => Math.ceil(n / 16));
 */
export function derived(name: string, from: string, of: (value: number) => number): string {
  const known = derivations.get(name);
  if (known && (known.from !== from || PROBES.some((value) => known.of(value) !== of(value)))) {
    throw expectedGot("graph/shape", "derived", `${name} to stand for one function`, "another one under the same name");
  }
  derivations.set(name, { from, of });
  return name;
}
/** Sizes at which two functions of one name are compared. */
const PROBES = [1, 7, 64, 65, 500];

function numberOf(symbol: string, bindings: Bindings): number | undefined {
  const { from, of } = derivations.get(symbol) ?? {};
  return bindings[symbol] ?? (from !== undefined && bindings[from] !== undefined ? of!(bindings[from]) : undefined);
}

/** A dimension with numbers for those symbols that have one, or follow from one that has. */
export function bindSome(dim: Dim, bindings: Bindings): Dim {
  if (typeof dim === "number") return dim;
  const bound = [...termsOf(dim)].map(([key, factor]) =>
    product([factor, ...symbolsOf(key).map((part) => numberOf(part, bindings) ?? part)]),
  );
  return plus(bound);
}

/** The number a dimension stands for; throws `graph/unbound-symbol`. */
export function bindDim(dim: Dim, bindings: Bindings): number {
  const bound = bindSome(dim, bindings);
  if (typeof bound === "number") return bound;
  const missing = [...termsOf(bound).keys()].flatMap(symbolsOf)[0];
  throw expectedGot("graph/unbound-symbol", "bind", `a value for dimension ${missing}`, JSON.stringify(bindings));
}

/** How a symbol follows from a dimension and from symbols before it: `dimension = factor · symbol + rest`. */
export interface Definition {
  readonly symbol: string;
  /** Place of the dimension among those given. */
  readonly at: number;
  readonly factor: number;
  readonly rest: Dim;
}

/**
 * The symbols that dimensions of known size determine, in an order in which each follows from those before it: symbols that stand
 * alone first, then 16*nb, and n+past where one of the two is known.
 */
export function definitions(dims: Shape): Definition[] {
  const found = new Map<string, Definition>();
  const isAlone = (dim: Dim): boolean => typeof dim === "string" && /^\w+$/.test(dim);
  const places = dims.map((_, at) => at).sort((a, b) => Number(isAlone(dims[b])) - Number(isAlone(dims[a])));
  for (let known = -1; found.size > known; ) {
    known = found.size;
    for (const at of places) {
      const terms = termsOf(dims[at]);
      const unknown = new Set([...terms.keys()].flatMap(symbolsOf).filter((symbol) => !found.has(symbol)));
      const [symbol] = unknown;
      if (unknown.size !== 1 || [...terms.keys()].filter((key) => symbolsOf(key).includes(symbol)).join() !== symbol) continue;
      const rest = spelled(new Map([...terms].filter(([key]) => key !== symbol)));
      found.set(symbol, { symbol, at, factor: terms.get(symbol)!, rest });
    }
  }
  return [...found.values()];
}

/** Concrete sizes of a shape. */
export const bindShape = (shape: Shape, bindings: Bindings): number[] => shape.map((dim) => bindDim(dim, bindings));

/** Bytes of an element. */
export const bytesOfDType: Readonly<Record<DType, number>> = { float: 4, int32: 4, int64: 8, bool: 1, uint8: 1 };

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
export const onnxDType: Readonly<Record<OnnxDType, number>> = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
};
