import assert from "node:assert/strict";
import { interpret } from "../runtime/index.ts";
import { gradientsOf, type OpCase } from "./gradient-cases.fixture.ts";
import { mul, type Node, sumAll } from "./index.ts";

/** Largest relative error of a gradient: ‖analytic − numeric‖ / max(‖numeric‖, 0.01), in float64. */
export const TOLERANCE = 1e-6;
const STEP = 1e-5;

const norm = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x));

/** ‖got − want‖ / max(‖want‖, floor). */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>, floor: number): number {
  assert.equal(got.length, want.length);
  return norm(Array.from(got, (value, i) => value - want[i])) / Math.max(norm(want), floor);
}

/** d(Σ r ∘ output) / d(target), by central differences in float64. */
function numericGradient({ output, upstream, feeds, bindings }: OpCase, target: Node): number[] {
  const name = target.attrs.name as string;
  const loss = sumAll(mul(upstream!, output));
  const at = (values: readonly number[]): number => interpret({ loss }, { ...feeds, [name]: values }, bindings).loss.data[0];
  return feeds[name].map((value, i) => {
    const moved = (by: number): number => at(feeds[name].with(i, value + by));
    return (moved(STEP) - moved(-STEP)) / (2 * STEP);
  });
}

/**
 * Hold a case's analytic gradients to central differences.
 *
 * @returns The worst relative error over its targets.
 * @throws `AssertionError` when a gradient is wrong.
 */
export function checkGradients(subject: OpCase): number {
  const { targets, feeds, bindings } = subject;
  const built = gradientsOf(subject);
  const analytic = interpret(Object.fromEntries(built.map((node, i) => [i, node])), feeds, bindings);
  return Math.max(
    ...targets.map((target, i) => {
      assert.deepEqual(built[i].shape, target.shape);
      const error = relativeError(analytic[i].data, numericGradient(subject, target), 0.01);
      assert.ok(error <= TOLERANCE, `${subject.name}, d/d ${target.attrs.name}: relative error ${error}`);
      return error;
    }),
  );
}
