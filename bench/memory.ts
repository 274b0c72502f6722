// Peak memory of a training step, with and without gradient checkpointing, each case in a process of its own:
//   node bench/memory.ts [--python <python with torch and transformers>] [--only minilm-4096,bert-512] [--limit 10] [--out bench/memory-results.json]
// Random weights, two threads, two updates (--updates); the figure is the process's largest resident set. The machine may be busy: nothing is timed.
// A process that passes the limit (GiB) is stopped. Linux only.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parsePattern } from "../src/attention/index.ts";
import type { BatchContext } from "../src/batch/index.ts";
import { bindShape, elements } from "../src/graph/index.ts";
import { buildModel, initialise, parameterSpecs, parseEncoderConfig } from "../src/models/index.ts";
import { coreOf } from "../src/runs/index.ts";
import { createRuntime } from "../src/runtime/index-node.ts";
import { createTrainStep, gradientNorm, resolveOptions, update } from "../src/training/index.ts";

interface Shape {
  readonly config: object;
  readonly batch: number;
  readonly length: number;
}
const minilm = { model_type: "bert", num_hidden_layers: 6, hidden_size: 384, num_attention_heads: 12, intermediate_size: 1536 };
const xlmRoberta = {
  model_type: "xlm-roberta",
  vocab_size: 250002,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  pad_token_id: 1,
};
const shapes: Readonly<Record<string, Shape>> = {
  "distilbert-128": { config: { model_type: "distilbert" }, batch: 32, length: 128 },
  "bert-512": { config: { model_type: "bert" }, batch: 16, length: 512 },
  "bert-512-small": { config: { model_type: "bert" }, batch: 4, length: 512 },
  "xlm-roberta-128": { config: xlmRoberta, batch: 16, length: 128 },
  "xlm-roberta-512": { config: xlmRoberta, batch: 16, length: 512 },
  "minilm-4096": { config: { ...minilm, max_position_embeddings: 4096 }, batch: 1, length: 4096 },
};
const attentions = ["dense", "block(sparsity=0.8, size=64)"];

const { values: args } = parseArgs({
  options: {
    only: { type: "string" },
    python: { type: "string" },
    out: { type: "string" },
    limit: { type: "string", default: "10" },
    updates: { type: "string", default: "2" },
    case: { type: "string" },
  },
});

const UPDATES = Number(args.updates);

interface Case {
  readonly shape: string;
  readonly attention: string;
  readonly gradientCheckpointing: boolean;
}

/** One case, in this process. */
async function measure({ shape, attention, gradientCheckpointing }: Case): Promise<object> {
  const { config: json, batch: B, length: n } = shapes[shape];
  const config = parseEncoderConfig(json);
  const runtime = await createRuntime({ threads: 2 });
  const plan = { pattern: parsePattern(attention) };
  const { core } = coreOf(plan, config, runtime, n);
  const graph = buildModel(config, { plan, core, training: true });
  const context: BatchContext = {
    ...{ bindings: { B, n }, lengths: new Int32Array(B).fill(n), examples: Int32Array.from({ length: B }, (_, at) => at) },
    inputIds: Int32Array.from({ length: B * n }, (_, at) => 1000 + ((at * 7919) % (config.vocabSize - 1000))),
    ...{ tokenTypeIds: new Int32Array(B * n), labels: Int32Array.from({ length: B }, (_, at) => at % 2) },
    ...{ seed: 1, step: 0, training: true, strength: 1, labelSmoothing: 0, lossDivisor: B },
  };
  const masks = graph.inputs.filter(({ fill }) => fill.kind === "dropout").map(({ node }) => bindShape(node.shape, { B, n }));
  const step = await createTrainStep<BatchContext>(graph, {
    ...{ runtime, parameters: parameterSpecs(config), values: initialise(config, 1), largest: [{ B, n }] },
    ...{ gradientCheckpointing, accumulates: false },
  });
  const options = resolveOptions({});
  const peaks: number[] = [];
  const losses: number[] = [];
  for (let at = 0; at < UPDATES; at++) {
    losses.push(await step.run([context], { seed: 1, step: at }));
    await update(step.state, options, { norm: gradientNorm(step.state, at), step: at, learningRate: 5e-5 });
    peaks.push(megabytes(process.resourceUsage().maxRSS * 1024));
  }
  return {
    core: core.name,
    peakMegabytes: peaks.at(-1),
    afterFirstUpdate: peaks[0],
    dropoutMaskMegabytes: megabytes(masks.reduce((sum, mask) => sum + elements(mask), 0)),
    losses,
  };
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** The last line that a process prints, or why there is none. */
async function answerOf(command: string, given: readonly string[]): Promise<object> {
  const child = spawn(command, given, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr, failed] = ["", "", ""];
  child.stdout.on("data", (text) => void (stdout += text));
  child.stderr.on("data", (text) => void (stderr += text));
  const watch = setInterval(() => {
    const pages = Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]);
    if (pages * 4096 < Number(args.limit) * 2 ** 30) return;
    failed = `more than ${args.limit} GiB`;
    child.kill("SIGKILL");
  }, 50);
  const status = await new Promise<number | null>((done) => child.on("close", done));
  clearInterval(watch);
  if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1)!);
  return { failed: failed || (/\w*Error.*: .*/.exec(stderr)?.[0] ?? stderr.slice(-300)) };
}

if (args.case !== undefined) {
  console.log(JSON.stringify(await measure(JSON.parse(args.case))));
} else {
  const results: object[] = [];
  const keep = (record: object): void => {
    results.push(record);
    console.log(JSON.stringify(record));
  };
  for (const [shape, { config, batch, length }] of Object.entries(shapes)) {
    if (args.only !== undefined && !args.only.split(",").includes(shape)) continue;
    for (const gradientCheckpointing of [false, true]) {
      for (const attention of attentions) {
        const subject: Case = { shape, attention, gradientCheckpointing };
        const answer = await answerOf(process.execPath, [
          import.meta.filename,
          "--updates",
          args.updates,
          "--case",
          JSON.stringify(subject),
        ]);
        keep({ engine: "crisp", ...subject, batch, length, ...answer });
      }
      for (const attention of args.python === undefined ? [] : ["sdpa", "eager"]) {
        const subject = { config, batch, length, attention, gradientCheckpointing, updates: UPDATES };
        const script = join(import.meta.dirname, "pytorch_memory.py");
        const answer = await answerOf(args.python!, [script, JSON.stringify(subject)]);
        keep({ engine: "pytorch", shape, attention, gradientCheckpointing, batch, length, ...answer });
      }
    }
  }
  if (args.out !== undefined)
    writeFileSync(args.out, `[\n${results.map((record) => `  ${JSON.stringify(record)}`).join(",\n")}\n]\n`);
}
