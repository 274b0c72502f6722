import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { StudyResults, StudyStatus } from "../../src/studies/index.ts";
import { openDatabase, sqlStore } from "../../src/studies/index-node.ts";
import { noPostgres, PASSWORD, startPostgres, type TestPostgres } from "../../src/studies/stores/sql/postgres.fixture.ts";
import { tinyHeader } from "../../src/studies/tiny-study.fixture.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp, type Finished } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-cli-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const train = writeReviews(work, "train.tsv", 300);
const others = writeReviews(work, "others.tsv", 200);
const settings = ["--model", model, "--seeds", "1,2", "--max_steps", "30", "--device", "cpu", "--study", "reviews"];

/** What no time and no place is in. */
function judged(folder: string): unknown {
  const {
    createdAt: _,
    command: __,
    ...results
  } = JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as StudyResults;
  return { ...results, arms: results.arms.map((arm) => ({ ...arm, seconds: 0 })) };
}

test("the status of an output folder with a database of its own is told by that", async () => {
  const folder = join(work, "embedded");
  const database = await openDatabase({ folder: join(folder, "database") });
  const store = sqlStore(database, { checkpoints: work });
  await store.open(tinyHeader());
  await store.close();
  await database.close();
  const { code, stdout, stderr } = await crisp(["status", folder]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^study distractors: 0 of 4 runs done\n {2}0 running · 4 waiting · 0 failed\n/);
});

describe("a study in a PostgreSQL", { skip: noPostgres }, () => {
  let server: TestPostgres;
  const said: Finished[] = [];
  const run = async (...args: Parameters<typeof crisp>): Promise<Finished> => {
    const finished = await crisp(...args);
    said.push(finished);
    return finished;
  };
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  test("a worker is refused while nobody began the study, and with other data", async () => {
    const early = await run(["worker", train, ...settings, "--database", server.url], { cwd: work });
    assert.equal(early.code, 1);
    assert.match(early.stderr, /expected the study reviews, got no study at all\. Begin it with crisp study/);
  });

  test("a study and a worker share the runs, and the result is that of files", async () => {
    const inFiles = await run(["study", train, ...settings, "--output_dir", "in-files"], { cwd: work });
    assert.equal(inFiles.code, 0, inFiles.stderr);
    let joined: Promise<Finished> | undefined;
    const study = await run(["study", train, ...settings, "--database", server.url, "--output_dir", "in-database"], {
      cwd: work,
      onText(text) {
        if (text.includes("results go to"))
          joined ??= run(["worker", train, ...settings, "--database", server.url], { cwd: work });
      },
    });
    assert.equal(study.code, 0, study.stderr);
    const worker = (await joined)!;
    assert.equal(worker.code, 0, worker.stderr);
    assert.match(worker.stdout, /worker on study reviews/);
    assert.deepEqual(judged(join(work, "in-database")), judged(join(work, "in-files")));
    const predictions = (folder: string) => readFileSync(join(work, folder, "predictions.jsonl"), "utf8");
    assert.equal(predictions("in-database"), predictions("in-files"));
  });

  test("its status is told by the database, and of files by their folder", async () => {
    const inDatabase = await run(["status", "--database", server.url, "--json"]);
    const inFiles = await run(["status", join(work, "in-files"), "--json"]);
    for (const { stdout, stderr } of [inDatabase, inFiles]) {
      const { studies } = JSON.parse(stdout) as { readonly studies: StudyStatus[] };
      const [{ study, done, running, waiting, failed, secondsLeft }] = studies;
      assert.deepEqual([study, done, running, waiting, failed, secondsLeft], ["reviews", 8, 0, 0, 0, 0]);
      assert.match(stderr, /study reviews: 8 of 8 runs done/);
    }
  });

  test("workers do all of a tuned study, its tuned runs too, while the command that began it is away", async () => {
    const spec = {
      ...{ study: "tuned", model, train_file: train, seeds: [1, 2] },
      arms: [
        { name: "dense", pattern: "dense" },
        { name: "window", pattern: "slidingWindow(radius=2)" },
      ],
      options: { max_steps: 10 },
      tuning: { trials: [{ learning_rate: 1e-6 }, { learning_rate: 1e-3 }], seeds: [11] },
    };
    writeFileSync(join(work, "tuned.json"), JSON.stringify(spec));
    const asked = ["tuned.json", "--device", "cpu"];
    const study = ["study", ...asked, "--database", server.url, "--output_dir", "tuned-in-database"];
    const begun = await run(study, { cwd: work, interruptOn: /results go to/ });
    assert.equal(begun.code, 130, begun.stderr);
    const worker = () => run(["worker", ...asked, "--database", server.url], { cwd: work });
    const workers = await Promise.all([worker(), worker()]);
    for (const { code, stdout, stderr } of workers) {
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        stdout.match(/worker on study .*/g),
        ["tuned", "tuned.tuning", "tuned.tuned"].map((name) => `worker on study ${name}`),
      );
    }
    const judge = await run([...study, "--json"], { cwd: work });
    assert.equal(judge.code, 0, judge.stderr);
    assert.doesNotMatch(judge.stdout, /"type":"run"/, "nothing was left to do");
    const inFiles = await run(["study", ...asked, "--output_dir", "tuned-in-files"], { cwd: work });
    assert.equal(inFiles.code, 0, inFiles.stderr);
    for (const part of ["", "tuning", "tuned"]) {
      assert.deepEqual(judged(join(work, "tuned-in-database", part)), judged(join(work, "tuned-in-files", part)));
    }
  });

  test("a worker whose trials are not all that the study has is refused, as it would choose otherwise", async () => {
    const spec = JSON.parse(readFileSync(join(work, "tuned.json"), "utf8"));
    writeFileSync(
      join(work, "fewer.json"),
      JSON.stringify({
        ...spec,
        tuning: { ...spec.tuning, seeds: [11], trials: spec.tuning.trials.slice(0, 2) },
        arms: spec.arms.slice(0, 1),
      }),
    );
    const fewer = await run(["worker", "fewer.json", "--device", "cpu", "--database", server.url], { cwd: work });
    assert.equal(fewer.code, 1);
    assert.match(
      fewer.stderr,
      /expected all runs of the study, as its choice follows from them, got a part without window\.seed-11/,
    );
  });

  test("data that differ are refused", async () => {
    const other = await run(["worker", others, ...settings, "--database", server.url], { cwd: work });
    assert.equal(other.code, 1);
    assert.match(other.stderr, /expected dense\.seed-1 of the same model, tokenizer, data, arm and options, got another one/);
  });

  test("the password is told nowhere: not on a screen, in a file or in the database", async () => {
    for (const { stdout, stderr } of said) assert.doesNotMatch(stdout + stderr, new RegExp(PASSWORD));
    for (const name of readdirSync(join(work, "in-database"), { recursive: true, withFileTypes: true })) {
      if (name.isFile())
        assert.doesNotMatch(readFileSync(join(name.parentPath, name.name), "utf8"), new RegExp(PASSWORD), name.name);
    }
    const database = await openDatabase({ url: server.url });
    const commands = await database.query<{ command: string }>("SELECT command FROM crisp.studies");
    await database.close();
    for (const { command } of commands) {
      assert.match(command, /^crisp (study|worker) .* --database postgres:\/\/crisp@127\.0\.0\.1/);
      assert.doesNotMatch(command, new RegExp(PASSWORD));
    }
  });
});
