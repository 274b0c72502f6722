import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphInputs } from "../../batch/index.ts";
import { input, matmul } from "../../graph/index.ts";
import { compute, contextOf, feedsOf } from "../run-graph.fixture.ts";
import { rotate } from "./rotary.ts";

const [H, d, theta] = [2, 6, 50];

/** Rotated values of x [B, H, n, d], one text of n tokens. */
async function rotated(x: Float32Array, where: "float64" | "onnx" = "float64"): Promise<number[]> {
  const inputs = new GraphInputs();
  const node = input("x", ["B", H, "n", d]);
  const out = rotate(node, inputs, { name: "r", heads: H, headWidth: d, theta });
  const n = x.length / (H * d);
  const context = contextOf([Array(n).fill(1)]);
  const feeds = feedsOf({ parameters: [], inputs: inputs.all }, context, () => new Float32Array());
  const all = { ...feeds, x: { dtype: "float" as const, shape: [1, H, n, d], data: x } };
  return Array.from((await compute(where, { out }, all, context.bindings)).out);
}
const made = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: H * n * d }, (_, at) => Math.sin(3 * at + seed));

test("each pair, half a width apart, is turned by its token's place times its own frequency", async () => {
  for (const where of ["float64", "onnx"] as const) {
    const x = made(5, 1);
    const out = await rotated(x, where);
    for (let token = 0; token < H * 5; token++) {
      for (let i = 0; i < d / 2; i++) {
        const angle = (token % 5) * theta ** ((-2 * i) / d);
        const [a, b] = [x[token * d + i], x[token * d + i + d / 2]];
        const want = [a * Math.cos(angle) - b * Math.sin(angle), b * Math.cos(angle) + a * Math.sin(angle)];
        for (const half of [0, 1]) assert.ok(Math.abs(out[token * d + i + (half * d) / 2] - want[half]) < 2e-6, `${token}, ${i}`);
      }
    }
  }
});

test("a query's score with a key depends on how far apart they are, not on where they stand", async () => {
  const one = made(1, 2);
  const same = Float32Array.from({ length: H * 9 * d }, (_, at) => one[Math.floor(at / (9 * d)) * d + (at % d)]);
  const turned = await rotated(same);
  const x = input("y", [9, d]);
  const feeds = { y: { dtype: "float" as const, shape: [9, d], data: Float32Array.from(turned.slice(0, 9 * d)) } };
  const scores = (await compute("float64", { scores: matmul(x, x, { transB: true }) }, feeds, {})).scores;
  for (let i = 1; i < 9; i++) {
    for (let j = 1; j < 9; j++) assert.ok(Math.abs(scores[i * 9 + j] - scores[(i - 1) * 9 + j - 1]) < 1e-5, `${i}, ${j}`);
  }
  assert.ok(Math.abs(scores[0] - scores[4]) > 0.1, "distance matters");
});

test("far positions have transformers' angles to the bit of float32: at 8,000 a rounded frequency turns by a visible angle", async () => {
  const n = 8001;
  const x = new Float32Array(H * n * d);
  x.fill(1, (n - 1) * d, (n - 1) * d + d / 2); // the last token of the first head: (1, 1, 1, 0, 0, 0)
  const cosines = (await rotated(x)).slice((n - 1) * d, (n - 1) * d + d / 2);
  // torch: inv_freq = 1 / 50 ** (torch.arange(0, 6, 2).float() / 6); (8000.0 * inv_freq).cos()
  const published = [0.06564512848854065, -0.7689136266708374, 0.38608595728874207];
  for (const [i, want] of published.entries()) assert.ok(Math.abs(cosines[i] - want) < 1e-6, `${cosines[i]} and ${want}`);
});
