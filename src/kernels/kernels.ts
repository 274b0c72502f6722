import { expectedGot } from "../errors/index.ts";
import type { DropoutRate, KeyWords } from "../random/index.ts";
import type { Arena } from "./arena.ts";
import { KERNELS_BASE64 } from "./kernels.wasm.ts";

/** Scalars of one AdamW step for one parameter group, named as in PyTorch. */
export interface AdamWStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled: the parameter is multiplied by `1 - learningRate · weightDecay` first. */
  readonly weightDecay: number;
  /** Steps done including this one, 1 or more; gives the bias corrections `1 - beta^step`. */
  readonly step: number;
  /** Multiplies the gradient before use: clipping, loss scaling, 1 / accumulated batches. */
  readonly gradientScale: number;
}

/** The pointers of one parameter's four arrays, `count` float32 elements each. */
export interface AdamWArrays {
  readonly param: number;
  readonly grad: number;
  /** First moment. */
  readonly m: number;
  /** Second moment. */
  readonly v: number;
  readonly count: number;
}

/**
 * The WebAssembly SIMD kernels over one arena. Pointers are byte addresses (`ArenaF32.pointer`), counts are elements.
 *
 * Nothing is checked against the arrays' lengths here: a count that is too long writes into the neighbour.
 */
export interface Kernels {
  /**
   * One AdamW step as `torch.optim.AdamW` defines it, in place on `param`, `m` and `v`; the gradient is only read.
   *
   *     param ← param · (1 − lr · decay);  m ← m + (1 − β1)(g − m);  v ← β2 · v + (1 − β2) g²
   *     param ← param − lr / (1 − β1^t) · m / (√v / √(1 − β2^t) + eps)
   *
   * @see Loshchilov and Hutter, Decoupled Weight Decay Regularization, arXiv 1711.05101.
   */
  adamw(arrays: AdamWArrays, step: AdamWStep): void;
  /** Sum of squares, accumulated in float64 in an order that depends on the count alone; NaN and infinity come through. */
  sumOfSquares(pointer: number, count: number): number;
  /** dst[i] += src[i]. */
  addInto(dst: number, src: number, count: number): void;
  /** x[i] *= factor, the factor rounded to float32. */
  scale(pointer: number, count: number, factor: number): void;
  /**
   * What dropout keeps, bit for bit `dropoutKeptReference`: bytes, 1 where kept, 0 where dropped.
   *
   * @param firstIndex - Decision of element 0; `firstIndex + count` is at most 2^32.
   * @throws `kernels/bad-index` past that.
   * @example
   * kernels.dropoutKept(kept.pointer, kept.array.length, foldKey({ seed, step, site: "dropout.0" }), 0, dropoutRate(0.1));
   */
  dropoutKept(out: number, count: number, key: KeyWords, firstIndex: number, rate: DropoutRate): void;
  /** out[i] = `uniform(key, firstIndex + i)`, bit for bit; `kernels/bad-index` as `dropoutKept`. */
  uniformFill(out: number, count: number, key: KeyWords, firstIndex: number): void;
  /** Index of the first NaN or infinity, or -1. */
  firstNonFinite(pointer: number, count: number): number;
}

interface Exports {
  adamw(...scalars: number[]): void;
  sumOfSquares(pointer: number, count: number): number;
  addInto(dst: number, src: number, count: number): void;
  scale(pointer: number, count: number, factor: number): void;
  dropoutKept(out: number, count: number, key0: number, key1: number, first: number, threshold: number): void;
  uniformFill(out: number, count: number, key0: number, key1: number, first: number): void;
  firstNonFinite(pointer: number, count: number): number;
}

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  const bytes = Uint8Array.from(atob(KERNELS_BASE64), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) {
    throw expectedGot(
      "kernels/no-simd",
      "createKernels",
      "WebAssembly with SIMD",
      "none",
      "Use Node 22 or a browser of 2021 or later.",
    );
  }
  return new WebAssembly.Module(bytes);
}

function checkIndex(kernel: string, firstIndex: number, count: number): void {
  if (firstIndex >= 0 && firstIndex + count <= 2 ** 32) return;
  throw expectedGot(
    "kernels/bad-index",
    kernel,
    "positions in [0, 2^32]",
    [firstIndex, firstIndex + count],
    "Use a further site.",
  );
}

/**
 * Compile the kernels (a few KiB, synchronously, so that it works in any worker) and bind them to an arena's memory.
 *
 * @throws `kernels/no-simd` where WebAssembly SIMD is missing.
 * @example
 * const arena = new Arena({ bytes: 2 ** 20 });
 * const kernels = createKernels(arena);
 * const x = arena.allocateF32("x", 100);
 * kernels.scale(x.pointer, x.array.length, 0.5);
 */
export function createKernels(arena: Arena): Kernels {
  compiled ??= compile();
  const instance = new WebAssembly.Instance(compiled, { env: { memory: arena.memory } });
  const wasm = instance.exports as unknown as Exports;

  return {
    adamw({ param, grad, m, v, count }, { learningRate, beta1, beta2, eps, weightDecay, step, gradientScale }) {
      const corrections = [1 - beta1 ** step, 1 - beta2 ** step];
      wasm.adamw(param, grad, m, v, count, learningRate, beta1, beta2, eps, weightDecay, ...corrections, gradientScale);
    },
    sumOfSquares: wasm.sumOfSquares,
    addInto: wasm.addInto,
    scale: wasm.scale,
    dropoutKept(out, count, { key0, key1 }, firstIndex, { threshold16 }) {
      checkIndex("dropoutKept", firstIndex, count);
      wasm.dropoutKept(out, count, key0, key1, firstIndex, threshold16);
    },
    uniformFill(out, count, { key0, key1 }, firstIndex) {
      checkIndex("uniformFill", firstIndex, count);
      wasm.uniformFill(out, count, key0, key1, firstIndex);
    },
    firstNonFinite: wasm.firstNonFinite,
  };
}
