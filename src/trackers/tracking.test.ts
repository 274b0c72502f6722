import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LoggedEvent, RunEvent, RunLog } from "../runs/index.ts";
import { scalarsOf } from "./event-file.ts";
import { isKeptIds, removeKeptIds } from "./kept-ids-node.ts";
import { chosenTrackers } from "./trackers-node.ts";
import { openTrackers, type RunToTrack } from "./tracking-node.ts";

const started = (resumedAt: number): RunEvent => ({ type: "started", steps: 9, parameters: 1, resumedAt });
const step = (at: number): RunEvent => ({
  ...{ type: "step", step: at, steps: 9, epoch: at / 3, loss: 1 / at },
  ...{ learningRate: 1e-4, gradientNorm: 2, tokensPerSecond: 100 },
});
const evaluated = (at: number): RunEvent => ({
  type: "evaluated",
  point: { step: at, epoch: 1, evalLoss: 0.7, evalAccuracy: 0.5, figures: { accuracy: 0.5, macroF1: 0.4 } },
});
const run: RunToTrack = { name: "tickets", options: { seed: 1 }, tags: {} };

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "crisp-tracking-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Steps of a metric, over all event files of a run, and names of all metrics. */
function stepsIn(folder: string, metric: string): { readonly steps: number[]; readonly metrics: readonly string[] } {
  const events = readdirSync(folder).flatMap((name) => [...scalarsOf(readFileSync(join(folder, name)))]);
  const steps = events.flatMap((event) => (event.tags.includes(metric) ? [event.step] : []));
  return { steps, metrics: [...new Set(events.flatMap(({ tags }) => tags))].filter((tag) => !tag.includes("summary")) };
}

test("a run is logged by transformers' names, and its last figures at the last step", () =>
  inFolder(async (folder) => {
    const notes: string[] = [];
    const place = { keptIn: folder, onNote: (text: string) => void notes.push(text) };
    const tracking = openTrackers({ reportTo: ["tensorboard"], loggingDir: join(folder, "tb") }, place)(() => run);
    for (const event of [started(0), step(1), step(2), evaluated(2)]) tracking.follow(event);
    await tracking.finish("finished", { macroF1: 0.4, temperature: null });
    const { steps, metrics } = stepsIn(join(folder, "tb", "tickets"), "final/macro_f1");
    assert.deepEqual(steps, [2]);
    const train = ["loss", "learning_rate", "grad_norm", "epoch", "tokens_per_second"].map((name) => `train/${name}`);
    assert.deepEqual(metrics, [...train, "eval/accuracy", "eval/macro_f1", "eval/loss", "final/macro_f1"]);
    assert.deepEqual(notes, []);
  }));

test("an option with line breaks and bars is one row of TensorBoard's table", () =>
  inFolder(async (folder) => {
    const place = { keptIn: folder, onNote: assert.fail };
    const odd = { ...run, options: { textColumn: "body\n| forged | 1 |" } };
    const tracking = openTrackers({ reportTo: "tensorboard", loggingDir: join(folder, "tb") }, place)(() => odd);
    for (const event of [started(0), step(1)]) tracking.follow(event);
    await tracking.finish("stopped");
    const [file] = readdirSync(join(folder, "tb", "tickets"));
    const written = readFileSync(join(folder, "tb", "tickets", file), "latin1");
    assert.ok(written.includes("| textColumn | body\\\\n\\| forged \\| 1 \\| |"));
  }));

test("a run that continues goes on in its tracker's run, with each step once and none missing", () =>
  inFolder(async (folder) => {
    const settings = { reportTo: "tensorboard", loggingDir: join(folder, "tb") };
    const place = { keptIn: folder, onNote: assert.fail };
    const first = openTrackers(settings, place)(() => run);
    for (const event of [started(0), step(1), step(2), step(3)]) first.follow(event);
    await first.finish("stopped");
    // the tracker has not heard of update 4, which the log has, and has heard of 3, which is done again
    const logged = [1, 2, 3, 4].map((at) => ({ time: "2026-01-01T00:00:00.000Z", ...step(at) }) as LoggedEvent);
    const log: RunLog = {
      append() {},
      async *read() {
        yield* logged;
      },
    };
    const next = openTrackers(settings, place)(() => ({ ...run, log }));
    for (const event of [started(4), step(5)]) next.follow(event);
    await next.finish("finished");
    assert.deepEqual(readdirSync(join(folder, "tb")), ["tickets"]);
    assert.deepEqual(stepsIn(join(folder, "tb", "tickets"), "train/loss").steps, [1, 2, 3, 4, 5]);

    const fresh = openTrackers(settings, place)(() => run);
    for (const event of [started(0), step(1)]) fresh.follow(event);
    await fresh.finish("finished");
    assert.deepEqual(readdirSync(join(folder, "tb")).sort(), ["tickets", "tickets-2"], "a run from the start is a new one");
    assert.ok(readdirSync(folder).some(isKeptIds));
    removeKeptIds(folder);
    assert.ok(!readdirSync(folder).some(isKeptIds));
  }));

test("a folder that takes no files ends in one note, and never in an error", () =>
  inFolder(async (folder) => {
    const loggingDir = join(folder, "taken");
    writeFileSync(loggingDir, "somebody's file");
    const notes: string[] = [];
    const place = { keptIn: folder, onNote: (text: string) => void notes.push(text) };
    const tracking = openTrackers({ reportTo: "tensorboard", loggingDir }, place)(() => run);
    for (const event of [started(0), step(1)]) tracking.follow(event);
    await tracking.finish("finished");
    assert.match(notes[0], /^tensorboard: .*taken: expected a folder that takes events, got .* Training goes on/);
    assert.equal(notes.length, 2);
    assert.equal(readFileSync(loggingDir, "utf8"), "somebody's file");
  }));

test("ids of somebody else's file are not taken, and the file stays", () =>
  inFolder(async (folder) => {
    const path = join(folder, "tracking.json");
    writeFileSync(path, '{"mine":1}');
    const notes: string[] = [];
    const place = { keptIn: folder, onNote: (text: string) => void notes.push(text) };
    const tracking = openTrackers({ reportTo: "tensorboard", loggingDir: join(folder, "tb") }, place)(() => run);
    for (const event of [started(2), step(3)]) tracking.follow(event);
    await tracking.finish("finished");
    removeKeptIds(folder);
    assert.equal(readFileSync(path, "utf8"), '{"mine":1}');
    assert.match(notes[0], /tracking\.json: expected no file, or the ids/);
  }));

test("names are checked: all takes what is set up, and other trackers' names say what to do", () => {
  assert.deepEqual(chosenTrackers(undefined, {}), []);
  assert.deepEqual(chosenTrackers("none", {}), []);
  assert.deepEqual(chosenTrackers(["mlflow", "tensorboard", "mlflow"], {}), ["mlflow", "tensorboard"]);
  assert.deepEqual(chosenTrackers("all", {}), ["tensorboard"]);
  const env = { MLFLOW_TRACKING_URI: "https://tracking.example", TRACKIO_SERVER_URL: "https://t.example?write_token=a" };
  assert.deepEqual(chosenTrackers("all", env), ["tensorboard", "mlflow", "trackio"]);
  assert.throws(() => chosenTrackers("wandb", {}), /got "?wandb"?\. Take tensorboard, .* docs\/tracking\.md/);
  assert.throws(() => chosenTrackers("mlfow", {}), /Did you mean mlflow\?/);
  assert.throws(() => chosenTrackers(["none", "mlflow"], {}), { code: "training/bad-option" });
  assert.throws(() => openTrackers({ reportTo: "mlflow" }, { onNote: assert.fail, env: {} }), { code: "tracker/bad-address" });
});
