/** A function of many numbers, and how it changes with each. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

export interface MinimiseOptions {
  /** Stop when no entry of the gradient is larger; default 1e-4, as scikit-learn has it. */
  readonly tolerance?: number;
  /** Default 200. */
  readonly iterations?: number;
}

/** Pairs of steps and changes of the gradient that stand for the curvature. */
const HISTORY = 10;
/** A step is long enough once it brings this share of what the slope promises (Armijo). */
const DECREASE = 1e-4;

/**
 * Minimise a smooth convex function by L-BFGS with backtracking.
 *
 * @param objective - Writes the gradient, returns the value.
 * @param start - Is not changed.
 * @returns The lowest point found.
 * @see Nocedal & Wright, Numerical Optimization, algorithm 7.4.
 * @example
 * minimise(([x], gradient) => { gradient[0] = 2 * (x - 3); return (x - 3) ** 2; }, new Float64Array(1)); // [3]
 */
export function minimise(objective: Objective, start: Float64Array, options: MinimiseOptions = {}): Float64Array {
  const { tolerance = 1e-4, iterations = 200 } = options;
  let point: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(point.length);
  let value = objective(point, gradient);
  const pairs: { readonly step: Float64Array; readonly change: Float64Array; readonly scale: number }[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (gradient.every((entry) => Math.abs(entry) <= tolerance)) break;
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    // without curvature yet, the gradient's length says nothing about a good step
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let next: { readonly point: Float64Array; readonly gradient: Float64Array; readonly value: number } | undefined;
    for (let tries = 0; tries < 40; tries++, length /= 2) {
      const tried = point.map((entry, at) => entry + length * direction[at]);
      const slopes = new Float64Array(point.length);
      const found = objective(tried, slopes);
      if (found <= value + DECREASE * length * slope) {
        next = { point: tried, gradient: slopes, value: found };
        break;
      }
    }
    if (!next) break; // rounding: no step goes down any more
    const step = next.point.map((entry, at) => entry - point[at]);
    const change = next.gradient.map((entry, at) => entry - gradient[at]);
    const curvature = dot(step, change);
    if (curvature > 1e-12 * dot(change, change)) {
      pairs.push({ step, change, scale: 1 / curvature });
      if (pairs.length > HISTORY) pairs.shift();
    }
    ({ point, gradient, value } = next);
  }
  return point;
}

/** −H · gradient, H the inverse curvature that the pairs stand for. */
function descent(
  gradient: Float64Array,
  pairs: readonly { readonly step: Float64Array; readonly change: Float64Array; readonly scale: number }[],
): Float64Array {
  const direction = gradient.map((entry) => -entry);
  const shares = new Float64Array(pairs.length);
  for (let at = pairs.length - 1; at >= 0; at--) {
    const { step, change, scale } = pairs[at];
    shares[at] = scale * dot(step, direction);
    addTo(direction, change, -shares[at]);
  }
  const last = pairs.at(-1);
  if (last) {
    const factor = 1 / (last.scale * dot(last.change, last.change));
    for (let at = 0; at < direction.length; at++) direction[at] *= factor;
  }
  for (const [at, { step, change, scale }] of pairs.entries())
    addTo(direction, step, shares[at] - scale * dot(change, direction));
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}

function addTo(out: Float64Array, x: Float64Array, factor: number): void {
  for (let at = 0; at < out.length; at++) out[at] += factor * x[at];
}
