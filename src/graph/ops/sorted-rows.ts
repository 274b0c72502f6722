import { expectedGot } from "../../errors/index.ts";
import { cumulativeSum } from "../build.ts";
import { type Dense, defineOps, type Node } from "../node.ts";
import { showShape } from "../shape.ts";
import { checkDType } from "./check-dtype.ts";

function checkRows(where: string, x: Node): Node {
  checkDType(where, [x]);
  if (x.shape.length === 0) throw expectedGot("graph/shape", where, "at least one axis", showShape(x.shape));
  return x;
}

const width = ({ shape }: Dense): number => shape[shape.length - 1];

/** What a threshold that depends on a whole row is found by: its values in order, and what they add up to. */
export const sortedRowOps = defineOps({
  // whoever compares with a sorted row chooses, and writes what is chosen in terms of the row as it stands
  sortRows: {
    stopsGradient: true,
    infer: ([x]) => checkRows("sortRows", x),
    reference([x]) {
      const out = Float64Array.from(x.data);
      for (let at = 0; at < out.length; at += width(x)) out.subarray(at, at + width(x)).sort((a, b) => b - a);
      return out;
    },
    onnx(emitter, [x], node) {
      const places = { dtype: "int64", shape: node.shape } as const;
      const inputs = [x, emitter.shapeVector(node.shape.slice(-1))];
      const [values] = emitter.emitMany("TopK", inputs, [node, places], { axis: -1, largest: 1, sorted: 1 });
      return values;
    },
  },
  cumulativeSum: {
    infer: ([x]) => checkRows("cumulativeSum", x),
    gradient: (out, up) => [cumulativeSum(up, { reverse: !out.attrs.reverse })],
    reference([x], _, { attrs: { reverse } }) {
      const out = Float64Array.from(x.data);
      for (let at = 0; at < out.length; at++) {
        const place = reverse ? out.length - 1 - at : at;
        if (at % width(x) !== 0) out[place] += out[reverse ? place + 1 : place - 1];
      }
      return out;
    },
    onnx(emitter, [x], node) {
      const axis = emitter.constant([-1], { dtype: "int32", shape: [] });
      return emitter.emit("CumSum", [x, axis], node, { reverse: Number(node.attrs.reverse) });
    },
  },
});
