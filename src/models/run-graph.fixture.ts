import type { BatchContext } from "../batch/index.ts";
import type { Node } from "../graph/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { type Computer, computeOn, computerOn, type Feeds } from "./compute-on.fixture.ts";

export { contextOf, type Feeds, feedsOf } from "./compute-on.fixture.ts";

export type Where = "float64" | "onnx";

const runtime = await createRuntime({ threads: 1 });

/** On the float64 interpreter, or on ONNX Runtime. */
export const compute = <Name extends string>(
  where: Where,
  outputs: Readonly<Record<Name, Node>>,
  given: Feeds,
  bindings: BatchContext["bindings"],
): Promise<Record<Name, ArrayLike<number>>> => computeOn(where === "float64" ? where : runtime, outputs, given, bindings);

/** As `compute`, for a graph that computes several batches. */
export const computer = <Name extends string>(where: Where, outputs: Readonly<Record<Name, Node>>): Promise<Computer<Name>> =>
  computerOn(where === "float64" ? where : runtime, outputs);
