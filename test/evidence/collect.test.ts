import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { cellNames, readCell, shortest } from "../../evidence/cell-files.ts";
import { collect, parseParts } from "../../evidence/collect.ts";
import { readCells, resultFiles } from "../../evidence/judge.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "crisp-evidence-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const ARMS = ["dense", "topk80"];
const SEEDS = [1, 2];
const PROBABILITIES = [
  [0.9, 0.1],
  [0.25, 0.75],
  [1 / 3, 2 / 3],
];
const LABELS = [0, 1, 0];
const record = (arm: string, seed: number, probabilities = PROBABILITIES, labels = LABELS) => ({
  record: {
    ...{ arm, seed, probabilities, denseProbabilities: probabilities, labels, trainLoss: 0.1 + seed / 3, trainAccuracy: 1 },
    ...{ effectiveSparsity: arm === "dense" ? 0 : 0.787, steps: 315, seconds: 12.345, bestBySelectionAccuracy: null },
    ...{ temperature: 1.5, curve: [] },
  },
  config: { hiddenSize: 8, intermediateSize: 16, layers: 2 },
  plan: { pattern: arm === "dense" ? "dense" : "block(sparsity=0.8, size=16)" },
  runtime: { name: "onnxruntime-node", version: "1.30.0", device: "cpu", threads: 1 },
});
const runFile = (cell: string, name: string): string => join(root, "study", cell, "runs", `${name}.json`);
const writeRun = (cell: string, run: ReturnType<typeof record>): void =>
  writeFileSync(runFile(cell, `${run.record.arm}.seed-${run.record.seed}`), JSON.stringify(run));

/** A finished cell as `crisp study` leaves it. */
function writeStudyCell(cell: string): void {
  const folder = join(root, "study", cell);
  mkdirSync(join(folder, "runs"), { recursive: true });
  const ids = Object.fromEntries(SEEDS.flatMap((seed) => ARMS.map((arm) => [`${arm}.seed-${seed}`, "hash"])));
  const study = { generator: "crisp-attention", study: `tiny.${cell}`, plan: { seeds: SEEDS }, ids, replaces: [] };
  writeFileSync(join(folder, "study.json"), JSON.stringify(study));
  for (const seed of SEEDS) for (const arm of ARMS) writeRun(cell, record(arm, seed));
  const flops = { core: 4 * 2 * 8 * 5 ** 2 };
  const results = { baseline: "dense", arms: [{ name: "dense", flops }], environment: { cpu: "A CPU", node: "24.1.0" } };
  writeFileSync(join(folder, "results.json"), JSON.stringify(results));
}
const collected = (name = "tiny") => collect(join(root, "study"), name, { out: join(root, "results") });
const bytesOf = (cell: string): string[] =>
  ["runs.csv", "predictions.csv.gz", "cell.json"].map((file) => readFileSync(join(root, "results", cell, file)).toString("hex"));

test("a finished cell is collected, and read back as it was", () => {
  writeStudyCell("sst2");
  assert.deepEqual(collected(), ["tiny/sst2: 4 of 4 runs, collected"]);
  assert.deepEqual(cellNames(join(root, "results")), ["tiny/sst2"]);
  const cell = readCell("tiny/sst2", join(root, "results"))!;
  assert.deepEqual(cell.labels, LABELS);
  assert.deepEqual(
    cell.runs.map(({ arm, seed }) => [arm, seed]),
    [...SEEDS.map((seed) => ["dense", seed]), ...SEEDS.map((seed) => ["topk80", seed])],
  );
  assert.deepEqual(cell.runs[3], {
    ...{ arm: "topk80", pattern: "block(sparsity=0.8, size=16)", seed: 2, updates: 315, trainLoss: 0.1 + 2 / 3 },
    ...{ temperature: 1.5, effectiveSparsity: 0.787, accuracy: 2 / 3, seconds: 12.3, diverged: false },
    loss: -(Math.log(0.9) + Math.log(0.75) + Math.log(1 / 3)) / 3,
    ...{ runtime: "onnxruntime-node 1.30.0", threads: 1 },
  });
  assert.deepEqual(
    [...cell.positive[0]].map(Math.fround),
    PROBABILITIES.map(([, p]) => Math.fround(p)),
  );
  const { meanTokens, cpu, node, seeds } = cell.facts;
  assert.deepEqual([meanTokens, cpu, node, seeds], [5, "A CPU", "24.1.0", SEEDS]);
});

test("reported texts that are two sets become two cells", () => {
  writeStudyCell("");
  const parts = parseParts("first=1,second=2");
  assert.equal(collect(join(root, "study"), "tiny", { out: join(root, "results"), parts }).length, 1);
  assert.deepEqual(cellNames(join(root, "results")), ["tiny/first", "tiny/second"]);
  const [first, second] = ["first", "second"].map((name) => readCell(`tiny/${name}`, join(root, "results"))!);
  assert.deepEqual([first.labels, second.labels], [LABELS.slice(0, 1), LABELS.slice(1)]);
  assert.deepEqual([first.runs[0].accuracy, second.runs[0].accuracy], [1, 0.5]);
  assert.equal(first.runs[0].loss, -Math.log(0.9));
  assert.deepEqual([first.positive[0].length, second.positive[0].length], [1, 2]);
});

test("parts that are not all texts are refused, and words that are none", () => {
  writeStudyCell("");
  for (const words of ["first=1,second=3", "first=1,second=1"]) {
    const options = { out: join(root, "results"), parts: parseParts(words) };
    assert.throws(() => collect(join(root, "study"), "tiny", options), { code: "evidence/other-parts" });
  }
  assert.throws(() => parseParts("first=1;second=2"), { code: "evidence/usage" });
});

test("collecting twice gives the same bytes", () => {
  writeStudyCell("sst2");
  collected();
  const first = bytesOf("tiny/sst2");
  collected();
  assert.deepEqual(bytesOf("tiny/sst2"), first);
  const packed = readFileSync(join(root, "results/tiny/sst2/predictions.csv.gz"));
  assert.deepEqual([...packed.subarray(4, 10)], [0, 0, 0, 0, 2, 255], "no time and no system in the header");
});

test("an unfinished study is refused in one line, and nothing is written", () => {
  writeStudyCell("sst2");
  rmSync(runFile("sst2", "topk80.seed-2"));
  assert.throws(collected, {
    code: "evidence/unfinished",
    message: /: expected at least one finished cell, got tiny\/sst2: 3 of 4 runs, next topk80\.seed-2\. Let the study go on/,
  });
  assert.deepEqual(collect(join(root, "study"), "tiny", { partial: true, out: join(root, "results") }), [
    "tiny/sst2: 3 of 4 runs, next topk80.seed-2",
  ]);
  assert.ok(!existsSync(join(root, "results")));
});

test("of a study's cells the finished ones are collected, the others left out", () => {
  for (const cell of ["cola", "sst2"]) writeStudyCell(cell);
  rmSync(runFile("cola", "dense.seed-1"));
  assert.deepEqual(collected(), ["tiny/cola: 3 of 4 runs, next dense.seed-1, left out", "tiny/sst2: 4 of 4 runs, collected"]);
  assert.deepEqual(cellNames(join(root, "results")), ["tiny/sst2"]);
});

test("a record of the study before an overwritten one counts as missing", () => {
  writeStudyCell("sst2");
  const path = join(root, "study/sst2/study.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), replaces: ["dense.seed-1"] }));
  assert.throws(collected, { code: "evidence/unfinished", message: /next dense\.seed-1/ });
});

test("seeds that a study grew by are no part of its plan, and of the cell neither", () => {
  writeStudyCell("sst2");
  const path = join(root, "study/sst2/study.json");
  const study = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...study, ids: { ...study.ids, "dense.seed-3": "hash" } }));
  writeRun("sst2", record("dense", 3));
  assert.deepEqual(collected(), ["tiny/sst2: 4 of 4 runs, collected"]);
  assert.equal(readCell("tiny/sst2", join(root, "results"))!.runs.length, 4);
});

test("a study of one cell lies in its own folder, and a cell without results.json has no mean length", () => {
  writeStudyCell("");
  rmSync(join(root, "study/results.json"));
  assert.deepEqual(collected("padded"), ["padded: 4 of 4 runs, collected"]);
  assert.equal(readCell("padded", join(root, "results"))!.facts.meanTokens, null);
});

test("folders without a study, three classes and other texts are refused, and an old cell stays", () => {
  mkdirSync(join(root, "study"));
  assert.throws(collected, { code: "evidence/no-study" });
  writeStudyCell("sst2");
  collected();
  const before = bytesOf("tiny/sst2");
  writeRun("sst2", record("topk80", 2, PROBABILITIES, [0, 1, 1]));
  assert.throws(collected, { code: "evidence/other-split", message: /topk80\.seed-2/ });
  writeRun("sst2", record("topk80", 2, [...PROBABILITIES.slice(1), [0.2, 0.2, 0.6]]));
  assert.throws(collected, { code: "evidence/not-binary" });
  writeRun("sst2", record("topk80", 2, [...PROBABILITIES.slice(1), [0.5 - 1e-12, 0.5 + 1e-12]]));
  assert.throws(collected, { code: "evidence/rounded" });
  assert.deepEqual(bytesOf("tiny/sst2"), before);
});

test("the shortest digits give every float32 back", () => {
  for (const [value, text] of [
    [0.1, "0.1"],
    [1, "1"],
    [1e-8, "1e-8"],
    [0, "0"],
  ] as const)
    assert.equal(shortest(value), text);
  for (let i = 0; i < 2000; i++) {
    const value = Math.fround(Math.sin(i) ** 2 / 10 ** (i % 7));
    assert.equal(Math.fround(Number(shortest(value))), value);
    assert.ok(shortest(value).length <= String(value).length);
  }
});

test("what was collected can be judged", () => {
  writeStudyCell("sst2");
  collected("other");
  const files = resultFiles(
    readCells(join(root, "results")),
    readFileSync(join(import.meta.dirname, "../../docs/results/README.md"), "utf8"),
  );
  const { cells } = JSON.parse(files.get("verdicts.json")!);
  assert.equal(cells[0].cell, "other/sst2");
  assert.equal(cells[0].arms[1].accuracy, 66.666667);
});
