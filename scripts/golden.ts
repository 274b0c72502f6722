/**
 * Trains a golden set of small runs and prints a SHA-256 of the weights and of the predictions of each, one line a run, so that two
 * versions of the project can be compared: `node scripts/golden.ts > before.txt`, change the code, then
 * `node scripts/golden.ts --against before.txt`, which prints the lines that differ and exits with 1 where there are any.
 * `--only PREFIX` runs a part. Hashes hold for one kind of processor: rounding differs between instruction sets.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  encoderFolder,
  families,
  goldenData,
  goldenStudy,
  imageFolder,
  pretrain,
  textFile,
  tokenizerFolder,
  train,
  vitFolder,
} from "./golden-material.ts";

const { values } = parseArgs({ options: { against: { type: "string" }, only: { type: "string", default: "" } } });
const work = mkdtempSync(join(tmpdir(), "crisp-golden-"));
const lines: string[] = [];

const sha = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 32);
};
/** Without what the clock says. */
const timeless = (value: unknown): string =>
  JSON.stringify(value, (key, one) => (/seconds|createdAt|elapsed|steps$/i.test(key) ? undefined : one));

async function golden(name: string, run: () => Promise<string>): Promise<void> {
  if (!name.startsWith(values.only)) return;
  const line = `${name}  ${await run()}`;
  lines.push(line);
  console.log(line);
}

type Settings = Omit<Parameters<typeof train>[0], "data" | "model">;
const small = {
  maxSteps: 8,
  perDeviceTrainBatchSize: 6,
  learningRate: 2e-3,
  threads: 1,
  device: "cpu",
  seed: 3,
  maxLength: 32,
} as const;

/** Train, save, and hash what was saved and said. */
async function trained(model: string, data: Parameters<typeof train>[0]["data"], settings: Settings = {}): Promise<string> {
  const run = train({ ...small, ...settings, model, data });
  const result = await run.result;
  if (!result) return "stopped";
  const folder = mkdtempSync(join(work, "saved-"));
  result.model.save(folder, { onnx: false });
  const weights = sha(readFileSync(join(folder, "model.safetensors")));
  const { evaluated, metrics } = result;
  return `weights ${weights}  predictions ${sha(timeless([evaluated.probabilities, metrics]))}`;
}

/** Stop after some updates, continue from the checkpoint, and end where an uninterrupted run ends. */
async function resumed(model: string, data: Parameters<typeof train>[0]["data"], settings: Settings): Promise<string> {
  const whole = await trained(model, data, settings);
  const stop = new AbortController();
  const checkpoints = mkdtempSync(join(work, "checkpoints-"));
  const run = train({ ...small, ...settings, model, data, checkpoints, signal: stop.signal });
  for await (const event of run) if (event.type === "step" && event.step === 4) stop.abort();
  if ((await run.result) !== null) throw new Error("expected the run to be stopped");
  const again = await trained(model, data, { ...settings, checkpoints });
  if (again !== whole) throw new Error(`a resumed run differs: ${again} instead of ${whole}`);
  return again;
}

const { single, pairs, several, numbers, tags } = goldenData();
const bert = encoderFolder(join(work, "bert"), "bert");
const plan = (pattern: string, more: object = {}) => ({ attention: { pattern: families.pattern(pattern), ...more } });

await golden("task single", () => trained(bert, single));
await golden("task pairs", () => trained(bert, pairs));
await golden("task multi-label", () => trained(bert, several));
await golden("task regression", () => trained(bert, numbers));
await golden("task tokens", () => trained(bert, tags));
await golden("weights single", () => trained(bert, single, { classWeights: "balanced" }));
await golden("weights multi-label", () => trained(bert, several, { classWeights: "balanced" }));
await golden("weights tokens", () => trained(bert, tags, { classWeights: "balanced" }));
await golden("smoothing", () => trained(bert, single, { labelSmoothingFactor: 0.1 }));
await golden("accumulation", () => trained(bert, single, { gradientAccumulationSteps: 3 }));
await golden("best", () => trained(bert, single, { loadBestModelAtEnd: true, evalStrategy: "steps", evalSteps: 2 }));
await golden("resumed", () => resumed(bert, single, { gradientAccumulationSteps: 2, ...plan("topK(sparsity=0.6)") }));
await golden("resumed tokens", () => resumed(bert, tags, {}));

for (const family of families.names) {
  const folder = encoderFolder(join(work, family), family);
  await golden(`family ${family} dense`, () => trained(folder, single));
  await golden(`family ${family} topK`, () => trained(folder, single, plan("topK(sparsity=0.8)")));
}
await golden("family modernbert tokens", () =>
  trained(encoderFolder(join(work, "modern"), "modernbert"), tags, plan("topK(sparsity=0.5)")),
);
for (const pattern of [
  "block(sparsity=0.5, size=4)",
  "slidingWindow(sparsity=0.6)",
  "anyOf(slidingWindow(radius=2), global(tokens=1))",
  "random(sparsity=0.6)",
  "heads(heads=1)",
  "threshold(probability=0.1)",
  "bottomK(sparsity=0.6)",
  "topP(mass=0.9)",
  "nOfM(n=1, m=3)",
  "strided(stride=3)",
  "inOrder(slidingWindow(radius=4), topK(sparsity=0.5))",
]) {
  await golden(`pattern ${pattern}`, () => trained(bert, single, plan(pattern)));
}
await golden("plan layers, heads, ramp", () =>
  trained(bert, single, plan("topK(sparsity=0.8)", { layers: [1], heads: [0], rampSteps: 4 })),
);

const vit = vitFolder(join(work, "vit"));
const images = await imageFolder(join(work, "images"));
await golden("family vit dense", () => trained(vit, images));
await golden("family vit topK", () => trained(vit, images, plan("topK(sparsity=0.6)")));

const rows = textFile(join(work, "streamed.csv"), single);
await golden("streamed", () => trained(bert, rows, { streaming: true }));

const tokenizer = tokenizerFolder(join(work, "tokenizer"));
for (const family of ["bert", "modernbert"] as const) {
  const config = join(work, `${family}.json`);
  writeFileSync(config, JSON.stringify(families.config(family)));
  const text = join(work, "text.txt");
  writeFileSync(text, `${single.examples.map((example) => example.text).join("\n\n")}\n`);
  await golden(`pretrain ${family}`, async () => {
    const options = { ...small, learningRate: 1e-3, gradientAccumulationSteps: 2, validationShare: 0.2, lineByLine: true };
    const run = pretrain({ ...options, data: text, config, tokenizer, ...plan("topK(sparsity=0.5)") });
    const result = (await run.result)!;
    const folder = join(work, `pretrained-${family}`);
    mkdirSync(folder);
    result.save(folder);
    const said = timeless([result.loss, result.lossSparsityOff, result.curve]);
    return `weights ${sha(readFileSync(join(folder, "model.safetensors")))}  predictions ${sha(said)}`;
  });
}
await golden("study", async () => {
  const lines = await goldenStudy(join(work, "study"));
  // values alone: the names of the fields may be bettered
  const rows = lines
    .trim()
    .split("\n")
    .map((line) => JSON.stringify(Object.values(JSON.parse(line) as object)));
  return `predictions ${sha(rows.sort().join("\n"))}`;
});
rmSync(work, { recursive: true, force: true });

if (values.against !== undefined) {
  const before = readFileSync(values.against, "utf8")
    .trim()
    .split("\n")
    .filter((line) => line.startsWith(values.only));
  const differing = [
    ...before.filter((line) => !lines.includes(line)).map((line) => `- ${line}`),
    ...lines.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
  for (const line of differing) console.log(line);
  console.log(`golden: ${lines.length} runs, ${differing.filter((line) => line.startsWith("+")).length} differ`);
  process.exitCode = differing.length > 0 ? 1 : 0;
}
