import { CrispError, expectedGot } from "../errors/index.ts";
import { add, constant, sumTo, zerosLike } from "./build.ts";
import { type Node, opRecord, topological } from "./node.ts";
import { Recomputation } from "./recompute.ts";
import { sameShape, showShape } from "./shape.ts";

export interface GradientOptions {
  /**
   * Values to keep for the backward pass, in the order of the forward pass; what lies between them is computed again: see
   * `Recomputation`. The gradients are the same. Default none: everything is kept.
   */
  readonly checkpoints?: readonly Node[];
}

/**
 * Build the backward graph of a scalar loss.
 *
 * Only nodes that depend on a target get a gradient, so frozen parameters cost nothing. Broadcasting is undone here and nowhere else.
 *
 * @param loss - float, shape [].
 * @param targets - Nodes to differentiate for.
 * @param options.checkpoints - See `GradientOptions`.
 * @returns One node per target, in order, each with its target's shape.
 * @throws `graph/not-scalar`; `graph/dtype`; `graph/no-gradient` when an operator on the way has no gradient rule.
 * @example
 * const [gradient] = gradients(sumAll(mul(w, w)), [w]); // 2 · w
 */
export function gradients(loss: Node, targets: readonly Node[], { checkpoints = [] }: GradientOptions = {}): Node[] {
  if (loss.shape.length !== 0) {
    const hint = "Reduce it first, for example with sumAll(x).";
    throw expectedGot("graph/not-scalar", "gradients", "a loss of shape []", showShape(loss.shape), hint);
  }
  const other = [loss, ...targets].find(({ dtype }) => dtype !== "float");
  if (other) throw expectedGot("graph/dtype", "gradients", "a loss and targets of dtype float", other.dtype);
  const order = topological([loss]);
  // a choice (bool) or a rounding (int) passes no gradient on
  const needed = new Set(targets);
  const passes = (node: Node): boolean => node.dtype === "float" && !opRecord(node.op).stopsGradient;
  for (const node of order) if (passes(node) && node.inputs.some((input) => needed.has(input))) needed.add(node);

  const recomputed = new Recomputation([loss], checkpoints);
  const wanted = new Set(targets);
  const sums = new Map<Node, Node>([[loss, constant(1)]]);
  for (const out of order.reverse()) {
    const upstream = sums.get(out);
    if (!upstream || !out.inputs.some((input) => needed.has(input))) continue;
    const { gradient } = opRecord(out.op);
    if (!gradient) {
      throw new CrispError(
        "graph/no-gradient",
        `gradients: expected a gradient rule for every operator, got none for ${out.op}.`,
      );
    }
    recomputed.reach(out, upstream);
    gradient(recomputed.of(out), upstream).forEach((part, i) => {
      const input = out.inputs[i];
      if (!part || !needed.has(input)) return;
      const fitted = sameShape(part.shape, input.shape) ? part : sumTo(part, input.shape);
      if (wanted.has(input)) recomputed.await(fitted);
      const sofar = sums.get(input);
      sums.set(input, sofar ? add(sofar, fitted) : fitted);
    });
  }
  return targets.map((target) => sums.get(target) ?? zerosLike(target));
}
