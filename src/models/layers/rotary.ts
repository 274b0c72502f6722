import type { GraphInputs } from "../../batch/index.ts";
import { add, constant, matmul, mul, type Node, product, reshape } from "../../graph/index.ts";

/** Which rotation: the name of its inputs, the head width d (even), and the base of its wavelengths. */
export interface Rotation {
  readonly name: string;
  readonly heads: number;
  readonly headWidth: number;
  readonly theta: number;
}

/**
 * Rotary positions: the pair (x_i, x_{i + d/2}) of a token at position p is turned by the angle p · θ^(−2i/d).
 *
 *     y = x ∘ cos + (x R) ∘ sin,    x R = (−x_{d/2}, …, −x_{d−1}, x_0, …, x_{d/2−1})
 *
 * R is a constant matrix: a product with it runs on every device, and costs d / (3 D) of the projections before it.
 *
 * @param x - Queries or keys, [B, H, n, d].
 * @returns [B, H, n, d]
 * @see Su et al., arXiv 2104.09864; pairs lie d/2 apart, as in transformers.
 */
export function rotate(x: Node, inputs: GraphInputs, { name, heads: H, headWidth: d, theta }: Rotation): Node {
  const wave = (part: "cos" | "sin"): Node =>
    inputs.values(
      `rotary.${name}.${part}`,
      ["n", d],
      "float",
      (out) => void writeWaves(out as Float32Array, Math[part], d, theta),
    ); // [n, d]
  const flat = reshape(x, [product(["B", H, "n"]), d]); // [B·H·n, d]
  const turned = reshape(matmul(flat, quarterTurn(d)), ["B", H, "n", d]); // [B, H, n, d]
  return add(mul(x, wave("cos")), mul(turned, wave("sin"))); // [B, H, n, d]
}

/** R: row i, column j says how much of x_i comes to place j. */
function quarterTurn(d: number): Node {
  const values = new Array<number>(d * d).fill(0);
  for (let i = 0; i < d / 2; i++) {
    values[(i + d / 2) * d + i] = -1;
    values[i * d + i + d / 2] = 1;
  }
  return constant(values, [d, d]);
}

/** In float32 where transformers computes in float32: at position 8,000 a last bit of the frequency is a thousandth of a turn. */
function writeWaves(out: Float32Array, wave: (angle: number) => number, d: number, theta: number): void {
  const { fround } = Math;
  const frequencies = Array.from({ length: d / 2 }, (_, i) => fround(1 / fround(theta ** fround((2 * i) / d))));
  for (let at = 0; at < out.length; at++) {
    out[at] = wave(fround(Math.floor(at / d) * frequencies[at % (d / 2)]));
  }
}
