import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { StudyResults } from "../../src/studies/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-files-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const reviews = writeReviews(work, "reviews.tsv", 120);
const rows = readFileSync(reviews, "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t"));
const file = (name: string, content: string): string => {
  writeFileSync(join(work, name), content);
  return join(work, name);
};
const short = ["--max_steps", "2", "--model", model];

describe("a model trained on columns that had to be named", { concurrency: 2 }, () => {
  // two text columns that no one could tell apart
  const ticket = (rest: (cell: string) => string) => rows.map(([text, label]) => `"${text}","${rest(text)}",${label}`).join("\n");
  const named = ["--text_column_name", "b,a", "--label_column_name", "team"];
  const pairs = file("pairs.csv", `a,b,team\n${ticket((text) => `about ${text}`)}\n`);
  const out = join(work, "pairs-model");
  before(async () => {
    const trained = await crisp(["train", pairs, ...short, ...named, "--output_dir", out]);
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(trained.stdout, /columns {2}text=b pair=a label=team/);
  });

  test("eval reads a file of the same columns alike", async () => {
    const found = await crisp(["eval", out, pairs, "--json"]);
    assert.equal(found.code, 0, found.stderr);
    assert.equal(JSON.parse(found.stdout).examples, 120);
  });
  test("eval guesses where a file has other columns", async () => {
    const other = file("other.csv", `sentence1,sentence2,label\n${ticket((text) => text)}\n`);
    const found = await crisp(["eval", out, other, "--json"]);
    assert.equal(found.code, 0, found.stderr);
  });
  test("predict reads pairs by those columns, or by those that are named", async () => {
    const lines = rows.slice(0, 3).map(([text]) => JSON.stringify({ a: text, b: `about ${text}`, more: 1 }));
    const found = await crisp(["predict", out], { input: `${lines.join("\n")}\n` });
    assert.equal(found.code, 0, found.stderr);
    const answers = found.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      answers.map(({ a, b, more }) => [a, b, more]),
      rows.slice(0, 3).map(([text]) => [text, `about ${text}`, 1]),
    );
    const renamed = file("renamed.jsonl", lines.join("\n").replaceAll('"a"', '"x"').replaceAll('"b"', '"y"'));
    const again = await crisp(["predict", out, renamed, "--text_column_name", "y,x"]);
    assert.equal(again.stdout, found.stdout.replaceAll('"a":', '"x":').replaceAll('"b":', '"y":'));
  });
  test("predict refuses single texts, naming the columns", async () => {
    const found = await crisp(["predict", out], { input: "a fine film\n" });
    assert.equal(found.code, 1);
    assert.match(
      found.stderr,
      /predict: expected pairs of texts, as the model was trained on \(b, a\), got "a fine film" alone\./,
    );
    assert.equal(found.stdout, "");
  });
});

describe("what a study cannot do is said before anything is trained", { concurrency: 2 }, () => {
  const refused: readonly (readonly [string, readonly string[], RegExp, number])[] = [
    ["seeds given twice", [reviews, ...short, "--seeds", "1,2,1"], /seeds: expected each seed once, got 1 twice\./, 1],
    ["data beside the demonstration", [reviews, "--preset", "demo"], /--preset demo: expected no data.*got .*reviews\.tsv\./, 2],
    ["options of the demonstration", ["--preset", "demo", "--lr", "1"], /--preset demo: expected .*got learningRate\./, 2],
    ["a test file", [reviews, ...short, "--test_file", reviews], /unknown option --test_file/, 2],
    ["the best weights", [reviews, ...short, "--load_best_model_at_end"], /unknown option --load_best_model_at_end/, 2],
    [
      "layers the model lacks",
      [reviews, ...short, "--attention_layers", "5"],
      /--attention_layers: expected layers from 0 to 1, got 5\./,
      1,
    ],
    [
      "one class",
      [file("one.tsv", `sentence\tlabel\n${rows.map(([text]) => `${text}\tgood`).join("\n")}\n`), ...short],
      /expected at least two classes, got 120 rows/,
      1,
    ],
    [
      "a data file that ends in .json",
      [file("rows.json", '{"text":"a","label":1}\n{"text":"b","label":0}'), ...short],
      /--train_file/,
      1,
    ],
    [
      "patterns by spec and by option",
      [file("both.json", '{"arms":[{"name":"dense","pattern":"dense"}]}'), ...short, "--pattern", "random"],
      /expected arms by the spec, or by options, got both \(pattern\)\./,
      2,
    ],
    [
      "a claim about no arm",
      [file("claim.json", JSON.stringify({ train_file: reviews, claims: ["agressive"] })), ...short],
      /claims: expected names of arms \(dense, .*got agressive\./,
      1,
    ],
  ];
  for (const [name, args, message, code] of refused) {
    test(name, async () => {
      const out = join(work, name);
      const found = await crisp(["study", ...args, "--output_dir", out]);
      assert.match(found.stderr, message);
      assert.equal(found.code, code, found.stderr);
      assert.ok(!existsSync(join(out, "runs", "dense.seed-1.json")));
    });
  }
});

test("options on the command line override a spec's; its arms, claims and seeds hold otherwise", async () => {
  const arms = [
    { name: "dense", pattern: "dense" },
    { name: "one_layer", pattern: "slidingWindow(radius=2)", layers: [1] },
  ];
  const spec = { study: "windows", train_file: "not-there.tsv", seeds: [1, 2], arms, claims: ["one_layer"] };
  const args = ["study", file("study.json", JSON.stringify(spec)), ...short, "--train_file", reviews, "--seeds", "7", "--json"];
  const found = await crisp(args, { cwd: work });
  assert.equal(found.code, 0, found.stderr);
  const lines = found.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ type }) => type),
    ["run", "run", "finished"],
    "standard output holds JSON lines alone",
  );
  assert.equal(lines[2].folder, join("runs", "windows"));
  const results = JSON.parse(readFileSync(join(work, "runs", "windows", "results.json"), "utf8")) as StudyResults;
  assert.deepEqual(results.seeds, [7]);
  assert.deepEqual(
    results.arms.map(({ name, pattern }) => [name, pattern]),
    [
      ["dense", "dense"],
      ["one_layer", "slidingWindow(radius=2), layers=1"],
    ],
  );
});

test("--overwrite_output_dir replaces the old study and nothing else that stands in the folder", async () => {
  const out = join(work, "mixed");
  mkdirSync(out);
  writeFileSync(join(out, "thesis.txt"), "years of work");
  const args = ["study", reviews, ...short, "--pattern", "slidingWindow", "--seeds", "1", "--output_dir", out];
  assert.equal((await crisp(args)).code, 0);
  mkdirSync(join(out, "runs", "another-study"));
  writeFileSync(join(out, "runs", "another-study", "results.json"), "of another study");
  const results = (): string => readFileSync(join(out, "results.json"), "utf8");
  const before = results();
  const mistaken = await crisp([...args, "--pattern", "slidingWindwo", "--overwrite_output_dir"]);
  assert.equal(mistaken.code, 1);
  assert.equal(results(), before);
  assert.match((await crisp(args)).stderr, /4 runs were already done/, "a typing mistake loses no study");
  const again = await crisp([...args, "--learning_rate", "1e-3", "--overwrite_output_dir"]);
  assert.equal(again.code, 0, again.stderr);
  assert.notEqual(results(), before);
  assert.equal(readFileSync(join(out, "thesis.txt"), "utf8"), "years of work");
  assert.equal(readFileSync(join(out, "runs", "another-study", "results.json"), "utf8"), "of another study");
});

test("a study writes over no report, results or run that is not Crisp's, whatever the options", async () => {
  for (const name of ["report.html", "results.json", "predictions.jsonl", "study.json", join("runs", "dense.seed-1.json")]) {
    const out = join(work, `theirs-${basename(name)}`);
    mkdirSync(join(out, "runs"), { recursive: true });
    writeFileSync(join(out, name), "{}");
    const args = ["study", reviews, ...short, "--seeds", "1", "--output_dir", out];
    for (const more of [[], ["--overwrite_output_dir"]]) {
      const found = await crisp([...args, ...more]);
      assert.notEqual(found.code, 0);
      assert.match(
        found.stderr,
        /got (a file of other origin, which stays as it is\. Give another --output_dir|one that somebody else made or changed\. Move it away, or choose another folder)\.\n$/,
      );
    }
    assert.equal(readFileSync(join(out, name), "utf8"), "{}");
  }
});

test("a damaged run file is named, and the study continues once it is removed", async () => {
  const out = join(work, "damaged");
  const args = ["study", reviews, ...short, "--pattern", "slidingWindow", "--seeds", "1", "--output_dir", out];
  assert.equal((await crisp(args)).code, 0);
  const run = join(out, "runs", "light_sparse.seed-1.json");
  writeFileSync(run, readFileSync(run, "utf8").slice(0, 1000));
  const found = await crisp(args);
  assert.equal(found.code, 1);
  assert.match(found.stderr, /light_sparse\.seed-1\.json: expected JSON, got .*Remove the file; its run is then done again\.\n$/);
  rmSync(run);
  const again = await crisp(args);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /3 runs were already done/);
});

test("--quick draws its rows from all over a sorted file", async () => {
  const half = (label: string, word: string): string[] =>
    Array.from({ length: 1500 }, (_, at) => `a ${word} film ${at}\t${label}`);
  const sorted = file("sorted.tsv", `sentence\tlabel\n${[...half("bad", "dull"), ...half("good", "fine")].join("\n")}\n`);
  const found = await crisp(["study", sorted, "--model", model, "--quick", "--max_steps", "1", "--seeds", "1"], { cwd: work });
  assert.equal(found.code, 0, found.stderr);
  const { examples } = JSON.parse(readFileSync(join(work, "runs", "sorted-quick", "results.json"), "utf8")) as StudyResults;
  assert.equal(examples.train + examples.selection + examples.reported, 2000);
});

test("train --json: standard output holds JSON lines alone, and a failed run's folder can be used again", async () => {
  const out = join(work, "again");
  const failing = ["train", reviews, "--model", model, "--learning_rate", "1e30", "--warmup_steps", "0", "--max_grad_norm", "0"];
  assert.equal((await crisp([...failing, "--output_dir", out])).code, 1);
  const found = await crisp(["train", reviews, ...short, "--output_dir", out, "--json"]);
  assert.equal(found.code, 0, found.stderr);
  const types = found.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  assert.ok(types.every(Boolean) && types.includes("data"));
  assert.equal(types.at(-1), "finished");
});

test("the command that a stopped training prints can be typed again", async () => {
  const out = join(work, "with space");
  const args = [
    "train",
    reviews,
    "--model",
    model,
    "--attention",
    "topK(sparsity=0.8)",
    "--num_train_epochs",
    "500",
    "--output_dir",
    out,
  ];
  const stopped = await crisp(args, { interruptOn: /step 4 · epoch/ });
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stdout, /to continue: crisp train --resume_from_checkpoint '.*with space'\n/);
});
