import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Encoded } from "../data/index.ts";
import { joined } from "../files/index.ts";
import { modelFiles } from "../models/index.ts";
import { nodeEnvironment } from "./environment/environment-node.ts";
import { executeRun } from "./execute.ts";
import type { RunSpec } from "./spec.ts";
import { atFirst, tinyRun, tinySentences } from "./tiny-run.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-taught-"));
after(() => rmSync(work, { recursive: true, force: true }));

const run = async (spec: RunSpec) => (await executeRun(spec, nodeEnvironment, { onEvent: () => {} }))!;
/** A teacher that knows the labels, and is sure of them. */
const taught = (examples: readonly Encoded[], sure = 4): Encoded[] =>
  examples.map((example) => ({ ...example, teacher: Float32Array.of(sure * (1 - example.label), sure * example.label) }));
const withoutLabels = (examples: readonly Encoded[]): Encoded[] => examples.map((example) => ({ ...example, label: -1 }));
const learning = { distillationAlpha: 0.5, distillationTemperature: 2 };
const train = tinySentences(64);
const taughtRun = (examples: readonly Encoded[], changes: Partial<RunSpec> = {}): RunSpec =>
  tinyRun({
    taughtBy: "sure",
    keepWeights: true,
    ...changes,
    data: { train: examples },
    options: { ...learning, ...changes.options },
  });

test("rows without a label learn from the teacher alone, and from nothing without it", async () => {
  const [labelled, others] = [taught(train.slice(0, 8)), withoutLabels(taught(train.slice(8)))];
  const options = { maxSteps: 60, learningRate: 5e-3, evalStrategy: "no" } as const;
  const [by, alone] = [
    await run(taughtRun([...labelled, ...others], { options })),
    await run(taughtRun([...labelled, ...others], { options: { ...options, distillationAlpha: 0 } })),
  ];
  assert.ok(by.figures.loss < 0.8 * alone.figures.loss, `${by.figures.loss}, ${alone.figures.loss}`);
  // figures of training are those of rows that have a label
  assert.ok(by.record.trainLoss >= 0 && by.record.trainAccuracy >= 7 / 8);
});

test("a stopped run continues to the same weights, by outputs of other last bits too, and one by another teacher is refused", async () => {
  const checkpoints = join(work, "stopped");
  const options = { saveSteps: 2 };
  const whole = await run(taughtRun(taught(train), { options }));
  const stop = new AbortController();
  const spec = taughtRun(taught(train), { checkpoints, options });
  const onEvent = atFirst("saved", () => stop.abort());
  assert.equal(await executeRun(spec, nodeEnvironment, { signal: stop.signal, onEvent }), null);
  assert.equal(readdirSync(checkpoints).length, 1);
  const other = { checkpoints, options, taughtBy: "less sure" };
  await assert.rejects(run(taughtRun(taught(train), other)), { code: "checkpoint/other-run" });
  const colder = { ...options, distillationTemperature: 1 };
  await assert.rejects(run(taughtRun(taught(train), { checkpoints, options: colder })), { code: "checkpoint/other-run" });
  const copied = join(work, "elsewhere");
  cpSync(checkpoints, copied, { recursive: true });
  const elsewhere = await run(taughtRun(taught(train, 4 + 2 ** -20), { checkpoints: copied, options }));
  for (const [name, values] of whole.weights!)
    for (const [at, value] of values.entries()) assert.ok(Math.abs(value - elsewhere.weights!.get(name)![at]) < 1e-5);
  const resumed = await run(spec);
  assert.ok(isDeepStrictEqual(resumed.weights, whole.weights));
});

test("options of distillation are refused without a teacher, and in a task that learns from none", async () => {
  const bad = (message: RegExp) => ({ code: "training/bad-option", message });
  await assert.rejects(run(tinyRun({ options: learning })), bad(/^distillationAlpha: expected a teacher beside it, got none/));
  await assert.rejects(
    run(tinyRun({ data: { train: taught(train) }, taughtBy: "sure", options: { distillationTemperature: 2 } })),
    bad(/^distillationTemperature: expected a teacher/),
  );
  await assert.rejects(
    run(taughtRun(taught(train), { taughtBy: undefined })),
    bad(/^taughtBy: expected the hash of the teacher/),
  );
  const contrastive = taughtRun(taught(train), { task: "contrastive", labels: [] });
  await assert.rejects(run(contrastive), bad(/^distillationAlpha: expected none in contrastive, which learns from no teacher/));
});

test("fewer layers are taken of a model with weights only, and an adapter of them is none of that model", async () => {
  const whole = await run(tinyRun({ keepWeights: true }));
  const files = new Map(Array.from(modelFiles(whole.config, whole.weights!), ([name, parts]) => [name, joined(parts)]));
  const options = { numHiddenLayers: 1, loraRank: 2, learningRate: 0 };
  const { config, weights, adapter } = await run(tinyRun({ model: { kind: "files", files }, keepWeights: true, options }));
  assert.deepEqual([config.layers, adapter], [1, undefined]);
  const first = [...weights!].filter(([name]) => /\.layer\.0\./.test(name));
  assert.ok(first.length > 4 && first.every(([name, values]) => isDeepStrictEqual(values, whole.weights!.get(name))));
  assert.ok([...weights!.keys()].every((name) => !/\.layer\.1\./.test(name)));
  await assert.rejects(run(tinyRun({ options: { numHiddenLayers: 1 } })), {
    code: "training/bad-option",
    message: /^numHiddenLayers: expected a model with weights to start from, got a fresh one/,
  });
});
