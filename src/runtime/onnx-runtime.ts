import { input } from "../graph/index.ts";
import { createOnnxMemory } from "./onnx-memory.ts";
import { createHostSession, type OnnxBackend } from "./onnx-session.ts";
import type { Runtime, Session } from "./runtime.ts";

/**
 * Session options for the CPU: `DequantizeLinear` makes masks of bytes float32 and is no part of a quantised model, for which ONNX Runtime
 * gives each of its readers a copy of its own.
 */
export const arithmeticBytes = { extra: { session: { disable_quant_qdq: "1" } } } as const;

/**
 * A device of one of the ONNX Runtime packages behind the interface of a runtime; only WebGPU has a memory of its own there.
 *
 * CUDA too copies what it is fed and gives out: onnxruntime-node has no tensors that stay on it.
 */
export function createOnnxRuntime(
  parts: Pick<Runtime, "name" | "version" | "device" | "threads"> &
    Pick<OnnxBackend, "ort" | "options" | "writesInPlace"> & { readonly microsoftOps: boolean },
): Runtime {
  const { name, version, device, threads, microsoftOps, ...rest } = parts;
  const webgpu = device === "webgpu";
  const copied = { toDevice: 0, toHost: 0 };
  const backend: OnnxBackend = {
    ...rest,
    dialect: { microsoftOps, webgpu },
    ...(webgpu && { onCopy: (direction, bytes) => void (copied[direction] += bytes) }),
  };
  return {
    name,
    version,
    device,
    threads,
    ...(webgpu && { memory: createOnnxMemory(backend, copied) }),
    compile: (outputs) => createHostSession(backend, outputs),
  };
}

const held: Session[] = [];

/**
 * Show that a device works, by a session that is never released: with its last session ONNX Runtime would give up the device, and all
 * shaders that were compiled for it.
 *
 * @throws What ONNX Runtime throws where the device is missing.
 */
export async function hold(runtime: Runtime): Promise<Runtime> {
  held.push(await runtime.compile({ y: input("x", ["n"]) }));
  return runtime;
}
