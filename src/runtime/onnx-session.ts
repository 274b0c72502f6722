import type { InferenceSession, Tensor } from "onnxruntime-common";
import { expectedGot } from "../errors/index.ts";
import { type DType, elements, type Node, type Shape } from "../graph/index.ts";
import { writeModel } from "../onnx/index.ts";
import type { HostTensor, InputInfo, Session } from "./runtime.ts";

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxRuntimeModule {
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: new (type: Tensor.Type, data: Tensor.DataType, dims: readonly number[]) => Tensor;
}

const ortType: Readonly<Record<DType, Tensor.Type>> = { float: "float32", int32: "int32", int64: "int64", bool: "bool" };
const ourType = new Map(Object.entries(ortType).map(([ours, theirs]) => [theirs, ours as DType]));

const fits = (shape: Shape, given: readonly number[]): boolean =>
  shape.length === given.length && shape.every((dim, axis) => typeof dim === "string" || dim === given[axis]);

/**
 * Compile a graph for one of the ONNX Runtime packages.
 *
 * @param outputs - Named nodes.
 * @param options.writesInPlace - Whether `run` writes into output tensors that it is given; otherwise results are copied.
 */
export async function createOnnxSession(
  ort: OnnxRuntimeModule,
  outputs: Readonly<Record<string, Node>>,
  options: InferenceSession.SessionOptions,
  { writesInPlace }: { readonly writesInPlace: boolean },
): Promise<Session> {
  const model = writeModel(outputs);
  const session = await ort.InferenceSession.create(model.bytes, options);
  const inputs = model.inputs.map(({ attrs, dtype, shape }): InputInfo => ({ name: attrs.name as string, dtype, shape }));
  const toOrt = ({ dtype, data, shape }: HostTensor): Tensor =>
    new ort.Tensor(ortType[dtype], data as Tensor.DataType, shape as number[]);

  function ortFeeds(feeds: Readonly<Record<string, HostTensor>>): Record<string, Tensor> {
    const given: Record<string, Tensor> = {};
    for (const { name, dtype, shape } of inputs) {
      const feed = feeds[name];
      const rule = `${dtype} [${shape.join(", ")}]`;
      if (!feed) throw expectedGot("runtime/feeds", `feed ${name}`, rule, "none");
      if (feed.dtype !== dtype || !fits(shape, feed.shape) || feed.data.length !== elements(feed.shape)) {
        const got = `${feed.dtype} [${feed.shape.join(", ")}] with ${feed.data.length} values`;
        throw expectedGot("runtime/feeds", `feed ${name}`, rule, got);
      }
      given[name] = toOrt(feed);
    }
    return given;
  }

  return {
    inputs,
    async run(feeds, into = {}) {
      const fetches: Record<string, Tensor | null> = {};
      for (const name of Object.keys(outputs)) fetches[name] = writesInPlace && into[name] ? toOrt(into[name]) : null;
      const results = await session.run(ortFeeds(feeds), fetches);
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
