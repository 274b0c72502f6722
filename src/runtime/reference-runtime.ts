import { type ArrayOf, type DType, type Node, verify } from "../graph/index.ts";
import { checkFeeds, checkTargets, onHost } from "./check-feeds.ts";
import { interpret } from "./interpreter.ts";
import type { HostTensor, InputInfo, Runtime, Session } from "./runtime.ts";

const fromNumbers: { readonly [T in DType]: (values: Float64Array) => ArrayOf[T] } = {
  float: (values) => Float32Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  bool: (values) => Uint8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
};

/**
 * The float64 interpreter behind the interface of a runtime: slow, exact, everywhere.
 *
 * Results are rounded to float32 once, at the end. Operators that ONNX Runtime leaves to the trainer (`scatterRows`) are computed too.
 *
 * @example
 * const session = await createReferenceRuntime().compile({ y: exp(input("x", ["B"])) });
 */
export function createReferenceRuntime(): Runtime {
  return {
    name: "reference",
    version: "1",
    device: "cpu",
    threads: 1,
    compile: async (outputs) => createSession(outputs),
  };
}

function createSession(outputs: Readonly<Record<string, Node>>): Session {
  const inputs = verify(Object.values(outputs))
    .filter(({ op }) => op === "parameter" || op === "input")
    .map(({ attrs, dtype, shape }): InputInfo => ({ name: attrs.name as string, dtype, shape }));
  return {
    inputs,
    async run(given, into = {}) {
      const feeds = onHost(given);
      const values: Record<string, ArrayLike<number>> = {};
      const bindings = checkFeeds(inputs, feeds);
      checkTargets(outputs, into, feeds, bindings);
      for (const { name } of inputs) {
        const { data } = feeds[name];
        values[name] = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
      }
      const results = interpret(outputs, values, bindings);
      const out: Record<string, HostTensor> = {};
      for (const [name, { dtype }] of Object.entries(outputs)) {
        const { shape, data } = results[name];
        const array = fromNumbers[dtype](data);
        const target = into[name];
        if (target) (target.data as Float32Array).set(array as Float32Array);
        out[name] = target ?? ({ dtype, shape, data: array } as HostTensor);
      }
      return out;
    },
    async release() {},
  };
}
