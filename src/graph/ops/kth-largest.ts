import type { OnnxEmitter, ValueInfo } from "../node.ts";
import { onnxDType, product, type Shape } from "../shape.ts";
import { asFloat, LOWEST } from "./removed-scores.ts";

/** Rows up to this length are sorted whole: of MiniLM at 32 × 64 a step with topK took 12 % longer than a dense one so, 18 % with bisection. */
const SORTED_WHOLE = 96;
/** Scores of a row that are sorted when its threshold is near; a round of bisection costs about as much as two of them. */
const FEW = 2;
/** The share of rows whose thresholds are not near enough, at which it is cheaper to sort all k of those. */
const FAR_ROWS = 0.03;
/** Equal scores, or a few that lie far from all others, keep thresholds from coming near. */
const ROUNDS = 16;
/** Rows that reach further, as ranks with a number that goes before all others do, would take more rounds than that. */
const WIDEST = 1e9;

const float = (shape: Shape): ValueInfo => ({ dtype: "float", shape });
const int64 = (shape: Shape): ValueInfo => ({ dtype: "int64", shape });
const bool = (shape: Shape): ValueInfo => ({ dtype: "bool", shape });

export interface Ranked {
  /** [..., n] */
  readonly shape: Shape;
  /** Removed scores are the lowest number. */
  readonly scores: string;
  /** Before any was removed: between the least and the largest of a row lie all its thresholds. */
  readonly all: string;
  /** int32, broadcastable to [..., 1]. */
  readonly k: string;
  readonly kInfo: ValueInfo;
  /** int64 [1] */
  readonly largestK: string;
  /** Its value or a symbol. ONNX Runtime reuses buffers between values whose symbols are equal, so each k has one of its own. */
  readonly largest: number | string;
}

/**
 * Emit each row's k-th largest score, float [..., 1], and its place, int64 [..., 1]; of equal ones the earlier is the larger.
 *
 * ONNX Runtime's TopK takes the longer the larger k is, so most of the k are set aside first: a bisection of all rows at once finds
 * thresholds above which k − 1 or k − 2 scores lie, and TopK sorts two of the rest. The few rows that have no such threshold yet are
 * taken out and sorted whole.
 */
export function kthLargest(emitter: OnnxEmitter, ranked: Ranked): { kth: string; place: string } {
  const { shape, scores, k, kInfo, largestK, largest } = ranked;
  const n = shape[shape.length - 1];
  const row = [...shape.slice(0, -1), 1];
  const wanted = emitter.emit("Expand", [asFloat(emitter, k, kInfo.shape), emitter.shapeVector(row)], float(row));
  const sorted = (): readonly string[] => sortedAt(emitter, scores, { shape, most: largestK, symbol: largest, rank: wanted });
  if (!emitter.microsoftOps) {
    // a model that is handed on has the plain form, which every runtime takes
    const [kth, place] = sorted();
    return { kth, place };
  }
  const longest = emitter.constant([SORTED_WHOLE], int64([1]));
  const isLong = emitter.emit("Greater", [emitter.shapeVector([n]), longest], bool([1]));
  const branch = (found: () => readonly string[]) =>
    emitter.subgraph([], () => found().map((name, at) => [name, [float(row), int64(row)][at]] as const));
  const branches = { then_branch: branch(() => bisected(emitter, ranked, wanted)), else_branch: branch(sorted) };
  const [kth, place] = emitter.emitMany("If", [isLong], [float(row), int64(row)], branches);
  return { kth, place };
}

/** As {@link kthLargest}, by bisection. */
function bisected(emitter: OnnxEmitter, ranked: Ranked, wanted: string): readonly string[] {
  const { shape, scores, largestK, largest } = ranked;
  const [rows, n] = [product(shape.slice(0, -1)), shape[shape.length - 1]];
  const row = [...shape.slice(0, -1), 1];
  const { threshold, count } = bisect(emitter, ranked, wanted);

  const above = asFloat(emitter, emitter.emit("Greater", [scores, threshold], bool(shape)), shape);
  const lowest = emitter.constant([LOWEST], float([]));
  const rest = emitter.emit("Add", [scores, emitter.emit("Mul", [above, lowest], float(shape))], float(shape));
  const few = emitter.emit("Min", [largestK, emitter.constant([FEW], int64([1]))], int64([1]));
  const missing = emitter.emit("Sub", [wanted, count], float(row));
  const capped = emitter.emit("Min", [missing, emitter.emit("Cast", [few], float([1]), { to: onnxDType.float })], float(row));
  const near = sortedAt(emitter, rest, { shape, most: few, symbol: `few of ${largest}`, rank: capped });

  // ONNX Runtime's TopK cannot take a matrix without rows, so the first one is always among them; their number is each
  // operator's own, and so is its symbol
  const far = [`far of ${threshold}`, n];
  const flat = (x: string, width: Shape[number], dtype: "float" | "bool" = "float"): string =>
    emitter.emit("Reshape", [x, emitter.shapeVector([rows, width])], { dtype, shape: [rows, width] });
  const isFar = emitter.emit("Greater", [missing, emitter.constant([FEW], float([]))], bool(row));
  const vector = emitter.emit("Reshape", [isFar, emitter.shapeVector([rows])], bool([rows]));
  const found = emitter.emit("NonZero", [vector], int64([1, `found of ${threshold}`]));
  const zero = emitter.constant([0], int64([1, 1]));
  const places = emitter.emit("Concat", [zero, found], int64([1, far[0]]), { axis: 1 });
  const ids = emitter.emit("Reshape", [places, emitter.constant([-1], int64([1]))], int64([far[0]]));
  const taken = (x: string, width: Shape[number]): string =>
    emitter.emit("Gather", [flat(x, width), ids], float([far[0], width]), { axis: 0 });
  const whole = sortedAt(emitter, taken(scores, n), { shape: far, most: largestK, symbol: largest, rank: taken(wanted, 1) });

  const index = emitter.emit("Reshape", [ids, emitter.constant([-1, 1], int64([2]))], int64([far[0], 1]));
  return near.map((values, at) => {
    const dtype = at === 0 ? "float" : "int64";
    const column = emitter.emit("Reshape", [values, emitter.shapeVector([rows, 1])], { dtype, shape: [rows, 1] });
    const mended = emitter.emit("ScatterElements", [column, index, whole[at]], { dtype, shape: [rows, 1] }, { axis: 0 });
    return emitter.emit("Reshape", [mended, emitter.shapeVector(row)], { dtype, shape: row });
  });
}

/** Of each row the `rank`-th largest value and its place; `rank` is float [..., 1], from 1 to `most`. */
function sortedAt(
  emitter: OnnxEmitter,
  values: string,
  { shape, most, symbol, rank }: { shape: Shape; most: string; symbol: number | string; rank: string },
): readonly string[] {
  const [row, sorted] = [1, symbol].map((last) => [...shape.slice(0, -1), last]);
  const attributes = { axis: -1, largest: 1, sorted: 1 };
  const parts = emitter.emitMany("TopK", [values, most], [float(sorted), int64(sorted)], attributes);
  const index = emitter.emit("Cast", [rank], int64(row), { to: onnxDType.int64 });
  const at = emitter.emit("Sub", [index, emitter.constant([1], int64([]))], int64(row));
  return parts.map((part, i) => emitter.emit("GatherElements", [part, at], [float(row), int64(row)][i], { axis: -1 }));
}

/** Of each row a threshold and how many scores lie above it, fewer than k: k − 1 or k − 2 in all but a few rows. */
function bisect(
  emitter: OnnxEmitter,
  { shape, scores, all }: Ranked,
  wanted: string,
): { readonly threshold: string; readonly count: string } {
  const row = [...shape.slice(0, -1), 1];
  const state = float(row);
  const ofRow = (opType: string, x: string): string =>
    emitter.emit(opType, [x, emitter.constant([-1], int64([1]))], state, { keepdims: 1 });
  const scalar = (value: number): string => emitter.constant([value], float([]));
  // no arithmetic of rows with a number inside the loop: ONNX Runtime goes from row to row for it, ten times as slow as two vectors
  const least = emitter.emit("Sub", [wanted, scalar(FEW)], state);
  const tooMany = (count: string): string => {
    const far = asFloat(emitter, emitter.emit("Less", [count, least], bool(row)), row);
    const share = emitter.emit("ReduceMean", [far], float([]), { keepdims: 0 });
    return emitter.emit("Greater", [share, scalar(FAR_ROWS)], bool([]));
  };
  const [low, high] = [ofRow("ReduceMin", all), ofRow("ReduceMax", all)];
  const none = emitter.emit("Sub", [high, high], state);
  const body = emitter.subgraph([int64([]), bool([]), state, state, state], ([, , low, high, count]) => {
    const half = emitter.emit("Mean", [low, high], state);
    const above = ofRow("ReduceSum", asFloat(emitter, emitter.emit("Greater", [scores, half], bool(shape)), shape));
    const enough = emitter.emit("GreaterOrEqual", [above, wanted], bool(row));
    const choose = (yes: string, no: string): string => emitter.emit("Where", [enough, yes, no], state);
    const next = [choose(half, low), choose(high, half), choose(count, above)];
    return [[tooMany(next[2]), bool([])], ...next.map((name) => [name, state] as const)];
  });
  const trips = emitter.constant([ROUNDS], int64([]));
  const width = emitter.emit("ReduceMax", [emitter.emit("Sub", [high, low], state)], float([]), { keepdims: 0 });
  const narrow = emitter.emit("Less", [width, scalar(WIDEST)], bool([]));
  const inputs = [trips, emitter.emit("And", [narrow, tooMany(none)], bool([])), low, high, none];
  const [, threshold, count] = emitter.emitMany("Loop", inputs, [state, state, state], { body });
  return { threshold, count };
}
