import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { VERSION } from "../../../api/index.ts";
import { parsePattern } from "../../../attention/index.ts";
import {
  type BenchResults,
  batchOf,
  LENGTHS,
  type MachineSpeed,
  measureInChild,
  modelShapes,
  type OneResult,
  sweep,
  type Timing,
  withBlockWidth,
} from "../../../bench/index-node.ts";
import { counted, expectedGot } from "../../../errors/index.ts";
import { writeOwnFiles } from "../../../files/index-node.ts";
import { benchChart, machineLine, paysSentence, renderBenchReport, wrongChoices } from "../../../report/index.ts";
import { cpuFeatures } from "../../../runs/index-node.ts";
import { inOutputFolder } from "../../in-output-folder.ts";
import type { Output } from "../../output.ts";
import { type Context, defineVerb } from "../../verb.ts";
import { resultLines } from "./lines.ts";
import { BENCH_OPTIONS, checkGiven } from "./options.ts";

type BenchContext = Context<typeof BENCH_OPTIONS>;

export const bench = defineVerb({
  name: "bench",
  summary: "measure this machine, and say from which length on sparse attention is faster",
  usage: "[attention|step] [options]",
  positionals: [
    {
      name: "subject",
      help: "attention: the attention core, forward and backward; step: a whole training step; left out: the machine, and attention by pattern and length.",
    },
  ],
  options: BENCH_OPTIONS,
  examples: [
    "crisp bench --output_dir bench",
    "crisp bench attention --pattern 'block(sparsity=0.8)' --length 4096 --json",
    "crisp bench step --model minilm --batch 32 --length 128 --attention dense --json",
  ],
  async run(context) {
    const [subject = "sweep"] = context.positionals;
    if (!Object.hasOwn(subjects, subject))
      throw expectedGot("cli/bad-option", "crisp bench", "attention, step or no subject", subject);
    checkGiven(context.given, subject);
    return subjects[subject](context);
  },
});

const subjects: Readonly<Record<string, (context: BenchContext) => Promise<number>>> = {
  attention: attentionAlone,
  step: wholeStep,
  sweep: (context) => everything(context),
};

/** What other figures stand against. */
async function ceilings({ threads, rounds }: BenchContext["options"]): Promise<MachineSpeed> {
  return (await measureInChild("machine", { rounds }, { threads })).measured;
}

/** One side alone: ONNX Runtime takes more memory in its second run than in its first, and no more later. */
const FOR_PEAK = { rounds: 1, checks: false };

/** What identifies the machine in every result. */
const machineFacts = () => ({
  ...{ crisp: VERSION, node: process.versions.node, cpu: cpus()[0]?.model.trim() ?? "unknown", features: cpuFeatures() },
  cores: availableParallelism(),
  date: new Date().toISOString(),
});

async function attentionAlone({ options, output }: BenchContext): Promise<number> {
  const { length = 1024, heads, headWidth, rounds, threads, attentionCore: core } = options;
  const { batch = batchOf(length) } = options;
  const asked = options.attention ?? "block(sparsity=0.8)";
  const pattern = withBlockWidth(asked, length);
  parsePattern(pattern); // mistakes come before measuring
  if (pattern !== asked) output.say(`${asked}: no size given, so the width that suits ${counted(length, "token")}: ${pattern}`);
  const [start] = loadavg();
  const machine = await ceilings(options);
  const job = { patterns: [{ pattern, core }], dense: true, checks: true, rounds, length, batch, heads, headWidth };
  const alone = { ...job, ...FOR_PEAK };
  const denseAlone = await measureInChild("attention", { ...alone, patterns: [] }, { threads });
  const sparseAlone = await measureInChild("attention", { ...alone, dense: false }, { threads });
  const { measured, peakBytes } = await measureInChild("attention", job, { threads });
  const [{ timing, ...sparse }] = measured.sparse;
  const peaks = { peakBytes, densePeakBytes: denseAlone.peakBytes, sparsePeakBytes: sparseAlone.peakBytes };
  return say(output, {
    ...{ subject: "attention", ...sparse, effectiveSparsity: sparse.effectiveSparsity!, length, batch, heads, headWidth, rounds },
    ...timesOf(measured.dense!, timing),
    ...{ ...machine, ...peaks, ...machineFacts(), loadAverage: [start, loadavg()[0]] },
  });
}

async function wholeStep({ options, output }: BenchContext): Promise<number> {
  const { attention = "dense", attentionCore: core, length = 128, batch = 32, rounds, threads } = options;
  const { modelNameOrPath: model = "distilbert" } = options;
  const config = readConfig(model);
  parsePattern(attention);
  const [start] = loadavg();
  const machine = await ceilings(options);
  const job = { config, attention, core, length, batch, rounds, dense: true, sparse: true, checks: true };
  const { measured, peakBytes } = await measureInChild("step", job, { threads });
  const { dense, sparse, ...rest } = measured;
  const alone = async (side: "dense" | "sparse") =>
    (await measureInChild("step", { ...job, ...FOR_PEAK, dense: false, sparse: false, [side]: true }, { threads })).peakBytes;
  // of one that is dense anyway, the peak is known
  const peaks = sparse
    ? { peakBytes, densePeakBytes: await alone("dense"), sparsePeakBytes: await alone("sparse") }
    : { peakBytes, densePeakBytes: peakBytes, sparsePeakBytes: null };
  return say(output, {
    ...{ subject: "step", model, ...rest, effectiveSparsity: rest.effectiveSparsity!, length, batch, rounds },
    ...timesOf(dense!, sparse),
    ...{ ...machine, ...peaks, ...machineFacts(), loadAverage: [start, loadavg()[0]] },
  });
}

/** @throws `cli/bad-option`. */
function readConfig(model: string): unknown {
  if (Object.hasOwn(modelShapes, model)) return modelShapes[model];
  const file = join(model, "config.json");
  const rule = `${Object.keys(modelShapes).join(", ")}, or a folder with a config.json`;
  if (!existsSync(file)) throw expectedGot("cli/bad-option", "crisp bench step --model", rule, model);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw expectedGot("cli/bad-option", file, "a file that holds JSON", (error as Error).message);
  }
}

const timesOf = (dense: Timing, sparse: Timing | undefined) => ({
  denseMs: dense.medianMs,
  sparseMs: sparse?.medianMs ?? null,
  speedup: sparse ? dense.medianMs / sparse.medianMs : null,
  denseRangeMs: [dense.leastMs, dense.mostMs] as const,
  sparseRangeMs: sparse ? ([sparse.leastMs, sparse.mostMs] as const) : null,
});

function say(output: Output, result: OneResult): number {
  for (const line of resultLines(result)) output.say(line);
  output.record(result);
  return 0;
}

const everything = (context: BenchContext): Promise<number> =>
  inOutputFolder(context.options.outputDir, { what: "measurement", files: FILES }, () => measureAll(context));

async function measureAll({ options, given, output }: BenchContext): Promise<number> {
  const { heads, headWidth, threads, attention, batch, timeBudget, outputDir: folder } = options;
  const { rounds } = given.has("rounds") ? options : { rounds: SWEEP_ROUNDS };
  if (attention !== undefined) parsePattern(withBlockWidth(attention, LENGTHS[0]));
  const [start] = loadavg();
  const machine = await ceilings(options);
  const lengths = await sweep(
    async (job) => (await measureInChild("attention", job, { threads })).measured,
    {
      ...{ heads, headWidth, rounds, batch, pattern: attention, budgetMs: 1000 * timeBudget },
      core: given.has("attentionCore") ? options.attentionCore : undefined,
    },
    { onLength: (length) => output.note(`measuring ${counted(length, "token")} …`) },
  );
  const [end] = loadavg();
  const results: BenchResults = {
    ...{ ...machineFacts(), ...machine, loadAverage: [start, end], heads, headWidth, rounds, ...lengths },
  };
  show(results, output);
  output.record(results);
  if (folder !== undefined) {
    const text = new TextEncoder();
    const pages = [`${JSON.stringify(results, null, 2)}\n`, renderBenchReport(results)];
    writeOwnFiles(folder, new Map(FILES.map((name, at) => [name, [text.encode(pages[at])]])));
    output.print(`report  ${join(folder, "bench.html")}`);
  }
  return 0;
}

const FILES = ["bench.json", "bench.html"];
/** Fewer than for one figure: patterns and lengths are many. */
const SWEEP_ROUNDS = 3;

function show(results: BenchResults, output: Output): void {
  output.say(machineLine(results));
  output.say(`MatMul 1024³ ${results.matmulGflops.toFixed(0)} GFLOP/s · copy ${results.copyGigabytesPerSecond.toFixed(1)} GB/s`);
  output.print();
  output.print(output.style("bold", "How many times as fast as dense attention, by tokens a text"));
  for (const line of benchChart(results)) output.print(line);
  output.print();
  for (const series of results.series) {
    const pays = series.breakEven !== null;
    output.say(`${output.style(pays ? "green" : "yellow", pays ? "pays" : "no")}  ${paysSentence(series)}`);
  }
  for (const { length, why } of results.skipped) output.say(`left out  ${length} tokens: ${why}`);
  for (const choice of wrongChoices(results)) output.say(`note  ${choice}`);
  output.print();
  output.say("Attention is one part of a training step: crisp bench step --attention PATTERN measures the whole.");
}
