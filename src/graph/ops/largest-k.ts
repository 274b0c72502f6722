import type { OnnxEmitter, ValueInfo } from "../node.ts";
import { onnxDType, product, type Shape } from "../shape.ts";
import { asFloat, LOWEST } from "./removed-scores.ts";

/** Rows up to this length are sorted: their search costs as much in operators that hold one number a row. */
const SORTED_WHOLE = 32;
/**
 * Of all rows, then of those that are left, the share without a threshold at which the search goes on with these alone, and then
 * sorts them: a row costs 30 to 40 times as much to sort as to count.
 */
const OPEN_ROWS = [0.45, 0.1];
/** Equal scores at the border have no threshold between them. */
const ROUNDS = 12;
/** Deviation of rows that are searched; ranks with a number that goes before all others have more. */
const WIDEST = 1e9;
/** Above removed scores and below all others. */
const NOTHING = -1e38;
/** Of the scores on either side of the k-th, about this share lies within the first bounds, if they are distributed normally. */
const BETWEEN = 0.65;
/** Added to both counts that a threshold is drawn by, so that it moves on where one of them stays. */
const DRAW = 0.5;

const float = (shape: Shape): ValueInfo => ({ dtype: "float", shape });
const int64 = (shape: Shape): ValueInfo => ({ dtype: "int64", shape });
const bool = (shape: Shape): ValueInfo => ({ dtype: "bool", shape });

export interface Ranked {
  /** [..., n] */
  readonly shape: Shape;
  /** Removed scores are the lowest number. */
  readonly scores: string;
  /** Before any was removed. */
  readonly all: string;
  /** 1 for scores that were not removed, 0 for the others: float, broadcastable to `shape`. */
  readonly allowed: string;
  /** How many were not removed: float, broadcastable to [..., 1]. */
  readonly counts: string;
  /** int32, broadcastable to [..., 1]; at most the row's count, but 1 where that is 0. */
  readonly k: string;
  readonly kInfo: ValueInfo;
  /** int64 [1] */
  readonly largestK: string;
  /** Its value or a symbol. ONNX Runtime reuses buffers between values whose symbols are equal, so each k has one of its own. */
  readonly largest: number | string;
}

/** Rows whose k largest scores are looked for. */
interface Rows extends Pick<Ranked, "shape" | "scores" | "largestK" | "largest"> {
  /** k of each row: float [..., 1]. */
  readonly wanted: string;
}

/** What is known of each row, all float [..., 1]: more than k scores lie above `low`, fewer above `high`; both are equal where it is k. */
const STATE = ["low", "high", "excess", "deficit", "count"] as const;
type State = Readonly<Record<(typeof STATE)[number], string>>;

const rowOf = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

/**
 * Emit the mask of each row's k largest scores, bool [..., n]; of equal ones the earlier is the larger.
 *
 * ONNX Runtime's TopK takes the longer the larger k is. So a threshold with k scores above it is searched for, in all rows at once: each
 * round counts what lies above one, and draws the next between the two nearest by their counts (regula falsi, the first from mean and
 * deviation). Rows that have none after a few rounds are searched on alone, and what is left is sorted: rows with equal scores at the
 * border, and rows whose scores lie very near each other there.
 */
export function largestMask(emitter: OnnxEmitter, ranked: Ranked): string {
  const { shape, scores, largestK, largest, k, kInfo } = ranked;
  const n = shape[shape.length - 1];
  const wanted = perRow(emitter, asFloat(emitter, k, kInfo.shape), shape);
  const rows: Rows = { shape, scores, wanted, largestK, largest };
  // a model that is handed on has the plain form, which every runtime takes
  if (!emitter.microsoftOps) return sortedMask(emitter, rows);

  const isLong = emitter.emit("Greater", [emitter.shapeVector([n]), emitter.constant([SORTED_WHOLE], int64([1]))], bool([1]));
  return either(
    emitter,
    isLong,
    shape,
    () => searchedMask(emitter, ranked, rows),
    () => sortedMask(emitter, rows),
  );
}

/** Emit one of two masks, whichever a condition asks for when the model runs. */
function either(emitter: OnnxEmitter, condition: string, shape: Shape, yes: () => string, no: () => string): string {
  const branch = (mask: () => string) => emitter.subgraph([], () => [[mask(), bool(shape)]]);
  return emitter.emitMany("If", [condition], [bool(shape)], { then_branch: branch(yes), else_branch: branch(no) })[0];
}

const perRow = (emitter: OnnxEmitter, x: string, shape: Shape): string =>
  emitter.emit("Expand", [x, emitter.shapeVector(rowOf(shape))], float(rowOf(shape)));

/** By sorting: the k-th score and its place decide every place, kept = score above the k-th, or equal to it and not behind it. */
function sortedMask(emitter: OnnxEmitter, { shape, scores, wanted, largestK, largest }: Rows): string {
  const [n, row] = [shape[shape.length - 1], rowOf(shape)];
  const sorted = [...shape.slice(0, -1), largest];
  const attributes = { axis: -1, largest: 1, sorted: 1 };
  const parts = emitter.emitMany("TopK", [scores, largestK], [float(sorted), int64(sorted)], attributes);
  const index = emitter.emit("Cast", [wanted], int64(row), { to: onnxDType.int64 });
  const at = emitter.emit("Sub", [index, emitter.constant([1], int64([]))], int64(row));
  const [kth, place] = parts.map((part, i) =>
    emitter.emit("GatherElements", [part, at], [float(row), int64(row)][i], { axis: -1 }),
  );
  const last = emitter.emit("Cast", [place], { dtype: "int32", shape: row }, { to: onnxDType.int32 });
  const above = emitter.emit("Greater", [scores, kth], bool(shape));
  const ties = emitter.emit("Equal", [scores, kth], bool(shape));
  const early = emitter.emit("LessOrEqual", [emitter.positions(n), last], bool(shape));
  return emitter.emit("Or", [above, emitter.emit("And", [ties, early], bool(shape))], bool(shape));
}

/** By thresholds, see {@link largestMask}; sorted where a row reaches further than `WIDEST`. */
function searchedMask(emitter: OnnxEmitter, { shape, all, allowed, counts }: Ranked, rows: Rows): string {
  const { wanted } = rows;
  const { row, number, vector, two } = rowOps(emitter, rows);
  const axis = emitter.constant([-1], int64([1]));
  const sumOf = (x: string): string => emitter.emit("ReduceSum", [x, axis], row, { keepdims: 1 });
  const one = (opType: string, x: string): string => emitter.emit(opType, [x], row);
  const squareRoot = (x: string): string => one("Sqrt", x);
  const zero = two("Sub", wanted, wanted);
  const kept = emitter.emit("Mul", [all, allowed], float(shape));
  const squares = emitter.emit("Mul", [kept, kept], float(shape));
  const count = two("Max", perRow(emitter, counts, shape), wanted);
  const mean = two("Div", sumOf(kept), count);
  const deviation = squareRoot(two("Max", two("Sub", two("Div", sumOf(squares), count), two("Mul", mean, mean)), zero));
  const widest = emitter.emit("ReduceMax", [deviation], float([]), { keepdims: 0 });
  const isNarrow = emitter.emit("Less", [widest, number(WIDEST)], bool([]));

  const search = (): string => {
    // by Chebyshev's one-sided inequality (Cantelli), no more than a share p lies further than √((1 − p) / p) deviations above the mean
    const others = two("Max", two("Sub", count, wanted), vector(DRAW));
    const away = (of: string, per: string): string => two("Mul", deviation, squareRoot(two("Div", of, per)));
    const keepsAll = emitter.emit("GreaterOrEqual", [wanted, count], bool(row.shape));
    const bound = (x: string): string => emitter.emit("Where", [keepsAll, vector(NOTHING), x], row);
    const start: State = {
      low: bound(two("Sub", mean, away(wanted, others))),
      high: bound(two("Add", mean, away(others, wanted))),
      excess: two("Mul", others, vector(BETWEEN)),
      deficit: two("Mul", wanted, vector(BETWEEN)),
      count: zero,
    };
    // of normally distributed scores k would lie above this: 0.6 ln((1 − p) / p) is near the quantile of 1 − p
    const quantile = two("Mul", one("Log", two("Div", others, wanted)), vector(0.6));
    const guess = two("Add", mean, two("Mul", deviation, quantile));
    const first = two("Min", two("Max", guess, start.low), start.high);
    return narrowed(emitter, rows, counting(emitter, rows)(start, first), OPEN_ROWS);
  };
  return either(emitter, isNarrow, shape, search, () => sortedMask(emitter, rows));
}

/** Go on in `rows` from `start` until few are open, then in these alone, and sort the last. */
function narrowed(emitter: OnnxEmitter, rows: Rows, start: State, [share, ...shares]: readonly number[]): string {
  const { shape, scores, wanted, largestK, largest } = rows;
  const [count, n] = [product(shape.slice(0, -1)), shape[shape.length - 1]];
  const state = search(emitter, rows, start, share);
  const mask = emitter.emit("Greater", [scores, state.high], bool(shape));

  // ONNX Runtime's TopK cannot take a matrix without rows, so the first one is always among the open ones; their number is each
  // operator's own, and so is its symbol
  const open = `open of ${state.high}`;
  const flat = (x: string, width: Shape[number], dtype: "float" | "bool" = "float"): string =>
    shape.length === 2 ? x : emitter.emit("Reshape", [x, emitter.shapeVector([count, width])], { dtype, shape: [count, width] });
  const line = (x: string, dtype: "int64" | "bool", size: Shape[number]): string =>
    emitter.emit("Reshape", [x, emitter.constant([-1], int64([1]))], { dtype, shape: [size] });
  const isDone = emitter.emit("Equal", [state.count, wanted], bool(rowOf(shape)));
  const isOpen = emitter.emit("Not", [line(isDone, "bool", count)], bool([count]));
  const found = emitter.emit("NonZero", [isOpen], int64([1, `found of ${state.high}`]));
  const places = emitter.emit("Concat", [emitter.constant([0], int64([1, 1])), found], int64([1, open]), { axis: 1 });
  const ids = line(places, "int64", open);
  const taken = (x: string, width: Shape[number] = 1): string =>
    emitter.emit("Gather", [flat(x, width), ids], float([open, width]), { axis: 0 });

  const left: Rows = { shape: [open, n], scores: taken(scores, n), wanted: taken(wanted), largestK, largest };
  const mended =
    shares.length > 0
      ? narrowed(
          emitter,
          left,
          stateOf((name) => taken(state[name])),
          shares,
        )
      : sortedMask(emitter, left);
  const index = emitter.emit("Reshape", [ids, emitter.constant([-1, 1], int64([2]))], int64([open, 1]));
  const whole = { dtype: "bool", shape: [count, n] } as const;
  const put = emitter.emit("ScatterND", [flat(mask, n, "bool"), index, mended], whole);
  return shape.length === 2 ? put : emitter.emit("Reshape", [put, emitter.shapeVector(shape)], bool(shape));
}

/** Rounds until no more than `share` of the rows are open. */
function search(emitter: OnnxEmitter, rows: Rows, start: State, share: number): State {
  const { row, two, where, number } = rowOps(emitter, rows);
  const next = counting(emitter, rows);
  const manyOpen = (count: string): string => {
    const done = emitter.emit("ReduceMean", [where("Equal", count, rows.wanted)], float([]), { keepdims: 0 });
    return emitter.emit("Less", [done, number(1 - share)], bool([]));
  };
  const carried = STATE.map(() => row);
  const body = emitter.subgraph([int64([]), bool([]), ...carried], ([, , ...names]) => {
    const state = stateOf((_, at) => names[at]);
    const part = two("Div", state.excess, two("Add", state.excess, state.deficit));
    const threshold = two("Add", state.low, two("Mul", two("Sub", state.high, state.low), part));
    const after = next(state, threshold);
    return [[manyOpen(after.count), bool([])], ...STATE.map((name) => [after[name], row] as const)];
  });
  const inputs = [emitter.constant([ROUNDS], int64([])), manyOpen(start.count), ...STATE.map((name) => start[name])];
  const found = emitter.emitMany("Loop", inputs, carried, { body });
  return stateOf((_, at) => found[at]);
}

/** One round: what is known of each row after the scores above a threshold have been counted. */
function counting(emitter: OnnxEmitter, rows: Rows): (state: State, threshold: string) => State {
  const { shape, scores, wanted } = rows;
  const { row, vector, two, where } = rowOps(emitter, rows);
  const [lowest, largest] = [vector(LOWEST), vector(-LOWEST)];
  // bytes times a column of ones: 2 ms where a sum of floats takes 5 (12 M scores)
  const column = { dtype: "int8", shape: [shape[shape.length - 1], 1] } as const;
  const ones = emitter.emit(
    "Expand",
    [emitter.constant([1], { dtype: "int8", shape: [1, 1] }), emitter.shapeVector(column.shape)],
    column,
  );
  const [below, above] = [-DRAW, DRAW].map((draw) => two("Add", wanted, vector(draw)));
  return ({ low, high, excess, deficit }, threshold) => {
    const found = emitter.emit("Greater", [scores, threshold], bool(shape));
    const bytes = emitter.emit("Cast", [found], { dtype: "uint8", shape }, { to: onnxDType.uint8 });
    const sums = { dtype: "int32", shape: row.shape } as const;
    const count = emitter.emit("Cast", [emitter.emit("MatMulInteger", [bytes, ones], sums)], row, { to: onnxDType.float });
    // added to a value, these take it out of a maximum or a minimum
    const tooFew = two("Mul", where("Less", count, wanted), lowest);
    const tooMany = two("Mul", where("Greater", count, wanted), largest);
    return {
      low: two("Max", low, two("Add", threshold, tooFew)),
      high: two("Min", high, two("Add", threshold, tooMany)),
      excess: two("Min", excess, two("Sub", two("Sub", count, below), tooFew)),
      deficit: two("Min", deficit, two("Add", two("Sub", above, count), tooMany)),
      count,
    };
  };
}

const stateOf = (value: (name: (typeof STATE)[number], at: number) => string): State =>
  Object.fromEntries(STATE.map((name, at) => [name, value(name, at)])) as Record<(typeof STATE)[number], string>;

/** Arithmetic of one number a row. ONNX Runtime goes from row to row where one side is a single number, ten times as slow as two vectors. */
function rowOps(emitter: OnnxEmitter, { shape, wanted }: Rows) {
  const row = float(rowOf(shape));
  const size = emitter.emit("Shape", [wanted], int64([shape.length]));
  const number = (value: number): string => emitter.constant([value], float([]));
  return {
    row,
    number,
    vector: (value: number): string => emitter.emit("Expand", [number(value), size], row),
    two: (opType: string, a: string, b: string): string => emitter.emit(opType, [a, b], row),
    /** A comparison as 0 and 1. */
    where: (opType: string, a: string, b: string): string =>
      asFloat(emitter, emitter.emit(opType, [a, b], bool(row.shape)), row.shape),
  };
}
