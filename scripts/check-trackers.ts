// Checks what Crisp tells trackers against the real programs, on 127.0.0.1, and prints what they read back:
//   node scripts/check-trackers.ts --tensorboard venv/bin/python --mlflow venv/bin/mlflow --trackio venv/bin/trackio
//     --wandb venv/bin/python
// Each is optional: a Python with tensorboard in it, the commands of mlflow and trackio, and a Python with wandb and tensorboard, which keeps
// its runs here. Tried with 2.21.0, 3.x, 0.43.0 and 0.31.0.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { RunEvent } from "../src/runs/index.ts";
import { type Environment, openTrackers } from "../src/trackers/index-node.ts";

const { values } = parseArgs({
  options: {
    tensorboard: { type: "string" },
    mlflow: { type: "string" },
    trackio: { type: "string" },
    wandb: { type: "string" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "crisp-check-trackers-"));
/** Steps of the metrics that are read back; the run is stopped after 5, and continues at 4. */
const EXPECTED = { "train/loss": [1, 2, 3, 4, 5, 6, 7, 8], "eval/loss": [4, 8], "final/accuracy": [8] };
type Steps = Readonly<Record<string, readonly number[]>>;

const started = (resumedAt: number): RunEvent => ({ type: "started", steps: 8, parameters: 1, resumedAt });
const step = (at: number): RunEvent => ({
  ...{ type: "step", step: at, steps: 8, epoch: at / 4, loss: at === 3 ? NaN : 1 / at },
  ...{ learningRate: 1e-4, gradientNorm: Infinity, tokensPerSecond: 100 },
});
const evaluated = (at: number): RunEvent => ({ type: "evaluated", point: { step: at, epoch: at / 4, evalLoss: 0.5 } });

/** A run in two sittings; the second does update 5 again. */
async function runTwice(name: string, env: Environment, loggingDir = join(folder, "tensorboard")): Promise<void> {
  const run = {
    name: "tickets",
    group: "checks",
    options: { learning_rate: 1e-4, attention: "topK(sparsity=0.8)" },
    tags: { arm: "a" },
  };
  const sit = async (status: "stopped" | "finished", events: readonly RunEvent[]): Promise<void> => {
    const place = { keptIn: folder, env, onNote: (text: string) => console.log(`note: ${text}`) };
    const tracking = openTrackers({ reportTo: name, loggingDir }, place)(() => run);
    for (const event of events) tracking.follow(event);
    await tracking.finish(status, status === "finished" ? { accuracy: 0.9 } : {});
  };
  await sit("stopped", [started(0), ...[1, 2, 3, 4].map(step), evaluated(4), step(5)]);
  await sit("finished", [started(4), ...[5, 6, 7, 8].map(step), evaluated(8)]);
}

function check(name: string, steps: Steps, more: unknown): void {
  for (const [metric, expected] of Object.entries(EXPECTED)) assert.deepEqual(steps[metric], expected, `${name}: ${metric}`);
  console.log(`${name}: each step once, ${JSON.stringify(more)}`);
}

async function withServer(
  command: string,
  args: readonly string[],
  env: Environment,
  work: (output: () => string) => Promise<void>,
): Promise<void> {
  let text = "";
  const server = spawn(command, args, { env: { ...process.env, ...env }, cwd: folder, detached: true });
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (piece) => (text += piece));
  try {
    await work(() => text);
  } finally {
    // its workers too
    process.kill(-server.pid!, "SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
  }
}

async function json<Body>(url: string, body?: unknown): Promise<Body> {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url, { ...sent, headers: { "Content-Type": "application/json" } });
  return (await response.json()) as Body;
}

/** A server on a busy machine takes a minute to start. */
async function until<Value>(find: () => Promise<Value> | Value): Promise<NonNullable<Value>> {
  for (let tries = 0; ; tries++) {
    const found = await Promise.resolve(find()).catch(() => undefined);
    if (found) return found;
    assert.ok(tries < 240, "the server has not started in 2 minutes");
    await delay(500);
  }
}

const keptId = (name: string): string =>
  (JSON.parse(readFileSync(join(folder, "tracking.json"), "utf8")) as { runs: Record<string, Record<string, string>> }).runs
    .tickets[name];

async function checkTensorboard(python: string): Promise<void> {
  await runTwice("tensorboard", {});
  const script = join(import.meta.dirname, "reference/read_tensorboard.py");
  const lines = execFileSync(python, [script, join(folder, "tensorboard")], { encoding: "utf8" })
    .trim()
    .split("\n");
  const read = lines.map((line) => JSON.parse(line.replaceAll("NaN", "null").replaceAll("Infinity", "null"))) as {
    readonly tag: string;
    readonly points?: readonly (readonly [number, number])[];
  }[];
  const steps = Object.fromEntries(read.map(({ tag, points = [] }) => [tag, points.map(([step]) => step)]));
  check("tensorboard", steps, { tags: read.map(({ tag }) => tag) });
}

async function checkMlflow(command: string): Promise<void> {
  const url = "http://127.0.0.1:5177";
  const store = ["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`, "--workers", "1"];
  await withServer(command, ["server", "--host", "127.0.0.1", "--port", "5177", ...store], {}, async () => {
    await until(async () => (await fetch(`${url}/health`)).ok);
    await runTwice("mlflow", { MLFLOW_TRACKING_URI: url, MLFLOW_EXPERIMENT_NAME: "crisp" });
    const id = keptId("mlflow");
    const ask = <Body>(path: string) => json<Body>(`${url}/api/2.0/mlflow/${path}`);
    interface Metric {
      readonly step: number;
      readonly value: unknown;
    }
    const history = async (metric: string) =>
      (await ask<{ metrics: Metric[] }>(`metrics/get-history?run_id=${id}&metric_key=${encodeURIComponent(metric)}`)).metrics;
    const metrics = Object.keys(EXPECTED);
    const all = await Promise.all(metrics.map(history));
    const steps = Object.fromEntries(metrics.map((metric, at) => [metric, all[at].map(({ step }) => step)]));
    const { run } = await ask<{
      run: { info: { run_name: string; status: string }; data: { params: { key: string; value: string }[] } };
    }>(`runs/get?run_id=${id}`);
    const { run_name, status } = run.info;
    assert.deepEqual([run_name, status], ["tickets", "FINISHED"]);
    check("mlflow", steps, { status, params: run.data.params, third: all[0][2].value });
  });
}

async function checkTrackio(command: string): Promise<void> {
  const env = { TRACKIO_DIR: join(folder, "trackio"), GRADIO_SERVER_PORT: "7877", HF_HUB_OFFLINE: "1", BROWSER: "true" };
  // without this, Python keeps what it prints
  await withServer(command, ["show"], { ...env, PYTHONUNBUFFERED: "1" }, async (output) => {
    const address = await until(() => /http:\/\/127\.0\.0\.1:\d+\/?\?\S*write_token=[\w-]+/.exec(output())?.[0]);
    await runTwice("trackio", { TRACKIO_SERVER_URL: address, TRACKIO_PROJECT_NAME: "crisp" });
    const ask = async <Data>(name: string): Promise<Data> => {
      const kwargs = { project: "crisp", run: null, run_id: keptId("trackio") };
      return (await json<{ data: Data }>(`${new URL(address).origin}/api/${name}`, { args: [], kwargs })).data;
    };
    const logs = await ask<Record<string, number>[]>("get_logs");
    const stepsOf = (metric: string) => logs.flatMap((log) => (metric in log ? [log.step] : []));
    const steps = Object.fromEntries(Object.keys(EXPECTED).map((metric) => [metric, stepsOf(metric)]));
    const { run, config } = await ask<Record<string, unknown>>("get_run_summary");
    assert.equal(run, "tickets");
    check("trackio", steps, { config, third: logs.find(({ step }) => step === 3)?.["train/loss"] });
  });
}

/** The lines of Python in docs/tracking.md, over event files. */
async function checkWandb(python: string): Promise<void> {
  const logs = join(folder, "for-wandb");
  await runTwice("tensorboard", {}, logs);
  const page = readFileSync(join(import.meta.dirname, "../docs/tracking.md"), "utf8");
  const [, lines] = /```python\n([\s\S]*?)```/.exec(page)!;
  const env = { ...process.env, WANDB_MODE: "offline" };
  execFileSync(python, ["-c", lines, logs], { cwd: folder, env, stdio: "ignore" });
  const [file] = globSync(join(folder, "wandb/offline-run-*/*.wandb"));
  const read = execFileSync(python, [join(import.meta.dirname, "reference/read_wandb.py"), file], { encoding: "utf8" });
  const kept = read
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line.replaceAll("NaN", "null").replaceAll("Infinity", "null")) as Record<string, number>);
  const stepsOf = (metric: string) => kept.flatMap((step) => (metric in step ? [step._step] : []));
  check("wandb", Object.fromEntries(Object.keys(EXPECTED).map((metric) => [metric, stepsOf(metric)])), {
    metrics: Object.keys(kept.at(-1)!),
  });
}

try {
  if (values.wandb) await checkWandb(values.wandb);
  if (values.tensorboard) await checkTensorboard(values.tensorboard);
  if (values.mlflow) await checkMlflow(values.mlflow);
  if (values.trackio) await checkTrackio(values.trackio);
} finally {
  rmSync(folder, { recursive: true });
}
