import { expectedGot } from "../../errors/index.ts";
import type { Node } from "../node.ts";
import type { DType } from "../shape.ts";

export const numbers: readonly DType[] = ["float", "int32", "int64"];

/** Refuse inputs of a dtype that the operator does not take, and of several dtypes; throws `graph/dtype`. */
export function checkDType(where: string, nodes: readonly Node[], allowed: readonly DType[] = ["float"]): void {
  for (const { dtype } of nodes) {
    if (!allowed.includes(dtype)) throw expectedGot("graph/dtype", where, `inputs of dtype ${allowed.join(" or ")}`, dtype);
  }
  if (nodes.some(({ dtype }) => dtype !== nodes[0].dtype)) {
    const got = nodes.map(({ dtype }) => dtype).join(" and ");
    throw expectedGot("graph/dtype", where, "inputs of one dtype", got, "Use cast() on one of them.");
  }
}
