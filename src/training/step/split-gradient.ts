import { CrispError } from "../../errors/index.ts";
import { add, type Node, sameShape, topological } from "../../graph/index.ts";

/** Rows that are added to a table: row i at the i-th of `ids`, an input of the graph. */
export interface RowPart {
  readonly rows: Node;
  readonly ids: Node;
}

/** A parameter's gradient in the parts that a runtime can compute; the gradient is their sum. */
export interface GradientParts {
  /** Absent where all of the gradient are rows. */
  readonly dense?: Node;
  readonly rows: readonly RowPart[];
}

/**
 * Take a gradient apart: `scatterRows`, alone or in sums, are left to the trainer; the rest stays in the graph.
 *
 * A table that is read twice has two row parts; one that is also an output layer's weight has rows and a dense part.
 *
 * @param name - The parameter's, for messages.
 * @throws `training/row-gradient` when the ids are computed in the graph.
 * @example
 * splitGradient(add(scatterRows(a, ids, shape), scatterRows(b, more, shape)), "table").rows.length; // 2
 */
export function splitGradient(gradient: Node, name: string): GradientParts {
  if (gradient.op === "scatterRows") {
    const [rows, ids] = gradient.inputs;
    if (ids.op !== "input") {
      throw rowError(name, "ids that are an input of the graph", ids.op, "Gather by an input, so that its ids are at hand.");
    }
    return { rows: [{ rows, ids }] };
  }
  if (gradient.op !== "add" || !gradient.inputs.every(({ shape }) => sameShape(shape, gradient.shape)))
    return { dense: gradient, rows: [] };
  const [a, b] = gradient.inputs.map((input) => splitGradient(input, name));
  const rows = [...a.rows, ...b.rows];
  if (rows.length === 0) return { dense: gradient, rows };
  return { dense: a.dense && b.dense ? add(a.dense, b.dense) : (a.dense ?? b.dense), rows };
}

/**
 * Make sure that no rows are left in what the runtime computes: they would have had to pass another operator than a sum.
 *
 * @param dense - By parameter.
 * @throws `training/row-gradient`, naming the parameter.
 */
export function checkNoRowsLeft(dense: ReadonlyMap<string, Node>): void {
  // all at once, as the gradients share most of their nodes; one by one only to find the name
  const holdsRows = (nodes: readonly Node[]): boolean => topological(nodes).some(({ op }) => op === "scatterRows");
  if (!holdsRows([...dense.values()])) return;
  const [name] = [...dense].find(([, node]) => holdsRows([node]))!;
  const rule = "rows of a gathered table that reach the parameter directly or in sums";
  throw rowError(name, rule, "another operator between", "Gather from the parameter itself.");
}

const rowError = (name: string, expected: string, got: string, hint: string): CrispError =>
  new CrispError("training/row-gradient", `gradient of ${name}: expected ${expected}, got ${got}. ${hint}`, { parameter: name });
