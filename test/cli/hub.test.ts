import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type HubServer, startHubServer } from "../hub/hub-server.fixture.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-cli-hub-"));
let server: HubServer;
after(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

const fixture = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, "../fixtures/data", name));
const reviews = writeReviews(work, "train.tsv", 60);

/** Two columns of text, so that they must be named; the test split has no labels. */
const notes = (labelled: boolean): Uint8Array => {
  const rows = Array.from({ length: 40 }, (_, at) => `a title of it ${at},the body of it ${at}${labelled ? `,${at % 2}` : ""}`);
  return new TextEncoder().encode(`${["head", "inside", ...(labelled ? ["kind"] : [])].join(",")}\n${rows.join("\n")}\n`);
};

/** No training split, and other names of the columns than the training's. */
const heldOut = ["comment,verdict", "a fine film of it,positive", "a dull film of it,negative", ""].join("\n");

before(async () => {
  const pairs = fixture("pairs-snappy.parquet");
  server = await startHubServer({
    repos: [
      { type: "model", id: "ada/tiny", folder: writeTinyModel(join(work, "model")) },
      {
        type: "dataset",
        id: "nyu-mll/glue",
        files: {
          "mrpc/train-00000-of-00001.parquet": pairs,
          "mrpc/validation-00000-of-00001.parquet": pairs,
          "mrpc/test-00000-of-00001.parquet": fixture("hidden.parquet"),
          "stsb/train-00000-of-00001.parquet": pairs,
          "stsb/validation-00000-of-00001.parquet": pairs,
        },
      },
      { type: "dataset", id: "ada/reviews", files: { "train.tsv": readFileSync(reviews) } },
      { type: "dataset", id: "ada/held-out", files: { "test.csv": new TextEncoder().encode(heldOut) } },
      { type: "dataset", id: "ada/notes", files: { "train.csv": notes(true), "test.csv": notes(false) } },
    ],
  });
});

const env = (changes: Record<string, string> = {}) => ({ HF_ENDPOINT: server.url, HF_HOME: join(work, "home"), ...changes });
const quick = ["--max_steps", "2", "--device", "cpu", "--no-onnx"];

describe("by name from a hub", { concurrency: 1 }, () => {
  test("a model and a GLUE task: GLUE's own figures, which eval repeats from the saved folder", async () => {
    const folder = join(work, "mrpc");
    const words = ["train", "--dataset_name", "glue/mrpc", "--model", "ada/tiny", "--output_dir", folder, ...quick];
    const { code, stdout, stderr } = await crisp(words, { env: env() });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /fetching model\.safetensors \(kB\): 100 %/);
    assert.match(stdout, /columns {2}text=sentence1 pair=sentence2 label=label/);
    assert.match(stdout, /held out {2}accuracy \d\.\d{3} .*· f1 \d\.\d{4}/);
    const { metrics, glue } = JSON.parse(readFileSync(join(folder, "crisp.json"), "utf8"));
    assert.equal(glue, "mrpc");
    const evaluated = await crisp(["eval", folder, "--dataset_name", "glue/mrpc", "--json"], { env: env() });
    const record = JSON.parse(evaluated.stdout);
    for (const name of ["accuracy", "f1"]) assert.ok(Math.abs(record[name] - metrics[name]) < 1e-9, name);
  });
  test("with a filled cache it works without a hub", async () => {
    const offline = env({ HF_HUB_OFFLINE: "1", HF_ENDPOINT: "http://127.0.0.1:9" });
    const words = ["train", reviews, "--model", "ada/tiny", "--output_dir", join(work, "offline"), ...quick];
    const { code, stderr } = await crisp(words, { env: offline });
    assert.equal(code, 0, stderr);
  });
  test("a data set of plain files", async () => {
    const words = [
      "train",
      "--dataset_name",
      "ada/reviews",
      "--model",
      "ada/tiny",
      "--output_dir",
      join(work, "plain"),
      ...quick,
    ];
    const { code, stdout, stderr } = await crisp(words, { env: env() });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /train\.tsv \(training\) {2}54 rows/);

    const evaluated = await crisp(["eval", join(work, "plain"), "--dataset_name", "ada/held-out"], { env: env() });
    assert.equal(evaluated.code, 0, evaluated.stderr);
    assert.match(evaluated.stdout, / · 2 examples/, "a data set without a training split");
    assert.match(evaluated.stderr, /^columns were guessed: test\.csv: expected a column "sentence"/m);
  });

  test("columns that were named, and a test split without labels, which is said", async () => {
    const columns = ["--text_column_name", "inside", "--label_column_name", "kind"];
    const data = ["--dataset_name", "ada/notes", ...columns];
    const words = ["train", ...data, "--model", "ada/tiny", "--output_dir", join(work, "notes"), ...quick];
    const { code, stdout, stderr } = await crisp(words, { env: env() });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /train\.csv \(held out\)/);
    assert.match(stderr, /the test split is not evaluated: test\.csv: expected a column "kind"/);
  });

  const refuses = async (
    words: readonly string[],
    message: RegExp,
    changes: Record<string, string> = {},
    exit = 1,
  ): Promise<void> => {
    const out = join(work, `out-${Math.random()}`);
    const { code, stderr } = await crisp([...words, "--output_dir", out], { env: env(changes) });
    const lines = stderr.split("\n").filter((line) => line !== "" && !/^(fetching |device: )/.test(line));
    assert.match(lines.at(-1) ?? "", message);
    assert.equal(lines.length, 1, stderr);
    assert.equal(code, exit);
    assert.ok(!existsSync(join(out, "model.safetensors")));
  };
  test("offline with an empty cache, the error names the file and how to get it", () =>
    refuses(["train", reviews, "--model", "ada/tiny"], /ada\/tiny.*config\.json/, {
      HF_HUB_OFFLINE: "1",
      HF_HOME: join(work, "empty"),
    }));
  test("no such model, neither here nor there", () =>
    refuses(["train", reviews, "--model", "ada/none"], /ada\/none.*No folder ada\/none is here either/));
  test("no such split, no such subset", () =>
    refuses(["train", "--dataset_name", "glue/none", "--model", "ada/tiny"], /glue.*mrpc/));
  test("a study of numbers", () =>
    refuses(
      ["study", "--dataset_name", "glue/stsb", "--model", "ada/tiny", "--quick"],
      /stsb: expected one class for each text/,
    ));
  test("a revision that is not there, for pretrain too", () =>
    refuses(["pretrain", reviews, "--model", "ada/tiny", "--model_revision", "v9"], /v9/));
  test("a file and a name", () =>
    refuses(["train", reviews, "--dataset_name", "glue/mrpc", "--model", "ada/tiny"], /a file or --dataset_name/, {}, 2));
});

describe("without a network", () => {
  const home = join(work, "empty-home");
  for (const [verb, ...more] of [["train"], ["pretrain"], ["study", "--seeds", "1"]]) {
    test(`crisp ${verb} says so in a few seconds, and leaves no folder`, async () => {
      const nobody = await startHubServer({ repos: [] });
      await nobody.close();
      const out = join(work, "none", verb);
      const started = performance.now();
      const words = [verb, reviews, "--model", "ada/tiny", ...more, "--output_dir", out];
      const { code, stderr } = await crisp(words, { env: { HF_ENDPOINT: nobody.url, HF_HOME: home } });
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^ada\/tiny: expected an answer from http:.*, got connect ECONNREFUSED .*, 2 times\. Check the connection/m,
      );
      // one wait of a second; without this rule there were five, of 23 s
      assert.ok(performance.now() - started < 15_000);
      assert.ok(!existsSync(join(work, "none")));
    });
  }
});
