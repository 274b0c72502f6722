import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import type { InferenceSession } from "onnxruntime-common";
import { CrispError, expectedGot } from "../errors/index.ts";
import { chooseDevice } from "./choose-device-node.ts";
import { keepTelemetryOff } from "./no-telemetry-node.ts";
import { arithmeticBytes, createOnnxRuntime, hold } from "./onnx-runtime.ts";
import type { OnnxRuntimeModule } from "./onnx-session.ts";
import type { Runtime } from "./runtime.ts";

/** What `createRuntime` can be asked for in Node. */
export const nodeDevices = ["auto", "cpu", "webgpu", "cuda", "wasm"] as const;
export type NodeDevice = (typeof nodeDevices)[number];

export interface RuntimeOptions {
  /**
   * `auto` takes WebGPU where a GPU is found and multiplies matrices faster than the CPU; `cpu` falls back to WebAssembly where the
   * native package cannot be loaded; default `cpu`.
   */
  readonly device?: NodeDevice;
  /** Threads of one operator on the CPU; default: all cores this process may use, at most 8. */
  readonly threads?: number;
  /** Use com.microsoft's operators, such as FusedMatMul; default true. Never on WebGPU. */
  readonly microsoftOps?: boolean;
  /** Told what `auto` chose and why, and of a fallback. */
  readonly onNote?: (message: string) => void;
}

// Beyond this an encoder's matrices are too small to share out.
const MOST_THREADS = 8;

/** How many times as long a training step takes on onnxruntime-web as on onnxruntime-node: MiniLM and DistilBERT, docs/performance.md. */
export const WEB_SLOWDOWN = "about 3 to 5";

/**
 * ONNX Runtime for Node on one device.
 *
 * @throws `runtime/none` when neither package loads; `runtime/no-device` when the device cannot be had, with what to install;
 *   `runtime/bad-device` for a name that is none.
 * @example
 * const runtime = await createRuntime({ device: "auto", onNote: console.error });
 * const session = await runtime.compile({ y: exp(input("x", ["B"])) });
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { device = "cpu", microsoftOps = true, onNote } = options;
  const settings: Settings = { threads: options.threads ?? Math.min(MOST_THREADS, availableParallelism()), microsoftOps };
  if (!nodeDevices.includes(device))
    throw expectedGot("runtime/bad-device", "device", `one of ${nodeDevices.join(", ")}`, device);
  if (device === "wasm") return webAssembly(settings);
  let ort: OnnxRuntimeModule;
  try {
    keepTelemetryOff();
    ort = (await import("onnxruntime-node")) as unknown as OnnxRuntimeModule;
  } catch (reason) {
    if (device === "webgpu" || device === "cuda") throw noDevice(device, reason);
    const runtime = await webAssembly(settings, reason);
    onNote?.(
      `onnxruntime-node cannot be loaded here (${firstLine(reason)}); using onnxruntime-web, ${WEB_SLOWDOWN} times slower. crisp doctor says more.`,
    );
    return runtime;
  }
  if (device === "auto") {
    const { device: chosen, reason } = await chooseDevice();
    onNote?.(`device: ${chosen}, ${reason}`);
    return chosen === "cpu" ? native(ort, chosen, settings) : held(ort, chosen, settings);
  }
  return device === "cpu" ? native(ort, device, settings) : held(ort, device, settings);
}

interface Settings {
  readonly threads: number;
  readonly microsoftOps: boolean;
}

const NATIVE: Readonly<Record<"cpu" | "webgpu" | "cuda", (settings: Settings) => InferenceSession.SessionOptions>> = {
  // A memory pattern is one block for all that a shape of batch needs, beside the blocks that were there before: a BERT step took 1.6
  // times the memory with it, in the same CPU time.
  cpu: ({ threads }) => ({
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
    ...arithmeticBytes,
  }),
  // an operator that the GPU lacks is an error, not a silent copy to the CPU and back
  webgpu: () => ({ executionProviders: ["webgpu"], extra: { session: { disable_cpu_ep_fallback: "1" } } }),
  cuda: ({ threads }) => ({ executionProviders: ["cuda", "cpu"], intraOpNumThreads: threads, interOpNumThreads: 1 }),
};

function native(ort: OnnxRuntimeModule, device: "cpu" | "webgpu" | "cuda", settings: Settings): Runtime {
  return createOnnxRuntime({
    ort,
    name: "onnxruntime-node",
    version: packageVersion("onnxruntime-node"),
    device,
    threads: settings.threads,
    // errors only: ONNX Runtime also logs what it then throws
    options: { ...NATIVE[device](settings), logSeverityLevel: device === "cpu" ? 3 : 4 },
    microsoftOps: settings.microsoftOps,
    writesInPlace: device === "cpu",
  });
}

/** A device beside the CPU; fails before anything else does, in words. */
async function held(ort: OnnxRuntimeModule, device: "webgpu" | "cuda", settings: Settings): Promise<Runtime> {
  (ort as { env?: { logLevel?: string } }).env!.logLevel = "fatal"; // it would also log what it throws
  try {
    return await hold(native(ort, device, settings));
  } catch (reason) {
    throw noDevice(device, reason);
  }
}

const NEEDS = {
  webgpu:
    "WebGPU needs a GPU with a driver for Vulkan (Linux: libvulkan1 and the vendor's driver), Direct3D 12 or Metal. Or use --device cpu.",
  cuda: "CUDA needs Linux on x64 with an NVIDIA driver, CUDA 12, cuDNN 9, and ONNX Runtime's CUDA libraries: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node. Or use --device webgpu.",
} as const;

const noDevice = (device: "webgpu" | "cuda", reason: unknown): CrispError =>
  new CrispError("runtime/no-device", `--device ${device}: expected it to work here, got "${causeOf(reason)}". ${NEEDS[device]}`);

/** ONNX Runtime puts the place in its source in front. */
const causeOf = (reason: unknown): string => /Failed to .*$/.exec(firstLine(reason))?.[0] ?? firstLine(reason);

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
  return createOnnxRuntime({
    ort,
    name: "onnxruntime-web",
    version: packageVersion("onnxruntime-web"),
    device: "wasm",
    threads,
    options: { executionProviders: ["wasm"], logSeverityLevel: 3 },
    microsoftOps,
    writesInPlace: false,
  });
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0];

/** The packages do not export their package.json, so the file is found from the entry upwards. */
function packageVersion(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`/${name}/`) + name.length + 2);
  return (JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as { version: string }).version;
}
