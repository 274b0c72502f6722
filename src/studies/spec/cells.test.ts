import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf } from "./cells.ts";

const models = [{ name: "minilm", model_name_or_path: "minilm" }];
const tasks = ["sst2", "rte"].map((name) => ({ name, train_file: `${name}.tsv` }));
const names = (spec: Partial<Parameters<typeof cellsOf>[0]>) => cellsOf({ models, tasks, ...spec }).map(({ name }) => name);

test("cells are named by the axes that have several values, the last varying fastest", () => {
  assert.deepEqual(names({}), ["sst2", "rte"]);
  assert.deepEqual(names({ tasks: tasks.slice(1) }), [""]);
  assert.deepEqual(names({ sizes: [250, "all"], label_noise: [0, 0.1] }).slice(0, 5), [
    "sst2.rows-250.noise-0",
    "sst2.rows-250.noise-0.1",
    "sst2.rows-all.noise-0",
    "sst2.rows-all.noise-0.1",
    "rte.rows-250.noise-0",
  ]);
  const two = [...models, { name: "mpnet", model_name_or_path: "mpnet" }];
  const hyperparameters = [
    { name: "slow", options: { learning_rate: 1e-5 } },
    { name: "fast", options: { learning_rate: 1e-4 } },
  ];
  const all = names({ models: two, hyperparameters, sizes: [250, 500, 1000] });
  assert.equal(all.length, 2 * 2 * 2 * 3);
  assert.equal(new Set(all).size, all.length);
  assert.equal(all[0], "sst2.minilm.slow.rows-250");
});

test("a cell holds what its runs follow from: settings of the cell over those of the study", () => {
  const [cell] = cellsOf({
    ...{ models, tasks, sizes: [250], label_noise: [0.2] },
    options: { learning_rate: 2e-5, weight_decay: 0.1 },
    hyperparameters: [{ name: "slow", options: { learning_rate: 1e-5 } }],
  });
  assert.deepEqual(cell, {
    ...{ name: "sst2", besideTask: "", model: models[0], task: tasks[0], rows: 250, labelNoise: 0.2 },
    options: { learning_rate: 1e-5, weight_decay: 0.1 },
  });
});

test("a value that stands twice is refused", () => {
  assert.throws(() => names({ sizes: [250, 250] }), {
    code: "study/bad-spec",
    message: "sizes: expected each value once, got rows-250 twice.",
  });
  assert.throws(() => names({ tasks: [tasks[0], tasks[0]] }), { code: "study/bad-spec" });
});
