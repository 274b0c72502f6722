import type { OnnxEmitter, ValueInfo } from "../node.ts";
import { onnxDType, type Shape } from "../shape.ts";
import { asFloat, LOWEST } from "./removed-scores.ts";

/** What is left to sort when the thresholds are near enough: a round fewer costs more than these do. */
const FEW = 4;
/** Rows of equal scores are never told apart by a threshold: then all k are sorted. */
const ROUNDS = 24;
/** Ranks that lie further apart than scores do would take more rounds. */
const WIDEST = 1e9;

const float = (shape: Shape): ValueInfo => ({ dtype: "float", shape });
const int64 = (shape: Shape): ValueInfo => ({ dtype: "int64", shape });
const bool = (shape: Shape): ValueInfo => ({ dtype: "bool", shape });

/** The scores, [..., n]; between which two numbers those of a row lie; and how many are wanted. */
export interface Ranked {
  readonly shape: Shape;
  /** Removed scores are the lowest number. */
  readonly scores: string;
  /** Before any was removed. */
  readonly all: string;
  /** int32, broadcastable to [..., 1]. */
  readonly k: string;
  readonly kInfo: ValueInfo;
  /** int64 [1] */
  readonly largestK: string;
  /** Of largestK: ONNX Runtime reuses buffers between values whose symbols are equal, so each k has one of its own. */
  readonly largest: number | string;
}

/**
 * Emit each row's k-th largest score, float [..., 1], and its place, int64 [..., 1]; of equal ones the earlier is the larger.
 *
 * ONNX Runtime's TopK takes the longer the larger k is, so most of the k are first set aside by a threshold: bisection, all rows at
 * once, until fewer than k and at least k − 4 scores lie above it. TopK then sorts 4 of the rest.
 */
export function kthLargest(emitter: OnnxEmitter, ranked: Ranked): { kth: string; place: string } {
  const { shape, scores, k, kInfo, largestK, largest } = ranked;
  const row = [...shape.slice(0, -1), 1];
  const few = emitter.emit("Min", [largestK, emitter.constant([FEW], int64([1]))], int64([1]));
  const wanted = asFloat(emitter, k, kInfo.shape);
  const { threshold, count, near } = bisect(emitter, ranked, wanted);
  const outs = [float(row), int64(row)];
  const branch = (build: () => readonly string[]) =>
    emitter.subgraph([], () => build().map((name, at) => [name, outs[at]] as const));
  const sortedAt = (values: string, most: string, symbol: string | number, rank: string, of: Shape): readonly string[] => {
    const sorted = [...shape.slice(0, -1), symbol];
    const attributes = { axis: -1, largest: 1, sorted: 1 };
    const parts = emitter.emitMany("TopK", [values, most], [float(sorted), int64(sorted)], attributes);
    const index = emitter.emit("Cast", [rank], int64(of), { to: onnxDType.int64 });
    const last = emitter.emit("Sub", [index, emitter.constant([1], int64([]))], int64(of));
    const places = emitter.emit("Expand", [last, emitter.shapeVector(row)], int64(row));
    return parts.map((part, at) => emitter.emit("GatherElements", [part, places], outs[at], { axis: -1 }));
  };
  emitter.shapeVector(row); // made here, so that both branches read it
  const [kth, place] = emitter.emitMany("If", [near], outs, {
    then_branch: branch(() => {
      const above = asFloat(emitter, emitter.emit("Greater", [scores, threshold], bool(shape)), shape);
      const lowest = emitter.constant([LOWEST], float([]));
      const rest = emitter.emit("Add", [scores, emitter.emit("Mul", [above, lowest], float(shape))], float(shape));
      return sortedAt(rest, few, `few of ${largest}`, emitter.emit("Sub", [wanted, count], float(row)), row);
    }),
    else_branch: branch(() => sortedAt(scores, largestK, largest, k, kInfo.shape)),
  });
  return { kth, place };
}

/** A threshold for each row, how many scores lie above it, and whether that is near enough to k in all rows. */
function bisect(
  emitter: OnnxEmitter,
  { shape, scores, all }: Ranked,
  wanted: string,
): { threshold: string; count: string; near: string } {
  const row = [...shape.slice(0, -1), 1];
  const last = emitter.constant([-1], int64([1]));
  const few = emitter.constant([FEW], float([]));
  const reduced = (opType: string, x: string): string => emitter.emit(opType, [x, last], float(row), { keepdims: 1 });
  const most = (x: string): string => emitter.emit("ReduceMax", [x], float([]), { keepdims: 0 });
  const countAbove = (threshold: string): string =>
    reduced("ReduceSum", asFloat(emitter, emitter.emit("Greater", [scores, threshold], bool(shape)), shape));
  const farthest = (count: string): string => most(emitter.emit("Sub", [wanted, count], float(row)));
  const [low, high] = [reduced("ReduceMin", all), reduced("ReduceMax", all)];
  const none = emitter.emit("Expand", [emitter.constant([0], float([])), emitter.shapeVector(row)], float(row));
  const width = most(emitter.emit("Sub", [high, low], float(row)));
  const start = emitter.emit(
    "And",
    [
      emitter.emit("Greater", [farthest(none), few], bool([])),
      emitter.emit("Less", [width, emitter.constant([WIDEST], float([]))], bool([])),
    ],
    bool([]),
  );
  const states = [float(row), float(row), float(row)];
  const body = emitter.subgraph([int64([]), bool([]), ...states], ([, , low, high, count]) => {
    const sum = emitter.emit("Add", [low, high], float(row));
    const middle = emitter.emit("Mul", [sum, emitter.constant([0.5], float([]))], float(row));
    const above = countAbove(middle);
    const enough = emitter.emit("GreaterOrEqual", [above, wanted], bool(row));
    const choose = (yes: string, no: string): string => emitter.emit("Where", [enough, yes, no], float(row));
    const next = [choose(middle, low), choose(high, middle), choose(count, above)];
    const again = emitter.emit("Greater", [farthest(next[2]), few], bool([]));
    return [[again, bool([])], ...next.map((name) => [name, float(row)] as const)];
  });
  const trips = emitter.constant([ROUNDS], int64([]));
  const [, threshold, count] = emitter.emitMany("Loop", [trips, start, low, high, none], states, { body });
  return { threshold, count, near: emitter.emit("LessOrEqual", [farthest(count), few], bool([])) };
}
