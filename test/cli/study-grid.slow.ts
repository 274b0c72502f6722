import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parquetReadObjects } from "hyparquet";
import type { StudyResults } from "../../src/studies/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-grid-"));
after(() => rmSync(work, { recursive: true, force: true }));
const arms = [
  { name: "dense", pattern: "dense" },
  { name: "window", pattern: "slidingWindow(radius=2)" },
];
const spec = {
  study: "grid",
  models: [{ name: "tiny", model_name_or_path: writeTinyModel(join(work, "model")) }],
  tasks: ["one", "two"].map((name) => ({ name, train_file: writeReviews(work, `${name}.tsv`, name === "one" ? 100 : 120) })),
  arms,
  sizes: [16, 32],
  seeds: [1, 2],
  options: { max_steps: 2 },
};
const study = async (changes: object, ...options: string[]) => {
  writeFileSync(join(work, "spec.json"), JSON.stringify({ ...spec, ...changes }));
  const done = await crisp(["study", "spec.json", "--json", ...options], { cwd: work });
  const trained = done.stdout.split("\n").filter((line) => line.includes('"type":"run"')).length;
  return { ...done, trained };
};
const results = (...path: string[]) =>
  JSON.parse(readFileSync(join(work, "runs", "grid", ...path, "results.json"), "utf8")) as StudyResults;

async function parquetRows(name: string, folder: string): Promise<Record<string, unknown>[]> {
  const { buffer } = new Uint8Array(readFileSync(join(folder, name)));
  return parquetReadObjects({ file: buffer as ArrayBuffer });
}

test("a grid runs every cell once, and grows by an arm and a size without doing anything twice", async () => {
  const first = await study({});
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.trained, 2 * 2 * 2 * 2);
  for (const cell of ["one.rows-16", "one.rows-32", "two.rows-16", "two.rows-32"]) {
    const { study: name, examples, arms: found } = results(cell);
    assert.equal(name, `grid.${cell}`);
    assert.equal(examples.train, Number(cell.split("-")[1]));
    assert.deepEqual(
      found.map((arm) => arm.name),
      ["dense", "window"],
    );
  }
  assert.match(results("one.rows-16").corpus, /^one with 16 training examples$/);
  assert.ok(existsSync(join(work, "runs", "grid", "report.html")));

  const cell = join(work, "runs", "grid", "one.rows-16");
  const csv = readFileSync(join(cell, "figures.csv"), "utf8").trim().split("\n");
  assert.equal(csv[0], "study,arm,pattern,nominal_sparsity,seed,step,metric,value");
  assert.equal(csv.filter((line) => line.includes(",accuracy,")).length, 2 * 2);
  const answers = await parquetRows("predictions.parquet", cell);
  assert.equal(answers.length, 2 * 2 * results("one.rows-16").examples.reported);
  const figures = await parquetRows("figures.parquet", cell);
  assert.deepEqual(
    figures.map(({ metric, value }) => `${metric},${value}`),
    csv.slice(1).map((line) => line.split(",").slice(-2).join(",")),
  );

  const grown = await study({ arms: [...arms, { name: "few", pattern: "topK(sparsity=0.8)" }], sizes: [16, 32, 48] });
  assert.equal(grown.code, 0, grown.stderr);
  assert.equal(grown.trained, 2 * 2 * 2 + 2 * 3 * 2, "the new arm in the old cells, and all arms in the new ones");
  const { arms: found } = results("two.rows-16");
  assert.deepEqual(
    found.map(({ name, verdict }) => [name, verdict.word]),
    [
      ["dense", "baseline"],
      ["window", "no verdict"],
      ["few", "no verdict"],
    ],
  );
  assert.match(found[2].verdict.sentence, /not named beforehand/);
});

test("what two cells have in common is run once, and each cell has its results", async () => {
  const [tiny] = spec.models;
  const models = [tiny, { ...tiny, name: "same" }];
  const done = await study({ study: "twins", models, tasks: spec.tasks.slice(0, 1), sizes: undefined });
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.trained, 2 * 2);
  assert.match(done.stderr, /\n {2}4 runs taken from twins\.tiny, where the same was done\n/);
  const cells = ["tiny", "same"].map((cell) => join(work, "runs", "twins", cell));
  const [first, second] = cells.map((cell) => readFileSync(join(cell, "predictions.jsonl"), "utf8"));
  assert.equal(second, first);
  const kept = JSON.parse(readFileSync(join(cells[1], "runs", "dense.seed-1.json"), "utf8"));
  assert.equal(kept.takenFrom, "twins.tiny");
  // a cell that comes before the one that has the runs finds them, too
  rmSync(cells[0], { recursive: true });
  const again = await study({ study: "twins", models, tasks: spec.tasks.slice(0, 1), sizes: undefined });
  assert.equal(again.trained, 0, again.stderr);
  assert.match(again.stderr, /4 runs taken from twins\.same, where/);
  const place = ["--database", "pglite", "--output_dir", "twins-in-database"];
  const inDatabase = await study({ study: "twins", models, tasks: spec.tasks.slice(0, 1), sizes: undefined }, ...place);
  assert.equal(inDatabase.trained, 2 * 2, inDatabase.stderr);
  assert.match(inDatabase.stderr, /4 runs taken from twins\.tiny, where/);
  assert.equal(readFileSync(join(work, "twins-in-database", "same", "predictions.jsonl"), "utf8"), first);
});

test("before a study starts a line says what its seeds can see: by an assumed spread, or by that of its earlier runs", async () => {
  const asked = { study: "seen", tasks: spec.tasks.slice(0, 1), sizes: undefined };
  const first = await study({ ...asked, seeds: [1, 2, 3, 4, 5] });
  const line = (seeds: number, spread: string) =>
    new RegExp(
      `power: ${seeds} seeds find a true \\+0\\.5 points in \\d+ %, \\+1\\.0 in \\d+ % of studies\\s+\\(${spread.replaceAll(" ", "\\s+")}`,
    );
  assert.match(first.stderr, line(5, "assuming 0\\.4 points from seed to seed"));
  const grown = await study({ ...asked, seeds: [1, 2, 3, 4, 5, 6] });
  assert.match(grown.stderr, line(6, "spread of 5 seeds\\)"));
  const same = await study({ ...asked, seeds: [1, 2, 3, 4, 5, 6] });
  assert.doesNotMatch(same.stderr, /power:/, "nothing is left to do");
});

test("tuning: the same trials for every arm, seeds of their own, and both results", async () => {
  const tuning = { trials: [{ learning_rate: 1e-5 }, { learning_rate: 1e-3 }], seeds: [11] };
  const done = await study({ study: "tuned", tasks: spec.tasks.slice(0, 1), sizes: undefined, tuning });
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.trained, 2 * 2 + 2 * 2 + 2 * 2, "one recipe, trials, tuned");
  const own = join(work, "runs", "tuned");
  const { tuned } = JSON.parse(readFileSync(join(own, "tuning.json"), "utf8"));
  assert.deepEqual(
    tuned.map(({ arm, accuracies }: { arm: string; accuracies: number[] }) => [arm, accuracies.length]),
    [
      ["dense", 2],
      ["window", 2],
    ],
  );
  for (const part of ["", "tuning", "tuned"]) assert.ok(existsSync(join(own, part, "results.json")));
});
