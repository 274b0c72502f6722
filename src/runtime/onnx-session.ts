import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { DType, Node } from "../graph/index.ts";
import { writeModel } from "../onnx/index.ts";
import { checkFeeds, checkTargets } from "./check-feeds.ts";
import type { HostTensor, InputInfo, Session } from "./runtime.ts";

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxRuntimeModule {
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: new (type: Tensor.Type, data: Tensor.DataType, dims: readonly number[]) => Tensor;
}

const ortType: Readonly<Record<DType, Tensor.Type>> = { float: "float32", int32: "int32", int64: "int64", bool: "bool" };
const ourType = new Map(Object.entries(ortType).map(([ours, theirs]) => [theirs, ours as DType]));

/**
 * Compile a graph for one of the ONNX Runtime packages.
 *
 * @param outputs - Named nodes.
 * @param options - Of ONNX Runtime.
 * @param how.writesInPlace - Whether `run` writes into output tensors that it is given; otherwise results are copied.
 * @param how.microsoftOps - See `OnnxOptions`.
 */
export async function createOnnxSession(
  ort: OnnxRuntimeModule,
  outputs: Readonly<Record<string, Node>>,
  options: InferenceSession.SessionOptions,
  { writesInPlace, microsoftOps }: { readonly writesInPlace: boolean; readonly microsoftOps: boolean },
): Promise<Session> {
  const model = writeModel(outputs, { microsoftOps });
  const session = await ort.InferenceSession.create(model.bytes, options);
  const inputs = model.inputs.map(({ attrs, dtype, shape }): InputInfo => ({ name: attrs.name as string, dtype, shape }));
  const toOrt = ({ dtype, data, shape }: HostTensor): Tensor =>
    new ort.Tensor(ortType[dtype], data as Tensor.DataType, shape as number[]);

  return {
    inputs,
    async run(feeds, into = {}) {
      checkTargets(outputs, into, feeds, checkFeeds(inputs, feeds));
      const fetches: Record<string, Tensor | null> = {};
      for (const name of Object.keys(outputs)) fetches[name] = writesInPlace && into[name] ? toOrt(into[name]) : null;
      const given = Object.fromEntries(inputs.map(({ name }) => [name, toOrt(feeds[name])]));
      const results = await session.run(given, fetches);
      const out: Record<string, HostTensor> = {};
      for (const name of Object.keys(outputs)) {
        const target = into[name];
        if (target) {
          if (!writesInPlace) (target.data as Float32Array).set(results[name].data as Float32Array);
          out[name] = target;
        } else {
          const { type, dims, data } = results[name];
          out[name] = { dtype: ourType.get(type)!, shape: dims, data: data as HostTensor["data"] };
        }
      }
      return out;
    },
    async release() {
      await session.release();
    },
  };
}
