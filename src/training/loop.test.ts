import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { input, mul, parameter, sqrt, sumAll } from "../graph/index.ts";
import { createReferenceRuntime, type Runtime } from "../runtime/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import type { TrainingEvent } from "./events.ts";
import { plannedSteps, trainLoop } from "./loop.ts";
import { defaultOptions, resolveOptions } from "./options.ts";
import { fingerprint, ofType, runTiny } from "./run-tiny.fixture.ts";
import { HostTrainStep } from "./step/host-step.ts";
import { type TinyContext, tinyBatches } from "./tiny-task.fixture.ts";

const reference = createReferenceRuntime();
const runtimes: Record<string, Runtime> = { reference, "ONNX Runtime": await createRuntime({ threads: 1 }) };

const folders: string[] = [];
const newFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), "crisp-loop-")));
  return folders[folders.length - 1];
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Stops a run after a number of updates, as Ctrl-C does. */
function stopAfter(updates: number) {
  const abort = new AbortController();
  const onEvent = (event: TrainingEvent): void => {
    if (event.type === "step" && event.step === updates) abort.abort();
  };
  return { signal: abort.signal, onEvent };
}

/** Scores in turn, one an evaluation. */
const scores = (...given: number[]) => {
  let at = 0;
  return async () => ({ metrics: { accuracy: given[at] }, score: given[at++] });
};

for (const [where, runtime] of Object.entries(runtimes)) {
  describe(`training on ${where}`, () => {
    test("overfits one batch", async () => {
      const batches = tinyBatches({ examples: 12, batchSize: 12 });
      const { events } = await runTiny({ runtime, batches, dropout: 0, options: { maxSteps: 120, learningRate: 0.05 } });
      const losses = ofType(events, "step").map(({ loss }) => loss);
      assert.ok(losses[0] > 1, `starts at ${losses[0]}`);
      assert.ok(losses[119] < 0.02, `ends at ${losses[119]}`);
    });

    test("the same seed gives the same bits, another seed does not", async () => {
      const [a, b, c] = [await runTiny({ runtime }), await runTiny({ runtime }), await runTiny({ runtime, seed: 4 })];
      assert.deepEqual(a.outcome, b.outcome);
      assert.notEqual(a.outcome.state, c.outcome.state);
    });

    test("a run stopped after any update and resumed equals an uninterrupted one bit for bit", async () => {
      // 5 batches in groups of 2 make 3 updates an epoch, the last of one batch: stops fall within epochs and between them
      const options = { gradientAccumulationSteps: 2, evalStrategy: "steps", evalSteps: 2, saveSteps: 100 } as const;
      // the score is a function of the weights, so that it must come back too
      const evaluate = async ({ state }: { state: Parameters<typeof fingerprint>[0] }) => {
        const score = state.arrays.get("w2")!.value.array[5];
        return { metrics: { score, broken: Number.NaN }, score };
      };
      const whole = await runTiny({ runtime, options, evaluate, keepBest: true });
      assert.equal(whole.outcome.progress.step, 9);
      assert.equal(whole.outcome.progress.evaluations.length, 4);
      for (let updates = 1; updates < 9; updates++) {
        const folder = newFolder();
        const first = await runTiny({ runtime, options, evaluate, keepBest: true, folder, ...stopAfter(updates) });
        assert.equal(first.result.finished, false);
        const second = await runTiny({ runtime, options, evaluate, keepBest: true, folder });
        assert.equal(second.events[0].type === "started" && second.events[0].resumedAt, updates);
        assert.deepEqual(second.outcome, whole.outcome, `stopped after ${updates}`);
        const losses = [...ofType(first.events, "step"), ...ofType(second.events, "step")].map(({ loss }) => loss);
        assert.deepEqual(
          losses,
          ofType(whole.events, "step").map(({ loss }) => loss),
        );
      }
    });

    test("accumulating 2 batches of 16 is the same training as batches of 32", async () => {
      const losses = async (batchSize: number, gradientAccumulationSteps: number) => {
        const batches = tinyBatches({ examples: 64, batchSize });
        const { events } = await runTiny({
          runtime,
          batches,
          dropout: 0,
          options: { gradientAccumulationSteps, learningRate: 0.001 },
        });
        return ofType(events, "step").map(({ loss }) => loss);
      };
      const [parts, whole] = [await losses(16, 2), await losses(32, 1)];
      assert.equal(whole.length, 6);
      whole.forEach((loss, at) => {
        assert.ok(Math.abs(loss - parts[at]) <= 1e-6, `update ${at}: ${parts[at]} and ${loss}`);
      });
    });
  });
}

describe("how much is trained", () => {
  const cases: [batches: number, Parameters<typeof resolveOptions>[0], perEpoch: number, total: number][] = [
    [5, {}, 5, 15],
    [5, { gradientAccumulationSteps: 2 }, 3, 9],
    [5, { numTrainEpochs: 0.5 }, 5, 3],
    [4, { numTrainEpochs: 1.25 }, 4, 5],
    [5, { maxSteps: 7, numTrainEpochs: 100 }, 5, 7],
    [3, { gradientAccumulationSteps: 8 }, 1, 3],
    [5, { numTrainEpochs: 0 }, 5, 0],
  ];
  for (const [batches, options, perEpoch, total] of cases) {
    test(`${batches} batches, ${JSON.stringify(options)}`, () => {
      assert.deepEqual(plannedSteps(batches, resolveOptions(options)), { perEpoch, total });
    });
  }

  test("every example once an epoch, in groups divided by their own number of examples", async () => {
    const source = tinyBatches({ examples: 18, batchSize: 4 }); // 4 4 4 4 2
    const seen: string[] = [];
    const batches = {
      ...source,
      contexts(epoch: number, batch: number, settings: { step: number; lossDivisor: number }) {
        seen.push(`${epoch}.${batch} of ${settings.lossDivisor} at ${settings.step}`);
        return source.contexts(epoch, batch, settings);
      },
    };
    await runTiny({ runtime: reference, batches, options: { gradientAccumulationSteps: 2, numTrainEpochs: 1.5 } });
    assert.deepEqual(seen, [
      ...["0.0 of 8 at 0", "0.1 of 8 at 0", "0.2 of 8 at 1", "0.3 of 8 at 1", "0.4 of 2 at 2"],
      ...["1.0 of 8 at 3", "1.1 of 8 at 3", "1.2 of 8 at 4", "1.3 of 8 at 4"],
    ]);
  });

  test("no updates leave everything as it was", async () => {
    const { events } = await runTiny({ runtime: reference, options: { numTrainEpochs: 0 } });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["started", "finished"],
    );
  });
});

describe("evaluation", () => {
  const evaluatedAt = async (options: Parameters<typeof resolveOptions>[0]): Promise<number[]> => {
    const { events } = await runTiny({ runtime: reference, options, evaluate: scores(...Array<number>(20).fill(0.5)) });
    return ofType(events, "evaluated").map(({ step }) => step);
  };
  test("each epoch, also where the last is a fraction", async () => {
    assert.deepEqual(await evaluatedAt({ numTrainEpochs: 2.4 }), [5, 10, 12]);
  });
  test("every so many updates", async () =>
    assert.deepEqual(await evaluatedAt({ evalStrategy: "steps", evalSteps: 4 }), [4, 8, 12]));
  test("never", async () => assert.deepEqual(await evaluatedAt({ evalStrategy: "no" }), []));

  test("reports the mean loss since the one before, and which is the best", async () => {
    const { events } = await runTiny({ runtime: reference, evaluate: scores(0.5, 0.7, 0.7) });
    const losses = ofType(events, "step").map(({ loss }) => loss);
    const mean = (from: number): number => losses.slice(from, from + 5).reduce((a, b) => a + b, 0) / 5;
    assert.deepEqual(ofType(events, "evaluated"), [
      { type: "evaluated", step: 5, epoch: 1, metrics: { accuracy: 0.5 }, trainLoss: mean(0), best: true },
      { type: "evaluated", step: 10, epoch: 2, metrics: { accuracy: 0.7 }, trainLoss: mean(5), best: true },
      { type: "evaluated", step: 15, epoch: 3, metrics: { accuracy: 0.7 }, trainLoss: mean(10), best: false },
    ]);
  });

  test("keeps the weights of the best one", async () => {
    let expected: Promise<Map<string, Float32Array>> | undefined;
    const { result, state } = await runTiny({
      runtime: reference,
      keepBest: true,
      evaluate: scores(0.5, 0.9, 0.6),
      onEvent: (event, step) => {
        if (event.type === "step" && event.step === 10) expected = step.state.snapshot();
      },
    });
    assert.deepEqual(result.best, await expected);
    assert.notDeepEqual(result.best!.get("w1"), state.arrays.get("w1")!.value.array);
  });

  test("a score that is no number is never the best", async () => {
    const { result } = await runTiny({ runtime: reference, evaluate: scores(Number.NaN, 0.2, Number.NaN) });
    assert.deepEqual(
      result.progress.evaluations.map(({ best }) => best),
      [false, true, false],
    );
  });

  test("its time is not counted as training", async () => {
    const evaluate = async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { metrics: {}, score: 0 };
    };
    const { events, result } = await runTiny({ runtime: reference, evaluate });
    const updates = ofType(events, "step").reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000;
    assert.ok(Math.abs(result.progress.seconds - updates) < 1e-9);
  });
});

describe("early stopping", () => {
  const options = { earlyStoppingPatience: 2, numTrainEpochs: 9 };
  test("after so many evaluations without a better one", async () => {
    const { events, result } = await runTiny({
      runtime: reference,
      options,
      evaluate: scores(0.5, 0.6, 0.6, 0.7, 0.5, 0.7, 0.9),
    });
    assert.deepEqual(events.slice(-2), [
      { type: "stopped", step: 30, reason: "early stopping" },
      { type: "finished", step: 30, seconds: result.progress.seconds },
    ]);
    assert.equal(result.finished, true);
  });
  test("a run that had stopped early and was killed does not continue", async () => {
    const folder = newFolder();
    const first = await runTiny({ runtime: reference, options, folder, evaluate: scores(0.5, 0.4, 0.4) });
    const second = await runTiny({ runtime: reference, options, folder, evaluate: scores(0.9) });
    assert.deepEqual(second.outcome, first.outcome);
    assert.equal(ofType(second.events, "step").length, 0);
  });
});

describe("stopping by signal", () => {
  test("saves a checkpoint, says so, and ends", async () => {
    const folder = newFolder();
    const { events, result } = await runTiny({ runtime: reference, folder, ...stopAfter(7) });
    const path = join(folder, "checkpoint-7.crisp");
    assert.deepEqual(events.slice(-2), [
      { type: "saved", step: 7, path },
      { type: "stopped", step: 7, reason: "signal" },
    ]);
    assert.equal(result.finished, false);
    assert.deepEqual(readdirSync(folder), ["checkpoint-7.crisp"]);
  });
  test("does not save again what has just been saved", async () => {
    const { events } = await runTiny({ runtime: reference, folder: newFolder(), ...stopAfter(5) });
    assert.deepEqual(
      ofType(events, "saved").map(({ step }) => step),
      [5],
    );
  });
  test("before the first update trains nothing", async () => {
    const { events } = await runTiny({ runtime: reference, signal: AbortSignal.abort() });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["started", "stopped"],
    );
  });
  test("gets through from outside while updates follow each other", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    const { result } = await runTiny({ runtime: reference, signal: abort.signal, options: { maxSteps: 1_000_000 } });
    assert.equal(result.finished, false);
  });
});

describe("saving", () => {
  const savedAt = async (options: Parameters<typeof resolveOptions>[0]): Promise<number[]> => {
    const { events } = await runTiny({ runtime: reference, options, folder: newFolder() });
    return ofType(events, "saved").map(({ step }) => step);
  };
  test("each epoch", async () => assert.deepEqual(await savedAt({}), [5, 10, 15]));
  test("every so many updates, and after the last", async () =>
    assert.deepEqual(await savedAt({ saveSteps: 4 }), [4, 8, 12, 15]));
});

describe("numbers that are no numbers", () => {
  test("a loss stops training before the update, and the checkpoint before it is named and kept", async () => {
    const folder = newFolder();
    const source = tinyBatches({ examples: 20, batchSize: 4 });
    const batches = {
      ...source,
      contexts: (epoch: number, batch: number, settings: { step: number; lossDivisor: number }): readonly TinyContext[] =>
        source.contexts(epoch, batch, { ...settings, lossDivisor: settings.step === 6 ? 0 : settings.lossDivisor }),
    };
    let before = "";
    const path = join(folder, "checkpoint-4.crisp");
    const run = { runtime: reference, folder, options: { saveSteps: 4 } };
    await assert.rejects(
      runTiny({
        ...run,
        batches,
        onEvent: (event, { state }) => {
          if (event.type === "step" && event.step === 6) before = fingerprint(state);
        },
      }),
      {
        code: "training/not-finite",
        message:
          "training, update 7: expected a finite loss, got Infinity, and NaN in the gradient of table. Lower --learning_rate, or raise --warmup_steps. " +
          `The last checkpoint, ${path}, is from before.`,
      },
    );
    assert.deepEqual(readdirSync(folder), ["checkpoint-4.crisp"]);
    const healthy = await runTiny({ ...run, ...stopAfter(6) });
    assert.equal(fingerprint(healthy.state), before, "the checkpoint is good");
  });

  test("a gradient stops training before the update, by the parameter's name", async () => {
    const [w, root] = [parameter("w", [2]), parameter("root", [2])];
    const x = input("x", ["B"]);
    const graph = {
      loss: sumAll(mul(mul(w, sqrt(root)), sumAll(x))),
      parameters: [w, root],
      inputs: [{ node: x, fill: { kind: "values", write: (out: ArrayLike<unknown>) => (out as Float32Array).fill(1) } }] as const,
    };
    const values = new Map([
      ["w", Float32Array.of(1, 2)],
      ["root", Float32Array.of(4, 0)], // the slope of √ at 0 is infinite, its value is not
    ]);
    const parameters = ["w", "root"].map((name) => ({ name, shape: [2], decay: false, trainable: true }));
    const step = await HostTrainStep.create(graph, { runtime: reference, parameters, values, largest: [{ B: 1 }] });
    const batches = { batchesPerEpoch: 1, size: () => 1, contexts: () => [{ bindings: { B: 1 } }] };
    const before = fingerprint(step.state);
    await assert.rejects(
      async () => {
        for await (const _ of trainLoop({ step, batches, options: defaultOptions, seed: 0 }));
      },
      {
        code: "training/not-finite",
        message:
          "training, update 1: expected finite gradients, got Infinity in the gradient of root. " +
          "Lower --learning_rate, or raise --warmup_steps.",
      },
    );
    assert.equal(fingerprint(step.state), before);
  });
});

test("events come in order", async () => {
  const options = { numTrainEpochs: 1, saveSteps: 2, evalStrategy: "steps", evalSteps: 2 } as const;
  const { events } = await runTiny({ runtime: reference, options, folder: newFolder(), evaluate: scores(1, 2) });
  assert.deepEqual(
    events.map((event) => `${event.type} ${event.type === "started" ? event.steps : event.step}`),
    [
      "started 5",
      "step 1",
      "step 2",
      "evaluated 2",
      "saved 2",
      "step 3",
      "step 4",
      "evaluated 4",
      "saved 4",
      "step 5",
      "saved 5",
      "finished 5",
    ],
  );
});
