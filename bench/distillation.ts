// What a student gains from a teacher's outputs:
//   node bench/distillation.ts --teacher FOLDER --student FOLDER --train FILE --test FILE [--rows 1000] [--unlabelled 0]
//     [--test_rows 872] [--teacher_epochs 0] [--epochs 4] [--seeds 1] [--alpha 0.5] [--temperature 2] [--threads 1]
// The first rows of the files are taken, so that those must be in no order. The teacher reads the mean of its tokens, its head starts as a
// logistic regression, and with --teacher_epochs 0 that is all. Each seed
// trains the student on the same rows: by labels, by labels and teacher, and, with --unlabelled, by these and that many further rows whose
// labels are kept from it, beside labels alone for as many updates. One line of JSON a training: the task's figures on --test.
import { parseArgs } from "node:util";
import { type Dataset, encodeDataset } from "../src/data/index.ts";
import { loadDataset, loadTokenizer } from "../src/data/index-node.ts";
import { executeRun, type RunResult, type RunSpec } from "../src/runs/index.ts";
import { nodeEnvironment } from "../src/runs/index-node.ts";
import { tasks } from "../src/tasks/index.ts";

const { values } = parseArgs({
  options: {
    ...{ teacher: { type: "string" }, student: { type: "string" }, train: { type: "string" }, test: { type: "string" } },
    rows: { type: "string", default: "1000" },
    unlabelled: { type: "string", default: "0" },
    test_rows: { type: "string", default: "872" },
    teacher_epochs: { type: "string", default: "0" },
    epochs: { type: "string", default: "4" },
    seeds: { type: "string", default: "1" },
    alpha: { type: "string", default: "0.5" },
    temperature: { type: "string", default: "2" },
    threads: { type: "string", default: "1" },
  },
});
const { teacher, student, train: trainFile, test: testFile } = values;
if (teacher === undefined || student === undefined || trainFile === undefined || testFile === undefined)
  throw new Error("usage: --teacher FOLDER --student FOLDER --train FILE --test FILE");
const [rows, unlabelled] = [Number(values.rows), Number(values.unlabelled)];
const TASK = "single_label_classification";

const all = await loadDataset(trainFile);
const known: Dataset = { ...all, examples: all.examples.slice(0, rows + unlabelled) };
const given = await loadDataset(testFile, { labels: all.labels });
const test: Dataset = { ...given, examples: given.examples.slice(0, Number(values.test_rows)) };

async function run(model: string, train: Dataset, reported: Dataset, spec: Partial<RunSpec>, logits?: readonly Float32Array[]) {
  const tokenizer = await loadTokenizer(model, { maxLength: 128 });
  const encoded = encodeDataset(tokenizer, train).map((one, at) => (logits ? { ...one, teacher: logits[at] } : one));
  const started = performance.now();
  const result = await executeRun(
    {
      arm: "dense",
      model: { kind: "folder", path: model },
      task: TASK,
      labels: all.labels,
      padTokenId: tokenizer.padTokenId,
      plan: { pattern: "dense" },
      data: { train: encoded, reported: encodeDataset(tokenizer, reported) },
      options: {},
      seed: 1,
      probe: true,
      pooling: "mean",
      device: "cpu",
      threads: Number(values.threads),
      // no checkpoint is continued here, so that a name is enough
      ...(logits && { taughtBy: teacher }),
      ...spec,
    },
    nodeEnvironment,
    { onEvent: () => {} },
  );
  return { result: result!, seconds: (performance.now() - started) / 1000 };
}

const say = (arm: string, seed: number, { figures }: Pick<RunResult, "figures">, seconds: number): void =>
  console.log(JSON.stringify({ arm, seed, ...figures.figures, seconds: Math.round(seconds) }));

const labelled: Dataset = { ...known, examples: known.examples.slice(0, rows) };
// one evaluation for both: what it says of the test rows, and what the student will hear of the others
const asked: Dataset = { ...test, examples: [...test.examples, ...known.examples] };
const taught = await run(teacher, labelled, asked, {
  options: { numTrainEpochs: Number(values.teacher_epochs), learningRate: 5e-5, perDeviceTrainBatchSize: 16, evalStrategy: "no" },
});
const { outputs, distillation } = tasks[TASK];
const { probabilities } = taught.result.record;
const count = test.examples.length;
const figures = outputs!.figures({ labels: all.labels }, probabilities.slice(0, count), test.examples);
say("teacher", 1, { figures }, taught.seconds);
const logits = probabilities.slice(count).map((row) => Float32Array.from(distillation!.logitsOf(row)));

const hidden = { ...known, examples: known.examples.map((one, at) => (at < rows ? one : { ...one, label: -1 })) };
const learning = { distillationAlpha: Number(values.alpha), distillationTemperature: Number(values.temperature) };
const updates = {
  numTrainEpochs: Number(values.epochs),
  learningRate: 1e-4,
  perDeviceTrainBatchSize: 16,
  evalStrategy: "no",
} as const;
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  const arms: readonly (readonly [string, Dataset, object, (readonly Float32Array[])?])[] = [
    ["labels", labelled, updates],
    ["labels and teacher", labelled, { ...updates, ...learning }, logits.slice(0, rows)],
    ...(unlabelled > 0
      ? [
          [
            "labels, as many updates",
            labelled,
            { ...updates, numTrainEpochs: (Number(values.epochs) * (rows + unlabelled)) / rows },
          ] as const,
          ["with unlabelled rows", hidden, { ...updates, ...learning }, logits] as const,
        ]
      : []),
  ];
  for (const [arm, train, options, own] of arms) {
    const { result, seconds } = await run(student, train, test, { options, seed }, own);
    say(arm, seed, result, seconds);
  }
}
