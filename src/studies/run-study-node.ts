import { rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { checkPlan, flopsPerExample } from "../attention/index.ts";
import { encodeDataset } from "../data/index.ts";
import { parseEncoderConfig, storedModel, validPairs } from "../models/index.ts";
import { loadModelFolder } from "../models/index-node.ts";
import type { Device, MappedSentence, RunEvent, RunSpec } from "../runs/index.ts";
import { planOf } from "../runs/index.ts";
import { type RunWorker, startRunWorker } from "../runs/index-node.ts";
import { resolveOptions } from "../training/index.ts";
import { checkStudy } from "./check-definition.ts";
import type { Arm, StudyDefinition } from "./definition.ts";
import type { AttentionMap, StudyResults } from "./records.ts";
import { studyResults } from "./statistics/index.ts";
import { type StoredRun, type StudyPlan, StudyStore } from "./store-folder-node.ts";

/** What happens while a study goes on. */
export type StudyEvent =
  | { readonly type: "run"; readonly configuration: string; readonly seed: number; readonly event: RunEvent }
  | {
      readonly type: "run-finished";
      readonly run: StoredRun;
      readonly resumed: boolean;
      readonly done: number;
      readonly total: number;
    };

export interface StudyOptions {
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StudyEvent) => void;
  /** Runs at once, each in a process of its own with its share of the cores; default by the encoder's size. */
  readonly parallelRuns?: number;
  /** What computes; default `cpu`. `auto` is for the caller to settle, once for all runs. */
  readonly device?: Exclude<Device, "auto">;
  /** Updates between checkpoints of a run; runs of small encoders take seconds and keep none. */
  readonly saveSteps?: number;
}

/** Below this many multiplications a step is too small to share between cores, so runs share them instead. */
const SMALL_ENCODER_WIDTH = 128;
/** Sentences whose attention the report shows. */
const MAPPED = 3;

/**
 * Run every configuration × seed of a study, and aggregate.
 *
 * Runs that the folder already holds are not done again, and a run that was stopped goes on from its checkpoint, so that an
 * interrupted study continues where it was. Seeds vary slowest: whenever it stops, the seeds so far are whole.
 *
 * @returns The results and one JSON line an example and run; null when the signal stopped it.
 * @throws `study/bad-spec` and what plans and options throw, before anything is trained; `study/other-study`, `study/busy`,
 *   `study/corrupt`; what a run throws.
 * @example
 * const finished = await runStudy(definition, { folder: "runs/sst2" });
 */
export async function runStudy(
  definition: StudyDefinition,
  options: StudyOptions,
): Promise<{ readonly results: StudyResults; readonly predictions: string } | null> {
  checkStudy(definition);
  resolveOptions(definition.options);
  const config = encoderConfig(definition);
  for (const { plan } of definition.configurations) checkPlan(planOf(plan), config);
  const store = new StudyStore(options.folder, definition);
  try {
    return await runIn(store, definition, config, options);
  } finally {
    store.close();
  }
}

async function runIn(
  store: StudyStore,
  definition: StudyDefinition,
  config: ReturnType<typeof encoderConfig>,
  options: StudyOptions,
): ReturnType<typeof runStudy> {
  const small = config.hiddenSize <= SMALL_ENCODER_WIDTH;
  const cores = availableParallelism();
  const onCpu = (options.device ?? "cpu") === "cpu";
  const parallel = Math.max(1, options.parallelRuns ?? (small && onCpu ? cores : 1));
  const threads = Math.max(1, Math.floor(cores / parallel));

  const encoded = encodeData(definition);
  const runs: StoredRun[] = [];
  const todo: { arm: Arm; seed: number }[] = [];
  const total = definition.seeds.length * definition.configurations.length;
  const finished = (run: StoredRun, resumed: boolean): void => {
    runs.push(run);
    options.onEvent?.({ type: "run-finished", run, resumed, done: runs.length, total });
  };
  for (const seed of definition.seeds) {
    for (const arm of definition.configurations) {
      const known = store.finished(arm.name, seed);
      if (known) finished(known, true);
      else todo.push({ arm, seed });
    }
  }

  const specOf = (arm: Arm, seed: number): RunSpec => {
    const dense = arm.plan.pattern === "dense" && arm.seedOffset === undefined;
    const sparse = definition.configurations.filter(({ plan }) => plan.pattern !== "dense");
    return {
      configuration: arm.name,
      model: definition.model,
      labels: definition.data.train.labels,
      padTokenId: definition.tokenizer.padTokenId,
      plan: arm.plan,
      alsoUnder: dense ? Object.fromEntries(sparse.map(({ name, plan }) => [name, plan])) : undefined,
      data: encoded,
      options: { ...definition.options, saveSteps: options.saveSteps ?? definition.options.saveSteps },
      bestBySelection: true,
      seed,
      seedOffset: arm.seedOffset,
      checkpoints: small ? undefined : store.checkpoints(arm.name, seed),
      device: options.device,
      threads,
    };
  };
  await inParallel(parallel, todo, options.signal, async (worker, { arm, seed }) => {
    const result = await worker.run(specOf(arm, seed), {
      signal: options.signal,
      onEvent: (event) => options.onEvent?.({ type: "run", configuration: arm.name, seed, event }),
    });
    if (!result) return;
    store.keep(result);
    rmSync(store.checkpoints(arm.name, seed), { recursive: true, force: true });
    finished(result, false);
  });
  if (runs.length < total) return null;
  const lengths = encoded.reported.map(({ inputIds }) => inputIds.length);
  return { results: aggregate(definition, store.plan, runs, config, lengths), predictions: predictionLines(definition, runs) };
}

function encoderConfig({ model }: StudyDefinition) {
  if (model.kind === "files") return storedModel(model.files).config;
  return model.kind === "folder" ? loadModelFolder(model.path).config : parseEncoderConfig(model.config);
}

function encodeData({ tokenizer, data, fresh = [] }: StudyDefinition) {
  const reported = encodeDataset(tokenizer, data.reported);
  const mapped: MappedSentence[] = reported.slice(0, MAPPED).map((example, at) => ({
    text: data.reported.examples[at].text,
    tokens: tokenizer.tokens(example.inputIds),
    encoded: example,
  }));
  return {
    train: encodeDataset(tokenizer, data.train),
    selection: data.selection && encodeDataset(tokenizer, data.selection),
    reported,
    mapped,
    fresh: fresh.map(({ text, label }, index) => ({ index, label, ...tokenizer.encode(text) })),
  };
}

/** Hand jobs to workers, one at a time each, until all are done or the signal stops them. */
async function inParallel<Job>(
  count: number,
  jobs: Job[],
  signal: AbortSignal | undefined,
  work: (worker: RunWorker, job: Job) => Promise<void>,
): Promise<void> {
  const queue = [...jobs];
  const lane = async (): Promise<void> => {
    if (queue.length === 0) return;
    const worker = startRunWorker(count > 1 ? "process" : "thread");
    try {
      for (let job = queue.shift(); job !== undefined && !signal?.aborted; job = queue.shift()) await work(worker, job);
    } catch (error) {
      queue.length = 0; // the other lanes finish what they have and stop
      throw error;
    } finally {
      await worker.close();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

function aggregate(
  definition: StudyDefinition,
  { claims, looks }: StudyPlan,
  runs: readonly StoredRun[],
  config: ReturnType<typeof encoderConfig>,
  lengths: readonly number[],
): StudyResults {
  const { hiddenSize, intermediateSize, layers, heads } = config;
  const length = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  const whole = Math.max(1, Math.round(length));
  const validShare = validPairs(config, whole) / (whole ** 2 * heads * layers);
  const gated = config.family === "modernbert";
  const { runtime } = runs[0];
  return studyResults(
    runs.map(({ record }) => record),
    {
      study: definition.study,
      corpus: definition.corpus,
      synthetic: definition.synthetic,
      planted: definition.planted,
      claims,
      looks,
      examples: {
        train: definition.data.train.examples.length,
        selection: definition.data.selection?.examples.length ?? 0,
      },
      configurations: definition.configurations.map(({ name, plan, nominalSparsity }) => ({
        name,
        pattern: plan.pattern,
        nominalSparsity,
      })),
      flops: (_, effectiveSparsity) =>
        flopsPerExample({ hiddenSize, intermediateSize, layers, length, validShare, gated, effectiveSparsity }),
      attentionMaps: attentionMaps(definition, runs),
      environment: {
        runtime: `${runtime.name} ${runtime.version}`,
        threads: runtime.threads,
        node: process.versions.node,
        cpu: cpus()[0]?.model.trim() ?? "unknown",
        cores: availableParallelism(),
      },
      command: definition.command,
      createdAt: new Date().toISOString(),
    },
  );
}

/** Maps of the first seed's runs, side by side. */
function attentionMaps({ seeds, configurations }: StudyDefinition, runs: readonly StoredRun[]): AttentionMap[] {
  const first = configurations.map(({ name }) => {
    return runs.find(({ record }) => record.configuration === name && record.seed === seeds[0])!;
  });
  return first[0].maps.map(({ text, tokens, layer, head }, at) => ({
    sentence: text,
    tokens,
    layer,
    head,
    probabilities: Object.fromEntries(configurations.map(({ name }, i) => [name, first[i].maps[at].probabilities])),
  }));
}

/** One line an example and run: what the model said, attention as trained. */
function predictionLines(definition: StudyDefinition, runs: readonly StoredRun[]): string {
  const { examples } = definition.data.reported;
  const lines = runs.flatMap(({ record: { configuration, seed, probabilities, labels } }) =>
    probabilities.map((row, at) =>
      JSON.stringify({ configuration, seed, index: examples[at].index, label: labels[at], probabilities: row }),
    ),
  );
  return `${lines.join("\n")}\n`;
}
