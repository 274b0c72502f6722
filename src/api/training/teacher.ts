import type { Dataset, Encoded } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { DEFAULT_TASK, type TaskName, taskOf } from "../../tasks/index.ts";
import type { PhaseEvent } from "./phases.ts";

/** Whose outputs a model learns from: another model, or a file of what it said. */
export interface Teacher {
  /** Short, for messages and the model card. */
  readonly name: string;
  /** Names of its outputs. */
  readonly labels: readonly string[];
  /** Left out where it is not known. */
  readonly task?: TaskName;
  /** The columns it was trained on, where they are known. */
  readonly columns?: Dataset["columns"];
  /** Hash of all that its logits follow from but the texts: the same on every machine, where their last bits are not. */
  readonly hash: string;
  /** Refuse data whose rows are not those that it speaks of; left out, it speaks of any. @throws `training/teacher`. */
  checkRows?(dataset: Dataset): void;
  /**
   * Its logits, [examples][labels].
   *
   * @param onRows - Told how many examples are done.
   * @throws `signal.reason` once it is aborted.
   */
  logits(
    dataset: Dataset,
    place: { readonly signal?: AbortSignal; readonly onRows: (done: number) => void },
  ): Promise<readonly Float32Array[]>;
}

/** What learning from a teacher is called among the phases of a training. */
export const TEACHER = "teacher";

/**
 * Check that a teacher speaks of these data: their task, their labels by name, and all of their rows.
 *
 * @param dataset - As it was read, before rows are held out.
 * @throws `training/teacher`.
 */
export function checkTeacher(teacher: Teacher, dataset: Dataset): void {
  const { name, labels, task, columns } = teacher;
  const { task: own = DEFAULT_TASK } = dataset;
  const refuse = (rule: string, got: unknown, hint: string): never => {
    throw expectedGot("training/teacher", `teacher ${name}`, rule, got, hint);
  };
  const { distillation, labels: rules } = taskOf(dataset);
  if (!distillation) refuse("a task that learns from a teacher", own, "Leave the teacher out.");
  if (task !== undefined && task !== own) refuse(`a model of ${own}, as the data`, task, "Take another teacher.");
  const same = rules?.areClasses
    ? [...labels].sort().join("\n") === [...dataset.labels].sort().join("\n")
    : labels.length === dataset.labels.length;
  if (!same) {
    const shown = (names: readonly string[]): string => names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
    const hint = "Take a teacher that was trained on the same labels.";
    refuse(`the labels of ${dataset.name} (${shown(dataset.labels)})`, shown(labels), hint);
  }
  const inPairs = (of: Dataset["columns"]): string => (of?.pair === undefined ? "single texts" : "pairs of texts");
  if (columns && dataset.columns && inPairs(columns) !== inPairs(dataset.columns))
    refuse(`a model of ${inPairs(dataset.columns)}, as the data`, inPairs(columns), "Take another teacher.");
  teacher.checkRows?.(dataset);
}

/**
 * Ask the teacher once about every training example.
 *
 * @param encoded - The examples as the student takes them.
 * @returns The same with `teacher`, in the order of the dataset's labels.
 * @throws As `Teacher.logits`.
 */
export async function taught(
  teacher: Teacher,
  dataset: Dataset,
  encoded: readonly Encoded[],
  { signal, emit }: { readonly signal?: AbortSignal; readonly emit: (event: PhaseEvent) => void },
): Promise<Encoded[]> {
  const steps = dataset.examples.length;
  const onRows = (done: number): void => emit({ type: "phase", name: TEACHER, done, steps });
  const logits = await teacher.logits(dataset, { signal, onRows });
  const places = taskOf(dataset).labels?.areClasses ? dataset.labels.map((label) => teacher.labels.indexOf(label)) : undefined;
  return encoded.map((example, at) => {
    const own = logits[at];
    return { ...example, teacher: places ? Float32Array.from(places, (place) => own[place]) : own };
  });
}
