import {
  add,
  cast,
  constant,
  type DType,
  div,
  elements,
  equal,
  gather,
  greater,
  mul,
  type Node,
  or,
  plus,
  product,
  reshape,
  type Shape,
  sub,
  where,
} from "../graph/index.ts";
import { range, sizeOfRange } from "./length-ops.ts";
import { sampleBatch, type WrittenInput, written } from "./sample-batch.ts";

/** What an exported model is given, and what follows from it at once. */
export interface ModelInputs {
  /** int64 [B, n] */
  readonly ids: Node;
  /** int64 [B, n], 1 for real tokens. */
  readonly mask: Node;
  /** int64 [B, n] */
  readonly types: Node;
  /** int32 [B, n]: `ids`, as the encoder reads them. */
  readonly tokens: Node;
  /** int32 [n]: 0 … n − 1. */
  readonly positions: Node;
  /** int32 [B]: real tokens a row. */
  readonly lengths: Node;
}

/** One way in which an input may follow from the tokens and the mask; null where its shape rules that out. */
export type Form = (input: WrittenInput, given: ModelInputs, maxPositions: number) => Node | null;

/** How an input's shape depends on the batch: the axes that are B and n, all others being 1, or null. */
function axes({ shape }: Node): { readonly B: number; readonly n: number; readonly free: boolean } | null {
  const count = (symbol: string): number => shape.filter((dim) => dim === symbol).length;
  const known = shape.every((dim) => typeof dim === "number" || dim === "B" || dim === "n");
  return known ? { B: count("B"), n: count("n"), free: shape.every((dim) => dim === 1 || typeof dim === "string") } : null;
}

/** Numbers as a table of the graph. */
const table = (values: readonly number[], dtype: DType): Node => constant(values, [values.length], dtype);
const numbers = (values: ArrayLike<number | bigint>): number[] => Array.from(values, Number);
const one = (): Node => constant(1, [], "int32");
/** How many distances a text of n tokens has, with −n and n. */
const DISTANCES = plus([product([2, "n"]), 1]);

/** Bools are looked up as numbers: not every device gathers bools. */
function lookedUp(values: readonly number[], at: Node, { dtype, shape }: Node): Node {
  const stored = dtype === "bool" ? "int32" : dtype;
  return cast(reshape(gather(table(values, stored), at), shape), dtype);
}

/** The row of a table of values by length, 1 … maxPositions; an empty row is taken for one of a single token. */
const lengthRow = ({ lengths }: ModelInputs): Node => sub(where(greater(one(), lengths), one(), lengths), one()); // [B]

/** The input's values by position, `width` to each; read off a text longer than any other, so that its end does not show. */
function byPosition(input: WrittenInput, maxPositions: number, width = 1): number[] {
  const most = maxPositions + 64;
  return numbers(written(input, sampleBatch([most], most, { withTokens: false }))).slice(0, maxPositions * width);
}

/** 1 for real tokens: int32 [B, n]. */
const real = ({ mask }: ModelInputs): Node => cast(greater(mask, constant(0, [], "int64")), "int32");

/**
 * The ways, in the order in which they are tried. None names an input: which one fits is found by what the input's own function
 * writes, so that a pattern or a family with inputs of these kinds needs nothing here.
 */
export const forms: Readonly<Record<string, Form>> = {
  "token ids": ({ node }, { tokens }) => (node.dtype === "int32" && isFlat(node.shape) ? reshape(tokens, node.shape) : null),

  "token types": ({ node }, { types }) =>
    node.dtype === "int32" && isFlat(node.shape) ? reshape(cast(types, "int32"), node.shape) : null,

  constant({ node, fill }) {
    if (!node.shape.every((dim) => typeof dim === "number")) return null;
    const values = numbers(written({ node, fill }, sampleBatch([4], 4)));
    return constant(values, node.shape as readonly number[], node.dtype);
  },

  /** One number for a whole batch, which follows from its longest text. */
  "number by batch length"(input, { positions }, maxPositions) {
    const { node } = input;
    if (!node.shape.every((dim) => typeof dim === "number") || elements(node.shape as readonly number[]) !== 1) return null;
    const values = Array.from({ length: maxPositions }, (_, at) =>
      Number(written(input, sampleBatch([at + 1], at + 1, { withTokens: false }))[0]),
    );
    return lookedUp(values, sub(sizeOfRange(positions), one()), node);
  },

  /** The same for every text, place by place. */
  "number by position"(input, { positions }, maxPositions) {
    const at = axes(input.node);
    if (!at?.free || at.B !== 0 || at.n !== 1) return null;
    return lookedUp(byPosition(input, maxPositions), positions, input.node);
  },

  /** The same row for every text, place by place, such as the waves of rotary positions. */
  "row by position"(input, { positions }, maxPositions) {
    const [first, ...rest] = input.node.shape;
    if (first !== "n" || input.node.dtype !== "float" || !rest.every((dim) => typeof dim === "number")) return null;
    const sizes = rest as readonly number[];
    return gather(constant(byPosition(input, maxPositions, elements(sizes)), [maxPositions, ...sizes]), positions);
  },

  /** One number for each of the distances −n … n, such as the rows of relative positions. */
  "number by distance"(input, { positions }, maxPositions) {
    const { node } = input;
    if (node.dtype !== "int32" || node.shape.length !== 1 || node.shape[0] !== DISTANCES) return null;
    const longest = sampleBatch([maxPositions], maxPositions, { withTokens: false });
    const values = numbers(written(input, longest)); // for −maxPositions … maxPositions
    const first = sub(constant(maxPositions, [], "int32"), sizeOfRange(positions)); // place of −n
    return lookedUp(values, add(range(DISTANCES), first), node);
  },

  /** A place of the text for each place; those that lie behind the end stand for themselves. */
  "place in the text"(input, { positions }, maxPositions) {
    const at = axes(input.node);
    if (!at?.free || at.B !== 0 || at.n !== 1 || input.node.dtype !== "int32") return null;
    const other = gather(table(byPosition(input, maxPositions), "int32"), positions); // [n]
    return reshape(where(greater(sizeOfRange(positions), other), other, positions), input.node.shape);
  },

  /** One number a text, which follows from its length. */
  "number by length"(input, given, maxPositions) {
    const at = axes(input.node);
    if (!at?.free || at.B !== 1 || at.n !== 0) return null;
    const lengths = Array.from({ length: maxPositions }, (_, row) => row + 1);
    const values = written(input, sampleBatch(lengths, maxPositions, { withTokens: false }));
    return lookedUp(numbers(values), lengthRow(given), input.node);
  },

  "real tokens"({ node }, given) {
    return isMask(node) ? cast(reshape(real(given), node.shape), node.dtype) : null;
  },

  /** The first and the last token of a text. */
  "special tokens"({ node }, given) {
    if (!isMask(node)) return null;
    const row = reshape(given.positions, [1, "n"]);
    const last = reshape(lengthRow(given), ["B", 1]);
    const first = equal(row, constant(0, [], "int32")); // [1, n]
    return cast(reshape(or(first, equal(row, last)), node.shape), node.dtype);
  },

  /** Positions modulo a number that follows from the length: p − t · ⌊p / t⌋, exact in float32 for such whole numbers. */
  "position in a cycle"(input, given, maxPositions) {
    const { node } = input;
    const at = axes(node);
    if (!at?.free || at.B !== 1 || at.n !== 1 || node.dtype !== "int32") return null;
    const cycles = Array.from({ length: maxPositions }, (_, row) => {
      const phases = written(input, sampleBatch([row + 1], maxPositions, { withTokens: false })) as Int32Array;
      const again = phases.indexOf(0, 1);
      return again < 0 ? maxPositions : again;
    });
    const cycle = reshape(gather(table(cycles, "int32"), lengthRow(given)), ["B", 1]);
    const row = reshape(given.positions, [1, "n"]);
    const rounds = cast(div(cast(row, "float"), cast(cycle, "float")), "int32"); // [B, n]
    return reshape(sub(row, mul(cycle, rounds)), node.shape);
  },
};

const isFlat = (shape: Shape): boolean => shape.join() === "B*n" || shape.join() === "B,n";

function isMask(node: Node): boolean {
  const at = axes(node);
  return at?.free === true && at.B === 1 && at.n === 1;
}
