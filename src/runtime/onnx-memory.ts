import { type DType, input, type Node } from "../graph/index.ts";
import { createOnnxSession, type OnnxBackend, type OnnxSession } from "./onnx-session.ts";
import type { DeviceMemory, DeviceResults, DeviceTensor, HostTensor, Tensor } from "./runtime.ts";

/**
 * Memory of the WebGPU device behind ONNX Runtime: outputs that stay there, and the way in and out.
 *
 * @param copied - Counted by the backend's `onCopy`.
 *
 * ONNX Runtime for Node aborts the process when such a tensor is read directly, so that one goes through a graph of one Identity.
 */
export function createOnnxMemory(backend: OnnxBackend, copied: DeviceMemory["copied"]): DeviceMemory {
  const passages = new Map<string, Promise<OnnxSession>>();
  const pass = async (tensor: Tensor, kept: readonly string[]): Promise<Tensor> => {
    const key = `${tensor.dtype} ${tensor.shape.length} ${kept}`;
    const session = passages.get(key) ?? createOnnxSession(backend, passage(tensor.dtype, tensor.shape.length), new Set(kept));
    passages.set(key, session);
    return (await (await session).run({ x: tensor })).y;
  };
  return {
    copied,
    upload: (tensor) => pass(tensor, ["y"]) as Promise<DeviceTensor>,
    download: (tensor) => pass(tensor, []) as Promise<HostTensor>,
    async compile(outputs, kept) {
      const session = await createOnnxSession(backend, outputs, new Set(kept));
      return {
        inputs: session.inputs,
        async run(feeds): Promise<DeviceResults> {
          const results = await session.run(feeds);
          const [host, device] = [{} as Record<string, HostTensor>, {} as Record<string, DeviceTensor>];
          for (const [name, tensor] of Object.entries(results)) {
            if (kept.includes(name)) device[name] = tensor as DeviceTensor;
            else host[name] = tensor as HostTensor;
          }
          return { host, kept: device };
        },
        release: () => session.release(),
      };
    },
  };
}

/** The writer puts an Identity between an input and an output. */
const passage = (dtype: DType, rank: number): Record<string, Node> => ({
  y: input(
    "x",
    Array.from({ length: rank }, (_, axis) => `d${axis}`),
    dtype,
  ),
});
