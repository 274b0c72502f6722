import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Encoded } from "../../data/index.ts";
import { processTag } from "../../files/index-node.ts";
import { initialise, parseEncoderConfig } from "../../models/index.ts";
import type { RecipeChoice } from "../../recipes/index.ts";
import type { RunResult, RunSpec } from "../../runs/index.ts";
import { demoEncoderConfig } from "../../studies/index.ts";
import { holdsPhases, phaseFolder, removePhases } from "./phase-folder-node.ts";
import { asPhase, crossPredict, type ExecuteRun, type FoldAnswers, type PhaseEvent, runByRecipe } from "./phases.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-phase-folder-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);

const examples: Encoded[] = Array.from({ length: 12 }, (_, index) => ({
  ...{ index, label: index % 2, inputIds: Int32Array.of(1, 10 + index, 2), tokenTypeIds: new Int32Array(3), truncated: false },
}));
const modelFolder = newFolder();
mkdirSync(modelFolder);
writeFileSync(join(modelFolder, "config.json"), "{}");
const spec: RunSpec = {
  ...{ arm: "dense", model: { kind: "folder", path: modelFolder }, task: "single_label_classification", labels: ["a", "b"] },
  ...{ padTokenId: 0, plan: { pattern: "dense" }, data: { train: examples }, options: {}, seed: 1 },
};
const config = parseEncoderConfig(demoEncoderConfig());
const recipe: RecipeChoice = {
  contrastive: { epochs: 8, learningRate: 1e-3, batchSize: 4, maxLength: 64 },
  ...{ probe: true, options: { numTrainEpochs: 0 }, folds: 3, holdsOut: false },
};
/** Says of every example something that JSON must not round, and keeps the names of what it ran. */
function fakeRun(ran: string[] = [], stopIn?: string): ExecuteRun {
  return async ({ data, task }, phase = "last") => {
    if (phase === stopIn) return null;
    ran.push(`${phase} ${task}`);
    const probabilities = (data.reported ?? []).map(({ index }) => [
      1 / (index + 3),
      1e-310 * index,
      index === 5 ? Number.NaN : 0,
    ]);
    const record = { probabilities, denseProbabilities: probabilities, seconds: 0.1 + 0.2, steps: 1 };
    const runtime = { name: "fake", version: "1", device: "cpu", threads: 1 };
    return { record, runtime, config, weights: initialise(config, 1), plan: spec.plan } as unknown as RunResult;
  };
}
const plain: RecipeChoice = { ...recipe, contrastive: undefined };
const silent = (): void => {};
const storeOf = (folder: string, onNote: (text: string) => void = silent) => phaseFolder(folder, spec.model, onNote);

describe("cross-validation that is continued", () => {
  test("trains the folds that are missing, and says the same to the last bit", async () => {
    const folder = newFolder();
    const whole = await crossPredict(spec, plain, examples, fakeRun());
    const [first, second, notes]: string[][] = [[], [], []];
    assert.equal(await crossPredict(spec, plain, examples, fakeRun(first, "fold 3 of 3"), storeOf(folder)), null);
    assert.ok(holdsPhases(folder));
    const resumed = await crossPredict(
      spec,
      plain,
      examples,
      fakeRun(second),
      storeOf(folder, (text) => notes.push(text)),
    );
    assert.deepEqual(
      [first, second],
      [[1, 2], [3]].map((folds) => folds.map((at) => `fold ${at} of 3 ${spec.task}`)),
    );
    assert.deepEqual(
      notes,
      [1, 2].map((fold) => `fold ${fold} is taken from ${join(folder, "folds", `fold-${fold}.json`)}`),
    );
    const { keptBy, ...answers } = resumed!;
    assert.deepEqual({ ...answers, keptBy: [] }, whole);
    assert.deepEqual(
      keptBy.map(({ name }) => name),
      ["fake", "fake"],
    );
  });

  test("refuses the folds of another training before one is trained", async () => {
    const folder = newFolder();
    await crossPredict(spec, plain, examples, fakeRun([], "fold 2 of 3"), storeOf(folder));
    const relabelled = examples.map((example) => ({ ...example, label: 1 - example.label }));
    const cases: [RegExp, Partial<RunSpec>, Partial<RecipeChoice>, Encoded[]][] = [
      [/options\.learningRate 0\.1, as now, got /, {}, { options: { ...plain.options, learningRate: 0.1 } }, examples],
      [/seed 2, as now, got 1\./, { seed: 2 }, {}, examples],
      [/model .*elsewhere.*, as now/, { model: { kind: "folder", path: "elsewhere" } }, {}, examples],
      [/linearProbe unset, as now, got true/, {}, { probe: false }, examples],
      [/pooling mean, as now, got unset/, {}, { pooling: "mean" }, examples],
      [/contrastive \{"epochs":8.*, as now, got unset/, {}, { contrastive: recipe.contrastive }, examples],
      [/fold 1 of 2, as now, got 1 of 3/, {}, { folds: 2 }, examples],
      [/got data that changed, or are read in another way/, {}, {}, relabelled],
    ];
    for (const [message, changes, choice, all] of cases) {
      const ran: string[] = [];
      const crossed = crossPredict({ ...spec, ...changes }, { ...plain, ...choice }, all, fakeRun(ran), storeOf(folder));
      await assert.rejects(crossed, { code: "checkpoint/other-run", message });
      assert.deepEqual(ran, []);
    }
  });

  test("refuses the folds of a model folder that holds other weights by now", async () => {
    const folder = newFolder();
    await crossPredict(spec, plain, examples, fakeRun(), storeOf(folder));
    writeFileSync(join(modelFolder, "config.json"), '{"changed":true}');
    const crossed = crossPredict(spec, plain, examples, fakeRun(), storeOf(folder));
    await assert.rejects(crossed, { code: "checkpoint/other-run", message: /expected weights [0-9a-f]{64}, as now/ });
  });

  test("without a store it keeps nothing", async () => {
    const folders = readdirSync(root).length;
    const ran: string[] = [];
    await crossPredict(spec, plain, examples, fakeRun(ran));
    assert.deepEqual([ran.length, readdirSync(root).length], [3, folders]);
  });
});

test("what a process left that was killed behind its last fold goes when the training is continued, and when the phases go", async () => {
  const folder = newFolder();
  const folds = join(folder, "folds");
  const killed = (): void => {
    mkdirSync(join(folds, ".crisp-next"));
    mkdirSync(join(folds, ".crisp.lock"));
  };
  await crossPredict(spec, plain, examples, fakeRun(), storeOf(folder));
  const kept = readdirSync(folds);
  killed();
  const ran: string[] = [];
  assert.ok(await crossPredict(spec, plain, examples, fakeRun(ran), storeOf(folder)));
  assert.deepEqual([readdirSync(folds), ran], [kept, []]);
  killed();
  removePhases(folder);
  assert.ok(!existsSync(folds));
});

test("files that are not Crisp's are refused, and stay when the phases go", async () => {
  const folder = newFolder();
  await crossPredict(spec, plain, examples, fakeRun([], "fold 3 of 3"), storeOf(folder));
  const path = (fold: number): string => join(folder, "folds", `fold-${fold}.json`);
  writeFileSync(path(3), "mine");
  writeFileSync(path(2), readFileSync(path(2), "utf8").replace("0.3", "0.4"));
  for (const fold of [2, 3])
    assert.throws(() => storeOf(folder).readFold(fold, {}), { code: "file/not-own", message: new RegExp(`fold-${fold}\\.json`) });
  assert.throws(() => storeOf(folder).keepFold(3, {}, {} as FoldAnswers), { code: "file/not-own" });
  removePhases(folder);
  assert.deepEqual(
    [1, 2, 3].filter((fold) => existsSync(path(fold))),
    [2, 3],
  );
  assert.ok(!holdsPhases(folder));
});

describe("the contrastive phase", () => {
  const specsOf = async (given: Parameters<typeof runByRecipe>[3], choice = recipe): Promise<RunSpec[]> => {
    const specs: RunSpec[] = [];
    const run = fakeRun();
    const kept: ExecuteRun = (each, phase) => {
      specs.push(each);
      return run(each, phase);
    };
    await runByRecipe(spec, choice, kept, given);
    return specs;
  };
  test("of the last run writes checkpoints of its own: four, or as often as the run itself", async () => {
    const store = storeOf(join(root, "none"));
    const [first, second] = await specsOf({ store });
    assert.equal(first.checkpoints, join(root, "none", "contrastive"));
    assert.equal(first.options.saveSteps, (8 * 3) / 4);
    assert.equal(second.checkpoints, spec.checkpoints);
    const options = { ...recipe.options, saveSteps: 2, saveTotalLimit: 5 };
    const [given] = await specsOf({ store }, { ...recipe, options });
    assert.deepEqual([given.options.saveSteps, given.options.saveTotalLimit], [2, 5]);
  });
  test("of a fold, and where there is no store, writes none", async () => {
    for (const given of [{}, { phase: "fold 1 of 3" }])
      assert.deepEqual(
        (await specsOf(given)).map(({ checkpoints }) => checkpoints),
        [undefined, undefined],
      );
  });
  test("tells of its updates, its checkpoints and where it continues, and of nothing else", () => {
    const told: unknown[] = [];
    const tell = asPhase("contrastive", (event) => told.push(event));
    const step = { step: 3, steps: 9, epoch: 1, loss: 0, learningRate: 0, gradientNorm: 0, tokensPerSecond: 0 };
    const saved = { type: "saved", path: "a", step: 3 } as const;
    tell({ type: "started", steps: 9, parameters: 1, resumedAt: 2 });
    tell({ type: "note", text: "device: cpu" });
    tell({ type: "note", text: "continues after update 2", resumed: true });
    tell({ type: "step", ...step });
    tell(saved);
    const phase: PhaseEvent = { type: "phase", name: "contrastive", done: 3, steps: 9 };
    assert.deepEqual(told, [{ type: "note", text: "contrastive: continues after update 2", resumed: true }, phase, saved]);
  });
});

test("what a killed process left half-made goes with the phases; a person's files stay", () => {
  const [folder, other] = [newFolder(), newFolder()];
  const gone = `${2 ** 22 + 1}.0.${processTag().split(".")[2]}`;
  mkdirSync(join(folder, "folds", `.crisp.lock.${gone}-0123456789abcdef`), { recursive: true });
  mkdirSync(join(folder, "folds", `.crisp-staging.${gone}-00000000`));
  writeFileSync(join(folder, "folds", `.crisp-staging.${gone}-00000000`, "fold-2.json"), "half");
  mkdirSync(join(folder, "contrastive"));
  writeFileSync(join(folder, "contrastive", `.checkpoint-1.crisp.crisp-${gone}-00000000.tmp`), "half");
  writeFileSync(join(folder, "contrastive", "notes.txt"), "mine");
  removePhases(folder);
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), ["contrastive", join("contrastive", "notes.txt")]);
  mkdirSync(other);
  for (const name of ["folds", "contrastive"]) writeFileSync(join(other, name), "mine");
  removePhases(other);
  assert.deepEqual(readdirSync(other).sort(), ["contrastive", "folds"]);
});
