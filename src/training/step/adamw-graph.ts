import { add, constant, div, input, mul, type Node, parameter, type Shape, sqrt, sub } from "../../graph/index.ts";
import type { AdamWStep } from "../../kernels/index.ts";

/** Numbers of an update that are the same for all parameters: float [] inputs of the graph. */
const SCALARS = ["gradientScale", "new1", "beta2", "new2", "eps", "stepSize", "correct2", "keep"] as const;
type Scalar = (typeof SCALARS)[number];

/** Values of the scalars; combined in float64 and rounded once, as `Kernels.adamw` and PyTorch do. */
export function adamwScalars(settings: AdamWStep): Record<Scalar, number> {
  const { learningRate, beta1, beta2, eps, weightDecay, step, gradientScale } = settings;
  return {
    gradientScale,
    new1: 1 - beta1,
    beta2,
    new2: 1 - beta2,
    eps,
    stepSize: learningRate / (1 - beta1 ** step),
    correct2: 1 / Math.sqrt(1 - beta2 ** step),
    keep: 1 - learningRate * weightDecay,
  };
}

/** Names of a parameter's tensors in the graph of the update. */
export const adamwNames = (name: string) =>
  ({ value: `value ${name}`, gradient: `gradient ${name}`, m: `m ${name}`, v: `v ${name}` }) as const;

/**
 * AdamW of many parameters as one graph, for devices with memory of their own.
 *
 *     g = gradientScale · gradient;  m ← m + (g − m)(1 − β₁);  v ← β₂ v + (1 − β₂) g²
 *     lr = rate · learning rate;  value ← value (1 − lr · decay) − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 *
 * @returns New values and moments, named `new value <p>`, `new m <p>`, `new v <p>`.
 * @see `Kernels.adamw`, which computes the same on the host; a test holds the two together.
 */
export function adamwGraph(
  parameters: readonly { readonly name: string; readonly shape: Shape; readonly decay: boolean; readonly rate?: number }[],
): Record<string, Node> {
  const scalar = Object.fromEntries(SCALARS.map((name) => [name, input(name, [])])) as Record<Scalar, Node>;
  const outputs: Record<string, Node> = {};
  for (const { name, shape, decay, rate = 1 } of parameters) {
    const names = adamwNames(name);
    const [value, m, v] = [names.value, names.m, names.v].map((each) => parameter(each, shape));
    const g = mul(parameter(names.gradient, shape), scalar.gradientScale);
    const newM = add(m, mul(sub(g, m), scalar.new1));
    const newV = add(mul(v, scalar.beta2), mul(mul(g, g), scalar.new2));
    const denominator = add(mul(sqrt(newV), scalar.correct2), scalar.eps);
    const own = (x: Node): Node => (rate === 1 ? x : mul(x, constant(rate)));
    // keep − 1 is exact, as keep lies in [0.5, 1]
    const keep = rate === 1 ? scalar.keep : add(own(sub(scalar.keep, constant(1))), constant(1));
    const kept = decay ? mul(value, keep) : value;
    outputs[`new ${names.value}`] = sub(kept, div(mul(newM, own(scalar.stepSize)), denominator));
    outputs[`new ${names.m}`] = newM;
    outputs[`new ${names.v}`] = newV;
  }
  return outputs;
}
