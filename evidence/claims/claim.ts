// What is known of a claim of docs/claims.md.
import type { Cell } from "../cell-files.ts";
import type { Finding, Word } from "./comparisons.ts";

/** What the results say of a claim in one place: a task, an arm on a task, or all tasks. */
export interface Verdict {
  readonly where: string;
  readonly word: Word;
  readonly findings: readonly Finding[];
}

/** A claim with its verdicts so far. */
export interface JudgedClaim {
  /** Its number in docs/claims.md. */
  readonly claim: number;
  /** In the words of its table. */
  readonly text: string;
  readonly verdicts: readonly Verdict[];
  /** Cells that it still waits for. */
  readonly notRun: readonly string[];
}

/** A cell by its name below evidence/results, where it was run. */
export type Cells = (name: string) => Cell | undefined;

/** Tasks of the primary grid, in the order of docs/claims.md. */
export const TASKS = ["sst2", "cola", "rte", "mrpc"];
export const primary = (task: string): string => `primary/${task}`;
export const BASELINE = "dense";
/** The arm that the paper's case is about. */
export const SPARSEST = "topk80";
export const TOP_K = ["topk40", "topk60", SPARSEST];

/** A claim that is judged on each cell by itself. */
export function onEach(
  of: Pick<JudgedClaim, "claim" | "text">,
  names: readonly string[],
  cells: Cells,
  judge: (cell: Cell) => readonly Verdict[],
): JudgedClaim {
  return {
    ...of,
    verdicts: names.flatMap((name) => {
      const cell = cells(name);
      return cell ? judge(cell) : [];
    }),
    notRun: names.filter((name) => !cells(name)),
  };
}
