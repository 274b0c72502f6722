import type { ArrayOf, DType, Node, Shape } from "../graph/index.ts";

/** A tensor in host memory; bool takes bytes, int64 takes BigInts. */
export interface HostTensor<T extends DType = DType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  readonly data: ArrayOf[T];
}

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
    feeds: Readonly<Record<string, HostTensor>>,
    into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Readonly<Record<string, HostTensor>>>;
  release(): Promise<void>;
}

/** A device that runs graphs; one test suite covers all of them (docs/parity.md). */
export interface Runtime {
  /** e.g. `onnxruntime-node`. */
  readonly name: string;
  readonly version: string;
  readonly device: "cpu" | "webgpu" | "cuda" | "wasm";
  readonly threads: number;
  /** Build a session for named output nodes. */
  compile(outputs: Readonly<Record<string, Node>>): Promise<Session>;
}
