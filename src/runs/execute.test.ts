import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { openStreamedDataset } from "../data/index-node.ts";
import { joined } from "../files/index.ts";
import { topological } from "../graph/index.ts";
import { accuracy, argmax, fitTemperature } from "../metrics/index.ts";
import { modelFiles } from "../models/index.ts";
import { demoTokenizer } from "../studies/index.ts";
import { resolveOptions, type TrainingOptions } from "../training/index.ts";
import { describeRun } from "./checkpoints.ts";
import type { RunEnvironment } from "./environment/environment.ts";
import { nodeEnvironment } from "./environment/environment-node.ts";
import { executeRun } from "./execute.ts";
import type { RunEvent, RunResult, RunSpec } from "./spec.ts";
import { atFirst, tinyRun, tinySentences } from "./tiny-run.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-run-"));
after(() => rmSync(work, { recursive: true, force: true }));

async function run(spec: RunSpec): Promise<RunResult & { events: RunEvent[] }> {
  const events: RunEvent[] = [];
  return { ...(await executeRun(spec, nodeEnvironment, { onEvent: (event) => events.push(event) }))!, events };
}
const filesOf = ({ config, weights }: RunResult) =>
  new Map(Array.from(modelFiles(config, weights!), ([name, pieces]) => [name, joined(pieces)] as const));
const withoutSeconds = ({ record: { seconds, ...record } }: RunResult) => record;

test("the same spec gives the same record and weights, seconds apart", async () => {
  const [a, b] = [await run(tinyRun({ keepWeights: true })), await run(tinyRun({ keepWeights: true }))];
  assert.deepEqual(withoutSeconds(a), withoutSeconds(b));
  assert.ok(isDeepStrictEqual(a.weights, b.weights));
  assert.ok(a.record.seconds > 0);
});

test("frozen parameters keep their bits, and all others move", async () => {
  const start = await run(tinyRun({ keepWeights: true, options: { maxSteps: 1, learningRate: 0 } }));
  const { weights } = await run(tinyRun({ keepWeights: true, options: { freeze: ["embeddings", "0"], weightDecay: 0.1 } }));
  const places: Record<string, number> = {};
  for (const [name, values] of weights!) {
    const isFrozen = /embeddings|layer\.0\./.test(name);
    assert.equal(isDeepStrictEqual(values, start.weights!.get(name)), isFrozen, name);
    places[String(isFrozen)] = (places[String(isFrozen)] ?? 0) + 1;
  }
  assert.ok(places.true >= 15 && places.false >= 2);
});

test("adapters learn while the encoder's weights stay, and are merged into what is kept", async () => {
  const lora = { loraRank: 4, loraTargetModules: ["q_lin", "v_lin", "query", "value"], maxSteps: 20, learningRate: 1e-2 };
  const none = { ...lora, maxSteps: 1, learningRate: 0 };
  const [start, trained] = [
    await run(tinyRun({ keepWeights: true, options: none })),
    await run(tinyRun({ keepWeights: true, options: lora })),
  ];
  assert.deepEqual([...trained.weights!.keys()], [...start.weights!.keys()]);
  assert.ok([...trained.weights!.keys()].every((name) => !name.includes("lora")));
  assert.equal("lora" in trained.config, false);
  const moved = [...trained.weights!].flatMap(([name, values]) =>
    isDeepStrictEqual(values, start.weights!.get(name)) ? [] : [name],
  );
  assert.ok(
    moved.some((name) => /\.(?:query|q_lin)\.weight$/.test(name)),
    moved.join(" "),
  );
  assert.ok(
    moved.every((name) => /\.(?:query|value|q_lin|v_lin)\.weight$|^(?:pre_)?classifier\./.test(name)),
    moved.join(" "),
  );
  assert.ok(trained.record.trainLoss < start.record.trainLoss);
  const started = trained.events.find(({ type }) => type === "started") as Extract<RunEvent, { type: "started" }>;
  assert.ok(started.frozen! > started.parameters);
  // what was evaluated is what is kept
  const again = await run(
    tinyRun({ model: { kind: "files", files: filesOf(trained) }, options: { maxSteps: 1, learningRate: 0, evalStrategy: "no" } }),
  );
  const [own, kept] = [trained, again].map(({ record }) => record.probabilities.flat());
  assert.ok(own.every((p, at) => Math.abs(p - kept[at]) < 1e-5));
});

test("options of adapters need a rank, and leave nothing else to freeze", async () => {
  const refused = (options: Partial<TrainingOptions>, message: RegExp) =>
    assert.rejects(run(tinyRun({ options })), { code: "training/bad-option", message });
  await refused({ loraAlpha: 4 }, /loraRank: expected a rank beside loraAlpha and loraTargetModules, got none/);
  await refused({ loraRank: 2, freeze: ["0"] }, /freeze: expected nothing beside loraRank/);
  await refused({ loraRank: 2, loraTargetModules: ["nothing"] }, /loraTargetModules: expected names among/);
});

test("a frozen encoder learns by its head alone", async () => {
  const options = { freeze: ["encoder"], maxSteps: 30, learningRate: 1e-2, evalStrategy: "no" } as const;
  const { record, weights } = await run(tinyRun({ keepWeights: true, options }));
  const fresh = await run(tinyRun({ keepWeights: true, options: { maxSteps: 1, learningRate: 0 } }));
  const moved = [...weights!].flatMap(([name, values]) => (isDeepStrictEqual(values, fresh.weights!.get(name)) ? [] : [name]));
  assert.ok(moved.length > 0 && moved.every((name) => /classifier|head/.test(name)), moved.join(" "));
  assert.ok(record.trainLoss < fresh.record.trainLoss);
});

test("gradient checkpointing computes more nodes and gives the same weights, and a run may go on with it", async () => {
  const largest = async (spec: RunSpec): Promise<{ nodes: number; result: RunResult | null }> => {
    let nodes = 0;
    const environment: RunEnvironment = {
      ...nodeEnvironment,
      async createRuntime(options) {
        const runtime = await nodeEnvironment.createRuntime(options);
        const compile: typeof runtime.compile = (outputs) => {
          nodes = Math.max(nodes, topological(Object.values(outputs)).length);
          return runtime.compile(outputs);
        };
        return { ...runtime, compile };
      },
    };
    return { result: await executeRun(spec, environment, { onEvent: () => {} }), nodes };
  };
  const [plain, again] = [
    await largest(tinyRun({ keepWeights: true })),
    await largest(tinyRun({ keepWeights: true, options: { gradientCheckpointing: true } })),
  ];
  assert.ok(again.nodes > plain.nodes + 30, `${again.nodes} and ${plain.nodes} nodes`);
  assert.ok(isDeepStrictEqual(again.result!.weights, plain.result!.weights));
  const described = (options: Partial<TrainingOptions>): unknown => describeRun(tinyRun(), resolveOptions(options), "");
  assert.deepEqual(described({ gradientCheckpointing: true }), described({}));
});

test("a batch that does not fit in memory is divided, as if that had been asked for", async () => {
  const notes: string[] = [];
  const of = (options: Partial<TrainingOptions>, availableBytes: RunEnvironment["availableBytes"]) =>
    executeRun(
      tinyRun({ keepWeights: true, options: { maxSteps: 4, perDeviceTrainBatchSize: 12, ...options } }),
      { ...nodeEnvironment, availableBytes },
      { onEvent: (event) => void (event.type === "note" && notes.push(event.text)) },
    );
  const plenty = await of({ autoFindBatchSize: true }, () => 1e12);
  assert.deepEqual(notes, []);
  const divided = await of({ autoFindBatchSize: true }, () => 1);
  assert.match(
    notes.join(),
    /^not even one example fits: a batch of 1 would take 0\.0 GB, 0\.0 GB are free, .*training in batches of 1 may run out/,
  );
  const asked = await of({ perDeviceTrainBatchSize: 1, gradientAccumulationSteps: 12 }, () => undefined);
  assert.ok(isDeepStrictEqual(divided!.weights, asked!.weights));
  assert.ok(!isDeepStrictEqual(divided!.weights, plenty!.weights), "dropout differs from batch to batch");
});

test("the estimate of memory is that of the largest batch", async () => {
  const events: RunEvent[] = [];
  const environment: RunEnvironment = { ...nodeEnvironment, memoryBytes: () => 0 };
  for (const perDeviceTrainBatchSize of [2, 16])
    await executeRun(tinyRun({ estimate: true, options: { maxSteps: 1, perDeviceTrainBatchSize } }), environment, {
      onEvent: (event) => events.push(event),
    });
  const [few, many] = events.flatMap((event) => (event.type === "estimated" ? [event.bytes] : []));
  assert.ok(few > 1e5 && many > 1.5 * few, `${few} and ${many} bytes`);
});

test("seedOffset changes weights and order, not the name of the seed", async () => {
  const [plain, offset] = [
    await run(tinyRun({ keepWeights: true })),
    await run(tinyRun({ keepWeights: true, seedOffset: 1000 })),
  ];
  assert.equal(offset.record.seed, 1);
  assert.notDeepEqual(plain.weights!.get("classifier.weight"), offset.weights!.get("classifier.weight"));
  const other = await run(tinyRun({ keepWeights: true, seed: 1001 }));
  assert.ok(isDeepStrictEqual(other.weights, offset.weights));
});

test("a run is evaluated with sparsity on and off, and under the plans of alsoUnder", async () => {
  const dense = { pattern: "dense" };
  const window = { pattern: "slidingWindow(sparsity=0.6)" };
  const options = { maxSteps: 30 };
  const { record } = await run(tinyRun({ plan: dense, options, alsoUnder: { window, itself: dense } }));
  assert.deepEqual(record.denseProbabilities, record.probabilities);
  assert.deepEqual(record.crossProbabilities!.itself, record.probabilities);
  assert.notDeepEqual(record.crossProbabilities!.window, record.probabilities);
  assert.equal(record.effectiveSparsity, 0);
  const sparse = await run(tinyRun({ plan: window, options }));
  assert.notDeepEqual(sparse.record.denseProbabilities, sparse.record.probabilities);
  const sparsemax = await run(tinyRun({ plan: { pattern: "dense", normaliser: "sparsemax" }, options }));
  assert.notDeepEqual(sparsemax.record.denseProbabilities, sparsemax.record.probabilities);
  assert.equal(sparse.record.crossProbabilities, undefined);
});

test("effective sparsity is measured: near the nominal one for a window, below it where topK rounds up", async () => {
  const of = async (pattern: string): Promise<number> =>
    (await run(tinyRun({ plan: { pattern }, options: { maxSteps: 1 } }))).record.effectiveSparsity;
  assert.ok(Math.abs((await of("slidingWindow(sparsity=0.6)")) - 0.6) < 0.03);
  const lengths = tinySentences(40, "reported").map(({ inputIds }) => inputIds.length);
  const [kept, valid] = [
    lengths.reduce((sum, n) => sum + n * Math.ceil(0.2 * n - 1e-9), 0),
    lengths.reduce((sum, n) => sum + n * n, 0),
  ];
  assert.ok(Math.abs((await of("topK(sparsity=0.8)")) - (1 - kept / valid)) < 1e-9);
  assert.equal(await of("topK(sparsity=0.8, paddedTo=512)"), 0, "padded to 512, k is more than a sentence has");
  const half = await run(tinyRun({ plan: { pattern: "topK(sparsity=0.8)", layers: [0] }, options: { maxSteps: 1 } }));
  assert.ok(Math.abs(half.record.effectiveSparsity - (1 - kept / valid) / 2) < 1e-9, "one of two layers");
});

test("the temperature is the one fitted on the selection split, and null without one", async () => {
  const spec = tinyRun({ options: { maxSteps: 30 } });
  const { record } = await run(spec);
  // with the selection split as the reported one, its probabilities stand in the record
  const shown = await run(tinyRun({ options: { maxSteps: 30 }, data: { ...spec.data, reported: spec.data.selection } }));
  const { probabilities, labels } = shown.record;
  const logits = probabilities.map((row) => row.map(Math.log));
  assert.ok(Math.abs(record.temperature! / fitTemperature(logits, labels) - 1) < 1e-6);
  const none = await run(tinyRun({ data: { ...spec.data, selection: undefined } }));
  assert.deepEqual([none.record.temperature, none.record.bestBySelectionAccuracy, none.record.curve], [null, null, []]);
});

test("loadBestModelAtEnd ends with the weights of the best evaluation", async () => {
  const selection = tinySentences(32, "selection");
  // the reported split is the selection split, so that the record shows what was chosen; at this rate training soon gets worse
  const spec = (loadBestModelAtEnd: boolean): RunSpec =>
    tinyRun({
      data: { train: tinySentences(64), selection, reported: selection },
      options: { maxSteps: 24, evalSteps: 1, learningRate: 0.01, warmupSteps: 0, loadBestModelAtEnd },
    });
  const [best, last] = [await run(spec(true)), await run(spec(false))];
  const scores = best.record.curve.map(({ evalAccuracy }) => evalAccuracy!);
  const shown = ({ record }: RunResult): number => accuracy(record.probabilities.map(argmax), record.labels);
  assert.ok(scores.at(-1)! < Math.max(...scores), "otherwise the test shows nothing");
  assert.equal(shown(best), Math.max(...scores));
  assert.equal(shown(last), scores.at(-1));
});

test("best weights are kept only for those who read them, and leave the last ones in place", async () => {
  const folder = (name: string): string => join(work, name);
  const [kept, not] = [
    await run(tinyRun({ bestBySelection: true, keepWeights: true, checkpoints: folder("kept") })),
    await run(tinyRun({ keepWeights: true, checkpoints: folder("not") })),
  ];
  assert.equal(not.record.bestBySelectionAccuracy, null);
  assert.ok(kept.record.bestBySelectionAccuracy! >= 0 && kept.record.bestBySelectionAccuracy! <= 1);
  assert.ok(isDeepStrictEqual(kept.weights, not.weights));
  assert.deepEqual(kept.record.probabilities, not.record.probabilities);
});

test("training loss is measured on examples drawn over the whole split", async () => {
  const train = tinySentences(800).toSorted((a, b) => a.label - b.label);
  const twice = [...train, ...train.map((example) => ({ ...example, index: example.index + 800 }))].toSorted(
    (a, b) => a.label - b.label,
  );
  const { record } = await run(tinyRun({ data: { train: twice }, options: { maxSteps: 1, learningRate: 0 } }));
  // at its random start the network gives one class to nearly all, so the accuracy tells the share of the labels
  assert.ok(record.trainAccuracy > 0.4 && record.trainAccuracy < 0.6, `${record.trainAccuracy}`);
});

test("events come in order: started, steps with evaluations, and the curve is the evaluations", async () => {
  const { events, record } = await run(tinyRun());
  assert.deepEqual(
    events.map(({ type }) => type),
    ["started", "step", "step", "evaluated", "step", "step", "evaluated", "step", "step", "evaluated"],
  );
  const points = events.flatMap((event) => (event.type === "evaluated" ? [event.point] : []));
  assert.deepEqual(record.curve, points);
  assert.deepEqual(
    points.map(({ step, epoch }) => [step, epoch]),
    [2, 4, 6].map((step) => [step, step / 4]),
  );
});

test("a stopped run continues from its checkpoint to the same record, also with checkpoints written at other times", async () => {
  const whole = await run(tinyRun({ keepWeights: true }));
  const checkpoints = join(work, "stopped");
  const stop = new AbortController();
  const stopped = await executeRun(tinyRun({ checkpoints, keepWeights: true }), nodeEnvironment, {
    signal: stop.signal,
    onEvent: atFirst("evaluated", () => stop.abort()),
  });
  assert.equal(stopped, null);
  assert.deepEqual(readdirSync(checkpoints), ["checkpoint-2.crisp"]);
  const resumed = await run(tinyRun({ checkpoints, keepWeights: true, options: { saveSteps: 1 } }));
  assert.deepEqual(withoutSeconds(resumed), withoutSeconds(whole));
  assert.ok(isDeepStrictEqual(resumed.weights, whole.weights));
  const others = { ...tinyRun().data, selection: tinySentences(16, "selection") };
  await assert.rejects(run(tinyRun({ checkpoints, data: others })), { code: "checkpoint/other-run" });
});

test("a stopped run continues with its adapters and rates, and not with those of another", async () => {
  const options = { loraRank: 2, layerwiseLrDecay: 0.5 };
  const whole = await run(tinyRun({ keepWeights: true, options }));
  const checkpoints = join(work, "adapters");
  const stop = new AbortController();
  const onEvent = atFirst("evaluated", () => stop.abort());
  assert.equal(await executeRun(tinyRun({ checkpoints, options }), nodeEnvironment, { signal: stop.signal, onEvent }), null);
  const resumed = await run(tinyRun({ checkpoints, keepWeights: true, options }));
  assert.ok(isDeepStrictEqual(resumed.weights, whole.weights));
  assert.ok(isDeepStrictEqual(resumed.adapter, whole.adapter) && whole.adapter!.weights.size > 4);
  for (const changed of [{ loraRank: 3 }, { loraAlpha: 1 }, { layerwiseLrDecay: 0.6 }, { loraTargetModules: ["query"] }]) {
    const other = tinyRun({ checkpoints, options: { ...options, ...changed } });
    await assert.rejects(run(other), { code: "checkpoint/other-run" }, JSON.stringify(changed));
  }
});

test("streamed data that changed are refused: between two looks, while they are read, and when the run is continued", async () => {
  const [file, checkpoints] = [join(work, "a.csv"), join(work, "changed")];
  const write = (word: string): void =>
    writeFileSync(file, `text,label\n${Array.from({ length: 9000 }, (_, at) => `the ${word} ${at},${at % 2}`).join("\n")}\n`);
  const { tokenizerJson, tokenizerConfig } = demoTokenizer();
  const files = { "tokenizer.json": tokenizerJson, "tokenizer_config.json": tokenizerConfig };
  const tokenizerFiles = new Map(
    Object.entries(files).map(([name, json]) => [name, new TextEncoder().encode(JSON.stringify(json))]),
  );
  const spec = (fingerprint?: string): RunSpec => {
    const train = { paths: [file], fingerprint, options: { labels: ["0", "1"] }, tokenizerFiles, maxLength: 16 };
    return tinyRun({ checkpoints, data: { ...tinyRun().data, train } });
  };
  write("film");
  const looked = await openStreamedDataset(file);
  await looked.close();
  const stop = new AbortController();
  const signal = stop.signal;
  assert.equal(
    await executeRun(spec(looked.fingerprint), nodeEnvironment, { signal, onEvent: atFirst("saved", () => stop.abort()) }),
    null,
  );
  write("play");
  await assert.rejects(run(spec(looked.fingerprint)), {
    code: "data/changed",
    message: /^a\.csv: .*The data changed between two looks/,
  });
  await assert.rejects(run(spec()), {
    code: "checkpoint/other-run",
    message: /got data that changed, or are read in another way/,
  });
  const onEvent = atFirst("step", () => write("book"));
  const during = executeRun(
    { ...spec(), checkpoints: undefined, options: { ...spec().options, maxSteps: 900 } },
    nodeEnvironment,
    { onEvent },
  );
  await assert.rejects(during, { code: "data/changed", message: /The data changed while they were used/ });
});

test("a stop during the last evaluation gives null, and the run then continues from its last checkpoint", async () => {
  const checkpoints = join(work, "at-the-end");
  const stop = new AbortController();
  const onEvent = (event: RunEvent): void => {
    if (event.type === "saved" && event.step === 6) setImmediate(() => stop.abort());
  };
  assert.equal(await executeRun(tinyRun({ checkpoints }), nodeEnvironment, { signal: stop.signal, onEvent }), null);
  const resumed = await run(tinyRun({ checkpoints }));
  assert.ok(!resumed.events.some(({ type }) => type === "step"), "nothing is trained again");
  assert.deepEqual(withoutSeconds(resumed), withoutSeconds(await run(tinyRun())));
});

test("layers that the encoder lacks are refused before anything is trained", () =>
  assert.rejects(run(tinyRun({ plan: { pattern: "topK(sparsity=0.8)", layers: [2] } })), { code: "pattern/bad-plan" }));

test("dropout that the options name takes the place of the config's, and is written into it", async () => {
  const options = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0.5 };
  const { config, weights } = await run(tinyRun({ keepWeights: true, options }));
  assert.deepEqual([config.hiddenDropout, config.classifierDropout, config.attentionDropout], [0, 0, 0.5]);
  assert.ok(!isDeepStrictEqual(weights, (await run(tinyRun({ keepWeights: true }))).weights));
});

test("R-Drop trains other weights, and is refused where the outputs are no distribution", async () => {
  const [plain, twice] = [
    await run(tinyRun({ keepWeights: true })),
    await run(tinyRun({ keepWeights: true, options: { rDropAlpha: 4 } })),
  ];
  assert.ok(!isDeepStrictEqual(plain.weights, twice.weights));
  assert.equal(twice.record.steps, plain.record.steps);
  await assert.rejects(run(tinyRun({ task: "regression", labels: ["score"], options: { rDropAlpha: 1 } })), {
    code: "training/bad-option",
    message: "rDropAlpha: expected 0 in regression, whose outputs are no distribution, got 1.",
  });
});

test("DropAttention trains other weights than dropout of single probabilities, and evaluates as it does", async () => {
  const options = { attentionProbsDropoutProb: 0.3 };
  const of = (dropout?: string) =>
    run(tinyRun({ keepWeights: true, options, plan: { pattern: "slidingWindow(sparsity=0.6)", dropout } }));
  const [standard, columns, elements] = [await of(), await of("columns"), await of("elements")];
  for (const other of [columns, elements]) assert.ok(!isDeepStrictEqual(other.weights, standard.weights));
  assert.equal(columns.record.effectiveSparsity, standard.record.effectiveSparsity);
});
