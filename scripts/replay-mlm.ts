// Pre-trains an encoder on masked tokens in Crisp and in PyTorch, from the same weights on the same batches, and compares the losses.
//
//     node scripts/replay-mlm.ts --text TEXT --tokenizer FOLDER --python PYTHON [--folder .cache/mlm-parity] [--updates 100]
//         [--batch 16] [--length 64] [--seed 1] [--threads 2] [--runs dense,dropout,topK,modernbert]
//
// TEXT is plain or gzipped, with empty lines between documents; the tokenizer is BERT's or any with a mask token. PYTHON needs torch,
// transformers, safetensors and numpy. The encoder is fresh: 4 layers, width 256, 4 heads; BERT with a feed-forward width of 1,024,
// ModernBERT with 768. Crisp trains with `pretrain` itself; batches, masks of tokens and of dropout are functions of the seed, so that
// PyTorch can follow.
//
// Also compared: scores of the masked tokens of held-out text, by the folder that Crisp saved and what transformers' AutoModelForMaskedLM
// makes of it. Exit code 1 where the losses of a run without top-k differ by more than 1e-3 anywhere, or scores by more than 1e-4. Top-k
// runs are reported: there a difference in the last bit can change which key is kept, and the curves part.
// Most of the time is PyTorch's, whose head scores all tokens.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pretrain } from "../src/api/index-node.ts";
import { dense, topK } from "../src/attention/index.ts";
import { decodeText, readDocuments } from "../src/data/index.ts";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { initialise, modelFiles, parseEncoderConfig, withLabels, writeSafetensors } from "../src/models/index.ts";
import { evaluatedBatch, replayedText, trainingBatches } from "../src/runs/masked-replay.fixture.ts";

const LOSS_LIMIT = 1e-3;
const SCORE_LIMIT = 1e-4;
const SPARSITY = 0.8;
const RUNS = {
  dense: { family: "bert", dropout: 0, sparse: false },
  dropout: { family: "bert", dropout: 0.1, sparse: false },
  topK: { family: "bert", dropout: 0, sparse: true },
  modernbert: { family: "modernbert", dropout: 0, sparse: false },
} as const;
type Run = keyof typeof RUNS;

const { values } = parseArgs({
  options: {
    text: { type: "string" },
    tokenizer: { type: "string" },
    python: { type: "string" },
    folder: { type: "string", default: ".cache/mlm-parity" },
    updates: { type: "string", default: "100" },
    batch: { type: "string", default: "16" },
    length: { type: "string", default: "64" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: Object.keys(RUNS).join() },
  },
});
const { text, tokenizer, python } = values;
if (text === undefined || tokenizer === undefined || python === undefined)
  throw new Error("usage: node scripts/replay-mlm.ts --text TEXT --tokenizer FOLDER --python PYTHON");
const folder = resolve(values.folder);
const [updates, batchSize, maxLength, seed, threads] = [
  values.updates,
  values.batch,
  values.length,
  values.seed,
  values.threads,
].map(Number);
const runs = values.runs.split(",").map((name) => {
  if (!Object.hasOwn(RUNS, name)) throw new Error(`--runs: expected names among ${Object.keys(RUNS).join(", ")}, got ${name}`);
  return { name: name as Run, ...RUNS[name as Run] };
});
const json = (path: string, value: unknown): void => writeFileSync(path, JSON.stringify(value));
mkdirSync(folder, { recursive: true });

// Two epochs, so that the masks of the second are seen too.
const documents = readDocuments(await decodeText(readFileSync(text), basename(text)), basename(text));
const heldOut = documents.splice(0, 20);
const wanted = 4.4 * batchSize * maxLength * Math.ceil(updates / 2); // characters
let characters = 0;
const taken = documents.slice(0, documents.findIndex((document) => (characters += document.length) > wanted) + 1);
writeFileSync(join(folder, "train.txt"), taken.join("\n\n"));
writeFileSync(join(folder, "held-out.txt"), heldOut.join("\n\n"));

const tokenizerFiles = ["tokenizer.json", "tokenizer_config.json"].map((name): [string, Uint8Array[]] => [
  name,
  [readFileSync(join(tokenizer, name))],
]);
const cut = { maxLength, batchSize, seed };
const trainText = replayedText(join(folder, "train.txt"), tokenizer, cut);
const { vocabularySize } = trainText.masking;
const batches = trainingBatches(trainText, updates);
const options = {
  maxSteps: updates,
  perDeviceTrainBatchSize: batchSize,
  learningRate: 5e-4,
  warmupSteps: Math.round(updates / 10),
  weightDecay: 0.01,
  maxGradNorm: 1,
  evalStrategy: "no",
} as const;
const curves = new Map<Run, number[]>();
const sizes = { num_hidden_layers: 4, hidden_size: 256, num_attention_heads: 4 };
const configOf = (family: "bert" | "modernbert", dropout: number) =>
  family === "bert"
    ? { intermediate_size: 1024, hidden_dropout_prob: dropout, attention_probs_dropout_prob: dropout }
    : { intermediate_size: 768, global_attn_every_n_layers: 1, pad_token_id: trainText.padTokenId };
for (const { name, family, dropout, sparse } of runs) {
  const [start, trained] = ["start", "trained"].map((state) => join(folder, name, state));
  const own = { ...sizes, ...configOf(family, dropout) };
  const encoder = parseEncoderConfig({ model_type: family, vocab_size: vocabularySize, ...own });
  const config = withLabels(encoder, [], "masked_lm");
  writeFilesAtomically(start, new Map([...modelFiles(config, initialise(config, seed)), ...tokenizerFiles]));

  const attention = sparse ? topK({ sparsity: SPARSITY }) : dense();
  const losses: number[] = [];
  const started = performance.now();
  const run = pretrain({
    ...options,
    data: join(folder, "train.txt"),
    validation: join(folder, "held-out.txt"),
    model: start,
    attention,
    maxLength,
    seed,
    threads,
    device: "cpu",
  });
  for await (const event of run) {
    if (event.type === "text") console.log(`${name}: ${event.blocks} blocks, ${event.tokens} tokens`);
    if (event.type === "step") losses.push(event.loss);
  }
  const result = (await run.result)!;
  result.save(trained);
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${name}: Crisp, ${losses.length} updates in ${seconds.toFixed(1)} s, loss ${losses[0].toFixed(4)} to ${losses.at(-1)!.toFixed(4)}, held out ${result.loss.toFixed(4)}`,
  );
  curves.set(name, losses);
  json(join(folder, name, "losses.json"), losses);

  const held = replayedText(join(folder, "held-out.txt"), start, cut);
  const { batch, logits } = await evaluatedBatch(held, trained);
  json(join(folder, name, "evaluated.json"), batch);
  const shapeOfLogits = [logits.length / config.vocabSize, config.vocabSize];
  const bytes = writeSafetensors([["logits", { shape: shapeOfLogits, data: logits }]], {});
  writeFileSync(join(folder, name, "logits.safetensors"), Buffer.concat(bytes));
}
json(join(folder, "plan.json"), { ...options, seed, sparsity: SPARSITY, runs, batches });

const loop = join(import.meta.dirname, "reference/mlm_loop.py");
const { status } = spawnSync(python, [loop, folder, "--threads", String(threads)], { stdio: ["ignore", "inherit", "inherit"] });
if (status !== 0) throw new Error(`expected ${python} to end well, got exit code ${status}`);

interface Reference {
  readonly losses: number[];
  readonly missing: string[];
  readonly unexpected: string[];
  /** Largest |difference| of scores, and how many there were. */
  readonly scores: { readonly difference: number; readonly count: number };
}
const reference = JSON.parse(readFileSync(join(folder, "pytorch.json"), "utf8")) as Record<Run, Reference>;
let failed = false;
for (const { name, sparse } of runs) {
  const [own, { losses, missing, unexpected, scores }] = [curves.get(name)!, reference[name]];
  const apart = own.map((loss, at) => Math.abs(loss - losses[at]));
  const worst = Math.max(...apart);
  const first = apart.findIndex((difference) => difference > LOSS_LIMIT);
  const wrong = (!sparse && !(worst <= LOSS_LIMIT)) || losses.length !== updates || own.length !== updates;
  const parts = first < 0 ? "" : `; above ${LOSS_LIMIT} from update ${first + 1} on`;
  console.log(`${name}: ${updates} losses, largest difference ${worst.toExponential(2)}${parts}${wrong ? "   WRONG" : ""}`);
  const names = missing.length + unexpected.length;
  const bad = names > 0 || !(scores.difference <= SCORE_LIMIT);
  console.log(
    `${name}: AutoModelForMaskedLM lacks ${missing.length} tensors and does not know ${unexpected.length}; ${scores.count} scores of masked tokens, largest difference ${scores.difference.toExponential(2)}${bad ? "   WRONG" : ""}`,
  );
  failed ||= wrong || bad;
}
process.exitCode = failed ? 1 : 0;
