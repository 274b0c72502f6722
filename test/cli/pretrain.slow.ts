import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readSafetensors } from "../../src/models/index.ts";
import { topicConfig, topicSentences, topicTokenizer, topicTokenizerJson } from "../../src/runs/topic-language.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-pretrain-"));
after(() => rmSync(work, { recursive: true, force: true }));
const json = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(work, name), content);
  return join(work, name);
}
function tokenizerFolder(name: string, options?: { readonly masked: boolean }): string {
  const { tokenizerJson, tokenizerConfig } = topicTokenizerJson(options);
  mkdirSync(join(work, name));
  file(join(name, "tokenizer.json"), JSON.stringify(tokenizerJson));
  file(join(name, "tokenizer_config.json"), JSON.stringify(tokenizerConfig));
  return join(work, name);
}

const sentences = topicSentences(330, 1);
const text = file("words.txt.gz", gzipSync(sentences.slice(30).join("\n\n")));
const heldOut = file("held-out.txt", sentences.slice(0, 30).join("\n"));
const config = file("config.json", JSON.stringify(topicConfig));
const tokenizer = tokenizerFolder("tokenizer");
const fresh = ["--config_name", config, "--tokenizer_name", tokenizer, "--device", "cpu", "--max_seq_length", "32"];
const recipe = [...fresh, "--learning_rate", "5e-3", "--per_device_train_batch_size", "8"];

test("from nothing to a folder that is trained further, and fine-tuned with a fresh head", async () => {
  const out = join(work, "encoder");
  const args = [text, ...recipe, "--line_by_line", "--num_train_epochs", "4", "--attention", "topK(sparsity=0.5)"];
  const trained = await crisp(["pretrain", ...args, "--validation_file", heldOut, "--output_dir", out]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /text {3}300 documents · 3,\d\d\d tokens in 300 blocks · 30 blocks held out/);
  assert.match(trained.stdout, /topK\(sparsity=0\.5\) · 0\.0 M parameters · 152 updates · about/);
  assert.match(trained.stdout, /step 38 · epoch 1\.00 · held out loss \d\.\d{4} · perplexity \d+\.\d\d/);
  assert.match(trained.stdout, /held out {2}loss \d\.\d{4} · perplexity \d+\.\d\d · with sparsity off \d\.\d{4}/);
  assert.deepEqual(
    readdirSync(out).filter((name) => name !== "checkpoints"),
    [".crisp-files.json", "config.json", "crisp.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
  );
  assert.deepEqual(json<{ architectures: string[] }>(join(out, "config.json")).architectures, ["BertForMaskedLM"]);
  const { tensors } = readSafetensors(readFileSync(join(out, "model.safetensors")), "model.safetensors");
  assert.deepEqual(tensors.get("cls.predictions.bias")?.shape, [topicConfig.vocab_size]);
  const { metrics } = json<{ metrics: { loss: number } }>(join(out, "crisp.json"));
  assert.ok(metrics.loss < 2.6, `${metrics.loss}: below the 3.18 nats of a word`);

  // trained further at a rate of 0, it says the same: nothing was drawn afresh
  const further = join(work, "further");
  const again = ["pretrain", text, "--validation_file", heldOut, "--model", out, "--line_by_line", "--device", "cpu"];
  const rate = ["--attention", "topK(sparsity=0.5)", "--learning_rate", "0", "--max_steps", "1", "--max_seq_length", "32"];
  const gone = await crisp([...again, ...rate, "--output_dir", further]);
  assert.equal(gone.code, 0, gone.stderr);
  assert.ok(Math.abs(json<{ metrics: { loss: number } }>(join(further, "crisp.json")).metrics.loss - metrics.loss) < 1e-5);

  const rows = sentences.map((sentence) => `${sentence}\t${Number(sentence.slice(1).split(" ")[0]) < 12 ? "low" : "high"}`);
  const labelled = file("labelled.tsv", `sentence\tlabel\n${rows.join("\n")}\n`);
  const model = join(work, "classifier");
  const tuned = ["train", labelled, "--model", out, "--learning_rate", "3e-3", "--num_train_epochs", "6", "--device", "cpu"];
  const done = await crisp([...tuned, "--per_device_train_batch_size", "8", "--output_dir", model]);
  assert.equal(done.code, 0, done.stderr);
  const said = done.stdout.replace(/\n {2}/g, " "); // folded at 80 columns
  assert.match(said, /fresh head: .*classifier\.weight.* started at random/);
  assert.doesNotMatch(said, /fresh head: .*(encoder|embeddings)/);
  assert.ok(json<{ metrics: { accuracy: number } }>(join(model, "crisp.json")).metrics.accuracy > 0.8);
  const kept = readSafetensors(readFileSync(join(model, "model.safetensors")), "model.safetensors").tensors;
  assert.ok(![...kept.keys()].some((name) => name.startsWith("cls.")), "the head for masked tokens stays behind");
});

test("a configuration without the ids of its vocabulary takes the tokenizer's, not its family's", async () => {
  const sizes = { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
  const path = file("modern.json", JSON.stringify({ model_type: "modernbert", ...sizes }));
  const out = join(work, "modern");
  const args = ["pretrain", text, "--config_name", path, "--tokenizer_name", tokenizer, "--device", "cpu"];
  const done = await crisp([...args, "--max_steps", "1", "--output_dir", out]);
  assert.equal(done.code, 0, done.stderr);
  const { vocab_size, pad_token_id } = json<{ vocab_size: number; pad_token_id: number }>(join(out, "config.json"));
  const { vocabularySize, padTokenId } = topicTokenizer;
  assert.deepEqual({ vocab_size, pad_token_id }, { vocab_size: vocabularySize, pad_token_id: padTokenId });
});

test("Ctrl-C writes a checkpoint, and the resumed run ends with the same weights bit for bit", async () => {
  const [whole, parts] = [join(work, "whole"), join(work, "parts")];
  const long = ["pretrain", text, ...recipe, "--num_train_epochs", "25", "--gradient_accumulation_steps", "2"];
  const uninterrupted = await crisp([...long, "--output_dir", whole]);
  assert.equal(uninterrupted.code, 0, uninterrupted.stderr);
  assert.match(uninterrupted.stdout, /text {3}297 documents · .* · \d+ blocks? held out/, "a hundredth of the documents");
  const stopped = await crisp([...long, "--output_dir", parts], { interruptOn: /epoch 2\.00/ });
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stdout, new RegExp(`^stopped; to continue: crisp pretrain --resume_from_checkpoint ${parts}$`, "m"));
  assert.ok(!existsSync(join(parts, "model.safetensors")));
  const resumed = await crisp(["pretrain", "--resume_from_checkpoint", parts]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /continues after update \d+/);
  assert.ok(readFileSync(join(whole, "model.safetensors")).equals(readFileSync(join(parts, "model.safetensors"))));
});

/** Ends with exit code `code` and exactly one line on standard error that matches, beside the device that was asked for. */
async function refuses(args: readonly string[], message: RegExp, code = 1): Promise<void> {
  const out = join(work, `out-${Math.random()}`);
  const found = await crisp(["pretrain", ...args, ...(args.includes("--output_dir") ? [] : ["--output_dir", out])]);
  const lines = found.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("device: "));
  assert.match(lines.at(-1) ?? "", message);
  assert.equal(lines.length, 1, `one line, not:\n${found.stderr}`);
  assert.equal(found.code, code);
  assert.ok(!existsSync(join(out, "model.safetensors")));
}

describe("bad input: one line that says what to do, and a non-zero exit", { concurrency: 2 }, () => {
  test("a file that is not there", () =>
    refuses([join(work, "none.txt"), ...fresh], /none\.txt: expected a readable file, got /));
  test("no file at all", () => refuses(fresh, /crisp pretrain: expected a file of plain text, got none\./, 2));
  test("an empty file", () =>
    refuses([file("empty.txt", "\n \n"), ...fresh], /empty\.txt: expected at least one line of text, got none/));
  test("held-out text of unknown words alone", () => {
    const unknown = file("unknown.txt", "who knows these words\n");
    return refuses(
      [text, "--validation_file", unknown, ...fresh],
      /held-out text: expected at least one masked token, got none\. Hold out more text/,
    );
  });
  test("a single document, of which nothing can be held out", () =>
    refuses(
      [file("single.txt", sentences.join("\n")), ...fresh],
      /single\.txt: expected .*leaves documents on both sides, got 0\.01 of 1 document\. Give a validation file/,
    ));
  test("a tokenizer without a mask token", () =>
    refuses(
      [text, "--config_name", config, "--tokenizer_name", tokenizerFolder("unmasked", { masked: false })],
      /unmasked: expected a tokenizer with a mask token, got none\. Set mask_token/,
    ));
  test("a folder without a tokenizer", () =>
    refuses(
      [text, "--config_name", config, "--tokenizer_name", work],
      /tokenizer\.json: expected a readable file, got no such file/,
    ));
  for (const share of ["1.2", "-0.1", "many"]) {
    test(`--mlm_probability ${share}`, () =>
      refuses(
        [text, ...fresh, "--mlm_probability", share],
        /crisp pretrain --mlm_probability: expected a number from 0 to 1, got /,
        2,
      ));
  }
  for (const share of ["0", "1"]) {
    test(`--mlm_probability ${share}`, () =>
      refuses(
        [text, ...fresh, "--mlm_probability", share],
        /--mlm_probability: expected a share of the tokens in \(0, 1\), got [01]\./,
      ));
  }
  test("a config with a smaller vocabulary than the tokenizer", () => {
    const small = file("small.json", JSON.stringify({ ...topicConfig, vocab_size: 12 }));
    return refuses(
      [text, "--config_name", small, "--tokenizer_name", tokenizer],
      /small\.json: expected vocab_size at least 29, as the tokenizer has, got 12\. Take the tokenizer/,
    );
  });
  test("a config that is no JSON", () =>
    refuses(
      [text, "--config_name", file("broken.json", "{"), "--tokenizer_name", tokenizer],
      /broken\.json: expected JSON, got /,
    ));
  test("a config of an encoder of images", () => {
    const images = { model_type: "vit", hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64 };
    const path = file("images.json", JSON.stringify(images));
    return refuses([text, "--config_name", path, "--tokenizer_name", tokenizer], /expected an encoder of texts, got vit/);
  });
  test("a model and a config", () =>
    refuses([text, ...fresh, "--model", work], /expected model, or config and tokenizer, got model and config\./));
  test("a config without a tokenizer", () =>
    refuses([text, "--config_name", config], /expected model, or config and tokenizer, got config without tokenizer\./));
  test("neither", () => refuses([text], /expected model, or config and tokenizer, got neither\./));
  test("no model folder", () =>
    refuses([text, "--model", join(work, "nowhere")], /nowhere: expected a model folder .*, got neither\. Check the path/));
  test("an output folder that holds something", () => {
    const full = join(work, "full");
    cpSync(tokenizer, full, { recursive: true });
    return refuses([text, ...fresh, "--output_dir", full], /full: expected an empty or new output folder/, 2);
  });
  test("nothing to resume from", () =>
    refuses(
      [text, ...fresh, "--resume_from_checkpoint", work],
      /expected the output folder of a run that wrote checkpoints, got none in it\./,
      2,
    ));
});
