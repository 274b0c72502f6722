import { CrispError, counted, expectedGot } from "../errors/index.ts";
import { arithmeticBytes, createOnnxRuntime, hold } from "./onnx-runtime.ts";
import type { OnnxRuntimeModule } from "./onnx-session.ts";
import type { Runtime } from "./runtime.ts";

/** What `createRuntime` can be asked for in a browser. */
export const webDevices = ["auto", "webgpu", "wasm"] as const;
export type WebDevice = (typeof webDevices)[number];

export interface WebRuntimeOptions {
  /** `auto`, the default, takes WebGPU where the browser has a GPU for it, and WebAssembly elsewhere. */
  readonly device?: WebDevice;
  /** Threads of WebAssembly; default: all cores but one, which the page needs to stay smooth; at most 8. One where the page is not cross-origin isolated. */
  readonly threads?: number;
  /** Told once what was chosen and why. */
  readonly onNote?: (message: string) => void;
}

/** The parts of WebGPU that the choice looks at. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: GpuInfo; readonly isFallbackAdapter?: boolean } | null>;
}

interface GpuInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly isFallbackAdapter?: boolean;
}

interface WebModule extends OnnxRuntimeModule {
  readonly env: { readonly versions: { readonly web?: string }; readonly wasm: { numThreads?: number; proxy?: boolean } };
}

const MOST_THREADS = 8;

/**
 * ONNX Runtime for browsers on one device. It blocks the thread that it runs on: use it in a worker.
 *
 * @throws `runtime/no-device` when WebGPU is asked for and the browser has none; `runtime/bad-device` for a name that is none.
 * @example
 * const runtime = await createRuntime({ device: "auto", onNote: console.log });
 */
export async function createRuntime({ device = "auto", threads, onNote }: WebRuntimeOptions = {}): Promise<Runtime> {
  if (!webDevices.includes(device)) throw expectedGot("runtime/bad-device", "device", `one of ${webDevices.join(", ")}`, device);
  let because = "";
  if (device !== "wasm") {
    const { gpu, software, reason = "WebGPU is computed in software here" } = await findGpu();
    const wanted = gpu !== undefined && (device === "webgpu" || !software);
    const opened = wanted ? await openWebGpu().catch((error: Error) => error) : new Error(reason);
    if (!(opened instanceof Error)) {
      onNote?.(`device: webgpu, ${gpu}`);
      return opened;
    }
    if (device === "webgpu") {
      const got = `got "${opened.message}". Use a browser with WebGPU, or the device wasm.`;
      throw new CrispError("runtime/no-device", `device webgpu: expected it to work here, ${got}`);
    }
    because = `, as ${opened.message}`;
  }
  const isolated = globalThis.crossOriginIsolated === true;
  const count = isolated ? (threads ?? Math.min(MOST_THREADS, Math.max(1, navigator.hardwareConcurrency - 1))) : 1;
  const number = counted(count, "thread");
  onNote?.(`device: wasm, ${isolated ? number : "1 thread because the page is not cross-origin isolated"}${because}`);
  return openWasm(count);
}

// Sessions say errors only by throwing them: ONNX Runtime also logs what it then throws.

async function openWebGpu(): Promise<Runtime> {
  const ort = (await import("onnxruntime-web/webgpu")) as unknown as WebModule;
  const options = {
    executionProviders: ["webgpu"],
    extra: { session: { disable_cpu_ep_fallback: "1" } },
    logSeverityLevel: 4 as const,
  };
  return hold(runtimeOf(ort, { device: "webgpu", threads: 1, options }));
}

async function openWasm(threads: number): Promise<Runtime> {
  const ort = (await import("onnxruntime-web/wasm")) as unknown as WebModule;
  return runtimeOf(ort, {
    device: "wasm",
    threads,
    options: { executionProviders: ["wasm"], logSeverityLevel: 3, ...arithmeticBytes },
  });
}

function runtimeOf(
  ort: WebModule,
  parts: Pick<Parameters<typeof createOnnxRuntime>[0], "device" | "threads" | "options">,
): Runtime {
  ort.env.wasm.numThreads = parts.threads;
  // we are in a worker already
  ort.env.wasm.proxy = false;
  const version = ort.env.versions.web ?? "0";
  return createOnnxRuntime({ ...parts, ort, name: "onnxruntime-web", version, microsoftOps: true, writesInPlace: false });
}

/** The GPU's name, or why there is none. */
async function findGpu(): Promise<{ gpu?: string; software?: boolean; reason?: string }> {
  const { gpu } = navigator as unknown as { gpu?: Gpu };
  if (!gpu) return { reason: "this browser has no WebGPU" };
  const adapter = await gpu.requestAdapter();
  if (!adapter) return { reason: "WebGPU finds no GPU" };
  const { vendor = "", architecture = "", isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture].filter((part) => part !== "").join(" ") || "a GPU";
  return {
    gpu: name,
    software: isFallbackAdapter === true || adapter.isFallbackAdapter === true || architecture === "swiftshader",
  };
}
