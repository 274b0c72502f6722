import { expectedGot } from "../errors/index.ts";
import { type Bindings, bindDim, bindSome, type DType, definitions, elements, type Shape, showShape } from "../graph/index.ts";
import type { DeviceTensor, HostTensor, InputInfo, Tensor } from "./runtime.ts";

type Tensors = Readonly<Record<string, Tensor>>;

export const onDevice = (tensor: Tensor | undefined): tensor is DeviceTensor => tensor !== undefined && "location" in tensor;

/**
 * Check what is fed, and read off it what the symbols stand for. ONNX Runtime itself looks at fixed dimensions only.
 *
 * @param inputs - What the graph reads.
 * @param feeds - By name; others than `inputs` are ignored.
 * @returns Sizes of the symbols that follow from the inputs' own: of B and n from [B, n], not from [B*n].
 * @throws `runtime/feeds` when one is missing, of another dtype or shape, or disagrees with another about a symbol.
 */
export function checkFeeds(inputs: readonly InputInfo[], feeds: Tensors): Bindings {
  const bindings: Record<string, number> = {};
  const given = inputs.flatMap(({ name, shape }) =>
    shape.flatMap((dim, axis) => {
      const size = feeds[name]?.shape[axis];
      return size === undefined ? [] : [{ dim, size }];
    }),
  );
  for (const { symbol, at, factor, rest } of definitions(given.map(({ dim }) => dim))) {
    // a size that no whole number gives is refused below
    bindings[symbol] = Math.max(0, Math.floor((given[at].size - bindDim(rest, bindings)) / factor));
  }
  for (const { name, dtype, shape } of inputs) check(`feed ${name}`, dtype, shape, feeds[name], bindings);
  return bindings;
}

/**
 * Check tensors that outputs are to be written into.
 *
 * @throws `runtime/feeds` when one has another dtype or shape than its output, or shares memory with a feed: operators that read
 *   the feed later would see the new values.
 */
export function checkTargets(
  outputs: Readonly<Record<string, Omit<InputInfo, "name">>>,
  into: Readonly<Record<string, HostTensor>>,
  feeds: Tensors,
  bindings: Bindings,
): void {
  for (const [name, tensor] of Object.entries(into)) {
    const where = `into ${name}`;
    if (!outputs[name]) throw expectedGot("runtime/feeds", where, `one of ${Object.keys(outputs).join(", ")}`, name);
    check(where, outputs[name].dtype, outputs[name].shape, tensor, bindings);
    const shared = Object.entries(feeds).find(([, feed]) => !onDevice(feed) && overlap(feed.data, tensor.data))?.[0];
    if (shared !== undefined) throw expectedGot("runtime/feeds", where, "memory that no feed uses", `that of ${shared}`);
  }
}

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;

function check(where: string, dtype: DType, shape: Shape, given: Tensor | undefined, bindings: Bindings): void {
  const rule = `${dtype} ${showShape(shape)}`;
  if (!given) throw expectedGot("runtime/feeds", where, rule, "none");
  const count = onDevice(given) ? elements(given.shape) : given.data.length;
  const inItself =
    given.dtype === dtype &&
    count === elements(given.shape) &&
    given.shape.length === shape.length &&
    shape.every((dim, axis) => typeof dim === "string" || dim === given.shape[axis]);
  const wrong = shape.find((dim, axis) => isBound(dim, bindings) && bindDim(dim, bindings) !== given.shape[axis]);
  if (inItself && wrong === undefined) return;
  const got = `${given.dtype} ${showShape(given.shape)} with ${count} values`;
  const hint = inItself ? `By the other feeds ${wrong} is ${bindDim(wrong!, bindings)}.` : undefined;
  throw expectedGot("runtime/feeds", where, rule, got, hint);
}

const isBound = (dim: Shape[number], bindings: Bindings): boolean => typeof bindSome(dim, bindings) === "number";

/**
 * The same feeds for a runtime that works in host memory.
 *
 * @throws `runtime/feeds` for a tensor of a device.
 */
export function onHost(feeds: Tensors): Readonly<Record<string, HostTensor>> {
  for (const [name, tensor] of Object.entries(feeds)) {
    if (onDevice(tensor)) throw expectedGot("runtime/feeds", `feed ${name}`, "a tensor in host memory", "one of a device");
  }
  return feeds as Readonly<Record<string, HostTensor>>;
}
