// Run as a child process by `crisp doctor`: loads one runtime, multiplies two matrices, sends what it saw.
// A process of its own, because a native library that does not fit the machine can end the process that loads it.
import type { InferenceSession, Tensor } from "onnxruntime-common";

/** What the probe found of one runtime. */
export interface RuntimeProbe {
  readonly loads: boolean;
  readonly version?: string;
  /** Execution providers that come with the package, e.g. `cpu`, `webgpu`. */
  readonly providers?: readonly string[];
  /** float32 MatMul 512³, best of the runs; absent when it loaded but could not compute. */
  readonly gigaflops?: number;
  /** Why it does not load or compute, one line. */
  readonly problem?: string;
}

interface OnnxRuntime {
  readonly env: { readonly versions: Readonly<Record<string, string | undefined>> };
  readonly InferenceSession: { create(model: Uint8Array): Promise<InferenceSession> };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
  readonly listSupportedBackends?: () => { readonly name: string; readonly bundled: boolean }[];
}

export const MATMUL_SIZE = 512;

/** c = a·b, float32 [n, n], symbolic n, opset 17: fixed bytes, so that the doctor needs no part of the engine it examines. */
const MATMUL_MODEL =
  "CAg6WwoRCgFhCgFiEgFjIgZNYXRNdWwSAW1aFQoBYRIQCg4IARIKCgMSAW4KAxIBbloVCgFiEhAKDggBEgoKAxIBbgoDEgFuYhUKAWMSEAoOCAESCgoDEgFuCgMSAW5CBAoAEBE=";

/** Load `onnxruntime-node` or `onnxruntime-web` and measure it. */
export async function probeRuntime(name: string): Promise<RuntimeProbe> {
  let ort: OnnxRuntime;
  try {
    const loaded = await import(name);
    ort = loaded.InferenceSession ? loaded : loaded.default;
  } catch (error) {
    return { loads: false, problem: firstLine(error) };
  }
  const version = ort.env.versions[name === "onnxruntime-web" ? "web" : "node"] ?? ort.env.versions.common;
  // Backends that are not bundled (CUDA) are listed whether their libraries are there or not.
  const providers = ort.listSupportedBackends?.().flatMap(({ name, bundled }) => (bundled ? [name] : [])) ?? ["wasm"];
  try {
    return { loads: true, version, providers, gigaflops: await measure(ort) };
  } catch (error) {
    return { loads: true, version, providers, problem: firstLine(error) };
  }
}

/** Best of the runs in half a second, after two to warm up: the machine's ceiling, not its average load. */
async function measure(ort: OnnxRuntime): Promise<number> {
  const session = await ort.InferenceSession.create(Buffer.from(MATMUL_MODEL, "base64"));
  const matrix = (seed: number) => Float32Array.from({ length: MATMUL_SIZE ** 2 }, (_, i) => ((i * seed) % 17) / 17 - 0.5);
  const [a, b] = [3, 5].map((seed) => new ort.Tensor("float32", matrix(seed), [MATMUL_SIZE, MATMUL_SIZE]));
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + 500;
  for (let run = 0; run < 5 || performance.now() < until; run++) {
    const started = performance.now();
    const { c } = await session.run({ a: a!, b: b! });
    const elapsed = performance.now() - started;
    if (run === 0) checkFirstEntry(c!, a!, b!);
    if (run >= 2) best = Math.min(best, elapsed);
  }
  return (2 * MATMUL_SIZE ** 3) / best / 1e6;
}

/** A fast wrong answer is worth nothing. */
function checkFirstEntry(c: Tensor, a: Tensor, b: Tensor): void {
  const [left, right] = [a.data as Float32Array, b.data as Float32Array];
  let expected = 0;
  for (let k = 0; k < MATMUL_SIZE; k++) expected += left[k]! * right[k * MATMUL_SIZE]!;
  const got = (c.data as Float32Array)[0]!;
  if (!(Math.abs(got - expected) < 1e-3)) throw new Error(`MatMul gave ${got} where ${expected} is right`);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}

if (process.send) {
  const result = await probeRuntime(process.argv[2]!);
  process.send(result, () => process.exit(0));
}
