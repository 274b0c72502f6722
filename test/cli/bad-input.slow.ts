import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-bad-input-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const train = writeReviews(work, "train.tsv", 60);

function file(name: string, content: string): string {
  writeFileSync(join(work, name), content);
  return join(work, name);
}

/** A copy of the model folder with one file changed. */
function broken(name: string, change: (folder: string) => void): string {
  const folder = join(work, name);
  cpSync(model, folder, { recursive: true });
  change(folder);
  return folder;
}
const editConfig = (folder: string, change: object): void => {
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
};

/** Ends with exit code `code` and exactly one line on standard error that matches, beside progress and the device that was chosen. */
async function refuses(args: readonly string[], message: RegExp, code = 1): Promise<void> {
  const out = join(work, `out-${Math.random()}`);
  const found = await crisp([...args, ...(args[0] === "train" || args[0] === "study" ? ["--output_dir", out] : [])]);
  const lines = found.stderr.split("\n").filter((line) => line !== "" && !/^(training: \d+ %|device: )/.test(line));
  assert.match(lines.at(-1) ?? "", message);
  assert.equal(lines.length, 1, `one line, not:\n${found.stderr}`);
  assert.equal(found.code, code);
}

describe("bad input: one line that says what to do, and a non-zero exit", { concurrency: 2 }, () => {
  const trainWith = (...rest: string[]): string[] => ["train", train, "--model", model, ...rest];

  test("a truncated safetensors file", () => {
    const folder = broken("truncated", (dir) => {
      const path = join(dir, "model.safetensors");
      writeFileSync(path, readFileSync(path).subarray(0, 50_000));
    });
    return refuses(
      ["train", train, "--model", folder],
      /model\.safetensors: expected [\d,]+ bytes, got 50,000 bytes\. The file is truncated/,
    );
  });
  test("a config whose heads do not divide the width", () => {
    const folder = broken("heads", (dir) => editConfig(dir, { num_attention_heads: 5 }));
    return refuses(
      ["train", train, "--model", folder],
      /config\.json: expected num_attention_heads to divide hidden_size 64, got 5\./,
    );
  });
  test("a config of another width than the weights", () => {
    const folder = broken("width", (dir) => editConfig(dir, { intermediate_size: 256 }));
    return refuses(
      ["train", train, "--model", folder],
      /misshapen \(.*intermediate\.dense\.weight \[128, 64\] instead of \[256, 64\]/,
    );
  });
  test("no model folder", () =>
    refuses(["train", train, "--model", join(work, "nowhere")], /nowhere: expected a model folder .*, got neither\./));
  test("a licence that would break the model card", () =>
    refuses(trainWith("--license", "mit: yes"), /--license: expected an identifier such as apache-2\.0 or en, got mit: yes/, 2));
  test("no model at all", () =>
    refuses(["train", train], /crisp train: expected a Hugging Face model folder, .*got none\. For example --model /, 2));
  test("a broken CSV row", () =>
    refuses(
      ["train", file("broken.csv", "text,label\nfine,pos\ndull\nbad,neg\n"), "--model", model],
      /broken\.csv:3: expected 2 /,
    ));
  test("a label never seen in training", () => {
    const dev = file("dev.tsv", "sentence\tlabel\na film\tnegative\na book\tsplendid\n");
    return refuses(
      trainWith("--validation_file", dev),
      /dev\.tsv:3: expected a label seen in training \(negative, positive\), got "splendid"\./,
    );
  });
  for (const sparsity of ["1.0", "-0.1", "1.2", "NaN"]) {
    test(`a sparsity of ${sparsity}`, () =>
      refuses(trainWith("--attention", `topK(sparsity=${sparsity})`), /topK.*expected a sparsity in \[0, 1\)|expected .*number/));
  }
  test("an unknown pattern", () => refuses(trainWith("--attention", "topQ(sparsity=0.8)"), /topQ.*topK/));
  test("a layer the model does not have", () =>
    refuses(
      trainWith("--attention", "topK(sparsity=0.8)", "--attention_layers", "0,2"),
      /--attention_layers: expected layers from 0 to 1, got 2\./,
    ));
  test("an output folder that cannot be written", async () => {
    // root may write anywhere, so a file stands where the folder should be
    const found = await crisp([...trainWith(), "--output_dir", join(file("in-the-way", ""), "out")]);
    assert.match(found.stderr, /in-the-way.*expected a path that can be written.*Choose another output folder\.\n$/);
    assert.equal(found.code, 1);
  });
  test("an output folder that holds something", async () => {
    mkdirSync(join(work, "full"));
    writeFileSync(join(work, "full", "thesis.txt"), "");
    const found = await crisp([...trainWith(), "--output_dir", join(work, "full")]);
    assert.match(found.stderr, /full: expected an empty or new output folder/);
    assert.equal(found.code, 2);
  });
  test("nothing to resume from", async () => {
    const found = await crisp([...trainWith(), "--resume_from_checkpoint", work]);
    assert.match(found.stderr, /expected the output folder of a run that wrote checkpoints, got none in it\./);
    assert.equal(found.code, 2);
  });
  test("an empty file", () =>
    refuses(["train", file("empty.tsv", ""), "--model", model], /empty\.tsv: expected .* got (none|nothing|an empty file)/));
  test("a file that is not there", () =>
    refuses(["train", join(work, "none.tsv"), "--model", model], /none\.tsv: expected a readable file, got no such file\./));
  test("a file of one class", () =>
    refuses(
      ["train", file("one.tsv", "sentence\tlabel\na film\tgood\na book\tgood\na play\tgood\n"), "--model", model],
      /one\.tsv: expected at least two classes, got 3 rows that all say "good"\./,
    ));
  test("a learning rate that makes the loss no number", () =>
    refuses(
      trainWith("--learning_rate", "1e30", "--warmup_steps", "0", "--num_train_epochs", "5", "--max_grad_norm", "0"),
      /training, update \d+: expected .*finite.* got .*Lower --learning_rate/,
    ));
  test("a corrupt model folder for predict", () =>
    refuses(["predict", model], /model: expected a folder that crisp train saved/));
  test("a study's spec with a mistake", () =>
    refuses(
      ["study", file("study.json", '{"arms": [{"name": "a"}]}')],
      /study\.json, arms\[0\]\.pattern: expected string, got nothing/,
    ));

  test("a corrupt checkpoint is said, and nothing is trained over it", async () => {
    const out = join(work, "resumed");
    const first = await crisp([...trainWith("--num_train_epochs", "2", "--save_steps", "1"), "--output_dir", out]);
    assert.equal(first.code, 0, first.stderr);
    const checkpoint = join(out, "checkpoints", "checkpoint-4.crisp");
    const bytes = readFileSync(checkpoint);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(checkpoint, bytes);
    const found = await crisp([...trainWith("--num_train_epochs", "2", "--save_steps", "1"), "--resume_from_checkpoint", out]);
    assert.match(
      found.stderr,
      /checkpoint-4\.crisp: expected the SHA-256 that was written with it, got another one\. Delete the file/,
    );
    assert.equal(found.code, 1);
    assert.deepEqual(readFileSync(checkpoint), bytes);
  });
});

test("the messages stay clear of stacks unless --verbose asks for them", async () => {
  const args = ["train", train, "--model", join(work, "nowhere")];
  assert.doesNotMatch((await crisp(args)).stderr, /\n\s+at /);
  assert.match((await crisp([...args, "--verbose"])).stderr, /\n\s+at /);
});
