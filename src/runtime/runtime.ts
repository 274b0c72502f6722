import type { ArrayOf, DType, Node, Shape } from "../graph/index.ts";

/** A tensor in host memory; bool takes bytes, int64 takes BigInts. */
export interface HostTensor<T extends DType = DType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  readonly data: ArrayOf[T];
}

/** A tensor in a device's own memory; only sessions of the runtime that made it can read it. */
export interface DeviceTensor {
  readonly location: "device";
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Give the memory back. */
  release(): void;
}

export type Tensor = HostTensor | DeviceTensor;

export interface InputInfo {
  readonly name: string;
  readonly dtype: DType;
  /** May hold symbols, e.g. `["B", "n"]`. */
  readonly shape: Shape;
}

/** A graph made ready to run. */
export interface Session {
  /** Parameters and inputs that the graph reads, by name. */
  readonly inputs: readonly InputInfo[];
  /**
   * Compute every output.
   *
   * @param feeds - One tensor for each of `inputs`; read without a copy where the runtime can.
   * @param into - Tensors to write outputs into, by name. Never one that is also fed: later readers would see the new values.
   * @returns All outputs by name; those of `into` are the very tensors that were given.
   * @throws `runtime/feeds` when a feed is missing or misshapen, or feeds disagree about a symbol; or a tensor of `into` does not fit.
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Readonly<Record<string, HostTensor>>>;
  release(): Promise<void>;
}

/** Outputs of a `DeviceSession`, by name. */
export interface DeviceResults {
  readonly host: Readonly<Record<string, HostTensor>>;
  /** The caller's, to release. */
  readonly kept: Readonly<Record<string, DeviceTensor>>;
}

/** A graph made ready to run, some of whose outputs stay on the device. */
export interface DeviceSession {
  readonly inputs: readonly InputInfo[];
  /** @throws `runtime/feeds`. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<DeviceResults>;
  release(): Promise<void>;
}

/** Memory of a device beside the host's. */
export interface DeviceMemory {
  upload(tensor: HostTensor): Promise<DeviceTensor>;
  download(tensor: DeviceTensor): Promise<HostTensor>;
  /** Build a session whose outputs in `kept` stay on the device. */
  compile(outputs: Readonly<Record<string, Node>>, kept: readonly string[]): Promise<DeviceSession>;
  /** Bytes of all tensors that went from host to device and back so far. */
  readonly copied: { readonly toDevice: number; readonly toHost: number };
}

/** A device that runs graphs; one test suite covers all of them (docs/parity.md). */
export interface Runtime {
  /** e.g. `onnxruntime-node`. */
  readonly name: string;
  readonly version: string;
  readonly device: "cpu" | "webgpu" | "cuda" | "wasm";
  readonly threads: number;
  /** Where tensors can stay between runs; absent where the device works in host memory. */
  readonly memory?: DeviceMemory;
  /** Build a session for named output nodes. */
  compile(outputs: Readonly<Record<string, Node>>): Promise<Session>;
}
