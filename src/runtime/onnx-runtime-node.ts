import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { CrispError } from "../errors/index.ts";
import { createOnnxSession, type OnnxRuntimeModule } from "./onnx-session.ts";
import type { Runtime } from "./runtime.ts";

export interface RuntimeOptions {
  /** Threads of one operator; default: all cores this process may use, at most 8. */
  readonly threads?: number;
  /** Told once, where the native runtime cannot be loaded. */
  readonly onFallback?: (message: string) => void;
}

// Beyond this an encoder's matrices are too small to share out.
const MOST_THREADS = 8;

/**
 * ONNX Runtime for Node: the native package, or, where that cannot be loaded, WebAssembly.
 *
 * @throws `runtime/none` when neither loads.
 * @example
 * const runtime = await createRuntime();
 * const session = await runtime.compile({ y: exp(input("x", ["B"])) });
 */
export async function createRuntime({ threads, onFallback }: RuntimeOptions = {}): Promise<Runtime> {
  const count = threads ?? Math.min(MOST_THREADS, availableParallelism());
  try {
    return native((await import("onnxruntime-node")) as unknown as OnnxRuntimeModule, count);
  } catch (reason) {
    const runtime = await webAssembly(count, reason as Error);
    onFallback?.(
      `onnxruntime-node cannot be loaded here (${firstLine(reason)}); using onnxruntime-web, about 7 times slower. crisp doctor says more.`,
    );
    return runtime;
  }
}

function native(ort: OnnxRuntimeModule, threads: number): Runtime {
  return {
    name: "onnxruntime-node",
    version: packageVersion("onnxruntime-node"),
    device: "cpu",
    threads,
    compile: (outputs) =>
      createOnnxSession(
        ort,
        outputs,
        { executionProviders: ["cpu"], intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 },
        { writesInPlace: true },
      ),
  };
}

async function webAssembly(threads: number, reason: Error): Promise<Runtime> {
  let ort: OnnxRuntimeModule & { env: { wasm: { numThreads?: number } } };
  try {
    ort = (await import("onnxruntime-web")) as unknown as typeof ort;
  } catch (second) {
    throw new CrispError(
      "runtime/none",
      `runtime: expected onnxruntime-node or onnxruntime-web, got neither (${firstLine(reason)}; ${firstLine(second)}). Run npm install again, then crisp doctor.`,
    );
  }
  ort.env.wasm.numThreads = threads;
  return {
    name: "onnxruntime-web",
    version: packageVersion("onnxruntime-web"),
    device: "wasm",
    threads,
    compile: (outputs) =>
      createOnnxSession(ort, outputs, { executionProviders: ["wasm"], logSeverityLevel: 3 }, { writesInPlace: false }),
  };
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0];

/** The packages do not export their package.json, so the file is found from the entry upwards. */
function packageVersion(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`/${name}/`) + name.length + 2);
  return (JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as { version: string }).version;
}
