// Speed of the kernels next to plain JavaScript loops, on one thread: node bench/kernels.ts
import { cpus } from "node:os";
import { Arena, createKernels } from "../src/kernels/index.ts";
import { dropoutKeptReference, dropoutRate, foldKey, uniformFillReference } from "../src/random/index.ts";

const PARAMETERS = 66_000_000;
// The masks of one DistilBERT step at 32 × 32: see docs/architecture.md.
const DECISIONS = 7_900_000;
const REPEATS = 7;

/** Median milliseconds after one warm-up. */
function time(body: () => void): number {
  body();
  const times = Array.from({ length: REPEATS }, () => {
    const start = performance.now();
    body();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[REPEATS >> 1];
}

function row(name: string, wasm: () => void, plain: () => void, items: number, unit: string): void {
  const [fast, slow] = [time(wasm), time(plain)];
  const rate = (ms: number) => `${ms.toFixed(1).padStart(7)} ms ${(items / ms / 1000).toFixed(0).padStart(6)} M ${unit}/s`;
  console.log(`${name.padEnd(22)} WASM ${rate(fast)}   JS ${rate(slow)}   ${(slow / fast).toFixed(1)}×`);
}

const arena = new Arena({ bytes: Arena.bytesFor([PARAMETERS, PARAMETERS, PARAMETERS, PARAMETERS, DECISIONS]) });
const kernels = createKernels(arena);
const key = foldKey({ seed: 1, step: 0, site: "bench" });
const rate = dropoutRate(0.1);
console.log(`${cpus()[0].model}, Node ${process.version}, one thread, median of ${REPEATS}`);

const mask = arena.allocateF32("mask", DECISIONS);
const kept = new Uint8Array(DECISIONS);
row(
  "dropoutKept",
  () => kernels.dropoutKept(mask.pointer, DECISIONS, key, 0, rate),
  () => dropoutKeptReference(kept, key, 0, rate),
  DECISIONS,
  "decisions",
);
row(
  "uniformFill",
  () => kernels.uniformFill(mask.pointer, DECISIONS, key, 0),
  () => uniformFillReference(mask.array, key, 0),
  DECISIONS,
  "numbers",
);

const [param, grad, m, v] = ["param", "grad", "m", "v"].map((name) => arena.allocateF32(name, PARAMETERS));
uniformFillReference(grad.array, key, 0);
const arrays = { param: param.pointer, grad: grad.pointer, m: m.pointer, v: v.pointer, count: PARAMETERS };
const step = { learningRate: 2e-5, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, step: 1, gradientScale: 1 };

function plainAdamW(): void {
  const [p, g, m1, v1] = [param.array, grad.array, m.array, v.array];
  const decay = 1 - step.learningRate * step.weightDecay;
  const correct2 = Math.sqrt(1 - step.beta2 ** step.step);
  const size = step.learningRate / (1 - step.beta1 ** step.step);
  for (let i = 0; i < PARAMETERS; i++) {
    const x = g[i] * step.gradientScale;
    m1[i] += (1 - step.beta1) * (x - m1[i]);
    v1[i] = step.beta2 * v1[i] + (1 - step.beta2) * x * x;
    p[i] = p[i] * decay - (size * m1[i]) / (Math.sqrt(v1[i]) / correct2 + step.eps);
  }
}
row("adamw, 66 M", () => kernels.adamw(arrays, step), plainAdamW, PARAMETERS, "parameters");

let sink = 0;
const plainSum = () => {
  let sum = 0;
  for (let i = 0; i < PARAMETERS; i++) sum += grad.array[i] * grad.array[i];
  sink += sum;
};
const wasmSum = () => {
  sink += kernels.sumOfSquares(grad.pointer, PARAMETERS);
};
row("sumOfSquares, 66 M", wasmSum, plainSum, PARAMETERS, "numbers");
if (!(sink > 0)) throw new Error("the sums were not taken");
