import { CrispError, expectedGot } from "../errors/index.ts";
import { createOnnxRuntime, hold } from "./onnx-runtime.ts";
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
  const found = device === "wasm" ? undefined : await findGpu();
  if (device === "webgpu" && found?.gpu === undefined) {
    const got = `got "${found?.reason}". Use a browser with WebGPU, or the device wasm.`;
    throw new CrispError("runtime/no-device", `device webgpu: expected it to work here, ${got}`);
  }
  const chosen = device === "auto" ? (found?.gpu && !found.software ? "webgpu" : "wasm") : device;
  const isolated = globalThis.crossOriginIsolated === true;
  const count = isolated ? (threads ?? Math.min(MOST_THREADS, Math.max(1, navigator.hardwareConcurrency - 1))) : 1;
  onNote?.(
    chosen === "webgpu" ? `device: webgpu, ${found?.gpu}` : `device: wasm, ${why(count, isolated, device, found?.reason)}`,
  );

  const ort = (await (chosen === "webgpu"
    ? import("onnxruntime-web/webgpu")
    : import("onnxruntime-web/wasm"))) as unknown as WebModule;
  ort.env.wasm.numThreads = chosen === "webgpu" ? 1 : count;
  // we are in a worker already
  ort.env.wasm.proxy = false;
  const runtime = createOnnxRuntime({
    ort,
    name: "onnxruntime-web",
    version: ort.env.versions.web ?? "0",
    device: chosen,
    threads: count,
    // errors only: ONNX Runtime also logs what it then throws
    options:
      chosen === "webgpu"
        ? { executionProviders: ["webgpu"], extra: { session: { disable_cpu_ep_fallback: "1" } }, logSeverityLevel: 4 }
        : { executionProviders: ["wasm"], logSeverityLevel: 3 },
    microsoftOps: true,
    writesInPlace: false,
  });
  return chosen === "webgpu" ? hold(runtime) : runtime;
}

function why(threads: number, isolated: boolean, asked: WebDevice, noGpu: string | undefined): string {
  const speed = isolated
    ? `${threads} ${threads === 1 ? "thread" : "threads"}`
    : "1 thread, as the page is not cross-origin isolated";
  return asked === "auto" ? `${speed}, as ${noGpu ?? "WebGPU is computed in software here"}` : speed;
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
