import { expectedGot } from "../../errors/index.ts";
import type { ModelSpec, OptionsSpec, StudySpec, TaskSpec } from "./schema.ts";

/** One point of a study's grid: all arms and seeds are run in it, and compared. */
export interface Cell {
  /** Unlike that of all other cells; empty for the only one. */
  readonly name: string;
  /** The name without its task: cells that differ in nothing else are compared across tasks. */
  readonly besideTask: string;
  readonly model: ModelSpec;
  readonly task: TaskSpec;
  /** Training examples; left out, all. */
  readonly rows?: number;
  readonly labelNoise: number;
  /** Of all its runs. */
  readonly options: OptionsSpec;
}

/** An axis with what a cell's name says of each of its values. */
type Axis<T> = readonly (readonly [string, T])[];

/**
 * The grid of a spec: models × tasks × hyper-parameters × sizes × noise, the last varying fastest.
 *
 * A pure function: the same spec gives the same cells in the same order. Axes of one value are left out of the names, so that a study
 * that grows along them keeps its first cell only if that axis was named before; runs are known by their content all the same.
 *
 * @throws `study/bad-spec` for values that stand twice.
 * @example
 * cellsOf({ models, tasks: [sst2, rte], sizes: [250, 1000] }).map(({ name }) => name); // ["sst2.rows-250", "sst2.rows-1000", "rte.…", …]
 */
export function cellsOf(spec: Pick<StudySpec, "sizes" | "label_noise" | "hyperparameters" | "options"> & Grid): Cell[] {
  const models: Axis<ModelSpec> = spec.models.map((model) => [model.name, model]);
  const tasks: Axis<TaskSpec> = spec.tasks.map((task) => [task.name, task]);
  const settings: Axis<OptionsSpec> = (spec.hyperparameters ?? [{ name: "as-given", options: {} }]).map((each) => [
    each.name,
    { ...spec.options, ...each.options },
  ]);
  const sizes: Axis<number | undefined> = (spec.sizes ?? ["all"]).map((size) =>
    size === "all" ? ["rows-all", undefined] : [`rows-${size}`, size],
  );
  const noise: Axis<number> = (spec.label_noise ?? [0]).map((share) => [`noise-${share}`, share]);
  for (const [key, axis] of Object.entries({ models, tasks, hyperparameters: settings, sizes, label_noise: noise })) {
    const names = axis.map(([name]) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw expectedGot("study/bad-spec", key, "each value once", `${twice} twice`);
  }
  const named = (axis: Axis<unknown>, name: string): string[] => (axis.length > 1 ? [name] : []);
  return tasks.flatMap(([taskName, task]) =>
    models.flatMap(([modelName, model]) =>
      settings.flatMap(([settingName, options]) =>
        sizes.flatMap(([sizeName, rows]) =>
          noise.map(([noiseName, labelNoise]) => {
            const besideTask = [
              ...named(models, modelName),
              ...named(settings, settingName),
              ...named(sizes, sizeName),
              ...named(noise, noiseName),
            ];
            return {
              name: [...named(tasks, taskName), ...besideTask].join("."),
              besideTask: besideTask.join("."),
              ...{ model, task, rows, labelNoise, options },
            };
          }),
        ),
      ),
    ),
  );
}

/** What a grid cannot do without. */
export interface Grid {
  readonly models: readonly ModelSpec[];
  readonly tasks: readonly TaskSpec[];
}
