import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { type Bindings, bindShape, type DType, elements, type Node } from "../graph/index.ts";
import { type FedSize, type OnnxOptions, writeModel } from "../onnx/index.ts";
import { checkFeeds, checkTargets, onDevice } from "./check-feeds.ts";
import type { DeviceTensor, HostTensor, InputInfo, Session, Tensor } from "./runtime.ts";

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxRuntimeModule {
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: new (type: OrtTensor.Type, data: OrtTensor.DataType, dims: readonly number[]) => OrtTensor;
}

/** How one of the packages runs graphs on one device. */
export interface OnnxBackend {
  readonly ort: OnnxRuntimeModule;
  readonly options: InferenceSession.SessionOptions;
  readonly dialect: OnnxOptions;
  /** Whether `run` writes into output tensors that it is given; otherwise results are copied. */
  readonly writesInPlace: boolean;
  /** Told how many bytes cross between host and device, where that is a copy. */
  readonly onCopy?: (direction: "toDevice" | "toHost", bytes: number) => void;
}

/** A tensor that ONNX Runtime keeps on the device. */
class OrtDeviceTensor implements DeviceTensor {
  readonly location = "device";
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly tensor: OrtTensor;

  constructor(tensor: OrtTensor) {
    this.tensor = tensor;
    this.dtype = ourType.get(tensor.type)!;
    this.shape = tensor.dims;
  }

  release(): void {
    this.tensor.dispose();
  }
}

const ortType: Readonly<Record<DType, OrtTensor.Type>> = {
  float: "float32",
  int32: "int32",
  int64: "int64",
  bool: "bool",
  uint8: "uint8",
};
const ourType = new Map(Object.entries(ortType).map(([ours, theirs]) => [theirs, ours as DType]));

/** A compiled graph of ONNX Runtime: `Session` and `DeviceSession` are views of it. */
export interface OnnxSession {
  readonly inputs: readonly InputInfo[];
  /** @param into - Tensors to write outputs into. Kept outputs come as `DeviceTensor`. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/** Compile a graph; outputs in `kept` stay on the device. */
export async function createOnnxSession(
  { ort, options, dialect, writesInPlace, onCopy }: OnnxBackend,
  outputs: Readonly<Record<string, Node>>,
  kept: ReadonlySet<string> = new Set(),
): Promise<OnnxSession> {
  const model = writeModel(outputs, dialect);
  const locations = Object.fromEntries(Array.from(kept, (name) => [name, "gpu-buffer" as const]));
  const session = await ort.InferenceSession.create(
    model.bytes,
    kept.size > 0 ? { ...options, preferredOutputLocation: locations } : options,
  );
  const inputs = model.inputs.map(({ attrs, dtype, shape }): InputInfo => ({ name: attrs.name as string, dtype, shape }));
  const toOrt = (tensor: Tensor): OrtTensor => {
    if (onDevice(tensor)) return (tensor as OrtDeviceTensor).tensor;
    onCopy?.("toDevice", tensor.data.byteLength);
    return new ort.Tensor(ortType[tensor.dtype], tensor.data as OrtTensor.DataType, tensor.shape as number[]);
  };

  return {
    inputs,
    async run(feeds, into = {}) {
      const bindings = checkFeeds(inputs, feeds);
      checkTargets(outputs, into, feeds, bindings);
      const fetches: Record<string, OrtTensor | null> = {};
      for (const name of Object.keys(outputs)) fetches[name] = writesInPlace && into[name] ? toOrt(into[name]) : null;
      const given = Object.fromEntries(inputs.map(({ name }) => [name, toOrt(feeds[name])]));
      for (const size of model.sizes) given[size.name] = toOrt(sizeTensor(size, bindings));
      const results = await session.run(given, fetches);
      const out: Record<string, Tensor> = {};
      for (const [name, { dtype }] of Object.entries(outputs)) {
        if (kept.has(name)) {
          out[name] = new OrtDeviceTensor(results[name]);
          continue;
        }
        const target = into[name];
        if (target && writesInPlace) {
          out[name] = target;
          continue;
        }
        const { dims, data } = results[name];
        // WebGPU gives bool out as int32
        const host = dtype === "bool" && !(data instanceof Uint8Array) ? Uint8Array.from(data as Int32Array) : data;
        onCopy?.("toHost", (data as Float32Array).byteLength);
        if (target) (target.data as Float32Array).set(host as Float32Array);
        out[name] = target ?? ({ dtype, shape: dims, data: host } as HostTensor);
      }
      return out;
    },
    async release() {
      await session.release();
    },
  };
}

/** A session whose outputs all come to the host. */
export const createHostSession = (backend: OnnxBackend, outputs: Readonly<Record<string, Node>>): Promise<Session> =>
  createOnnxSession(backend, outputs) as Promise<OnnxSession & Session>;

function sizeTensor({ dtype, shape, dims }: FedSize, bindings: Bindings): HostTensor {
  const bound = bindShape(dims, bindings);
  if (dtype === "int32") return { dtype, shape: [], data: Int32Array.of(elements(bound)) };
  return { dtype: "int64", shape: shape as readonly number[], data: BigInt64Array.from(bound, BigInt) };
}
