import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { CrispError } from "../errors/index.ts";
import { createOnnxSession, type OnnxRuntimeModule } from "./onnx-session.ts";
import type { Runtime } from "./runtime.ts";

export interface RuntimeOptions {
  /** Threads of one operator; default: all cores this process may use, at most 8. */
  readonly threads?: number;
  /** `wasm` takes onnxruntime-web even where the native package loads; default `native`. */
  readonly prefer?: "native" | "wasm";
  /** Use com.microsoft's operators, such as FusedMatMul; default true. */
  readonly microsoftOps?: boolean;
  /** Told once, where the native runtime cannot be loaded. */
  readonly onFallback?: (message: string) => void;
}

// Beyond this an encoder's matrices are too small to share out.
const MOST_THREADS = 8;

/** How many times as long a training step takes on onnxruntime-web as on onnxruntime-node: MiniLM and DistilBERT, docs/benchmarks.md. */
export const WEB_SLOWDOWN = "about 3 to 5";

/**
 * ONNX Runtime for Node: the native package, or, where that cannot be loaded, WebAssembly.
 *
 * @throws `runtime/none` when neither loads.
 * @example
 * const runtime = await createRuntime();
 * const session = await runtime.compile({ y: exp(input("x", ["B"])) });
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { prefer = "native", microsoftOps = true, onFallback } = options;
  const settings: Settings = { threads: options.threads ?? Math.min(MOST_THREADS, availableParallelism()), microsoftOps };
  if (prefer === "wasm") return webAssembly(settings);
  try {
    return native((await import("onnxruntime-node")) as unknown as OnnxRuntimeModule, settings);
  } catch (reason) {
    const runtime = await webAssembly(settings, reason);
    onFallback?.(
      `onnxruntime-node cannot be loaded here (${firstLine(reason)}); using onnxruntime-web, ${WEB_SLOWDOWN} times slower. crisp doctor says more.`,
    );
    return runtime;
  }
}

interface Settings {
  readonly threads: number;
  readonly microsoftOps: boolean;
}

function native(ort: OnnxRuntimeModule, { threads, microsoftOps }: Settings): Runtime {
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
        { writesInPlace: true, microsoftOps },
      ),
  };
}

async function webAssembly({ threads, microsoftOps }: Settings, reason?: unknown): Promise<Runtime> {
  let ort: OnnxRuntimeModule & { env: { wasm: { numThreads?: number } } };
  try {
    ort = (await import("onnxruntime-web")) as unknown as typeof ort;
  } catch (second) {
    const reasons = [reason, second].filter((each) => each !== undefined).map(firstLine);
    const got = `got neither (${reasons.join("; ")}). Run npm install again, then crisp doctor.`;
    throw new CrispError("runtime/none", `runtime: expected onnxruntime-node or onnxruntime-web, ${got}`);
  }
  ort.env.wasm.numThreads = threads;
  return {
    name: "onnxruntime-web",
    version: packageVersion("onnxruntime-web"),
    device: "wasm",
    threads,
    compile: (outputs) =>
      createOnnxSession(
        ort,
        outputs,
        { executionProviders: ["wasm"], logSeverityLevel: 3 },
        { writesInPlace: false, microsoftOps },
      ),
  };
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0];

/** The packages do not export their package.json, so the file is found from the entry upwards. */
function packageVersion(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`/${name}/`) + name.length + 2);
  return (JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as { version: string }).version;
}
