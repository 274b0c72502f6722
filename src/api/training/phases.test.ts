import assert from "node:assert/strict";
import { test } from "node:test";
import type { Encoded } from "../../data/index.ts";
import { CONTRASTIVE, type RecipeChoice } from "../../recipes/index.ts";
import type { RunResult, RunSpec } from "../../runs/index.ts";
import { runByRecipe } from "./phases.ts";

const encoded = (index: number, tokens: number): Encoded => ({
  ...{ index, label: index % 2, truncated: false },
  inputIds: Int32Array.from({ length: tokens }, (_, at) => at),
  tokenTypeIds: new Int32Array(tokens),
});
const train = [encoded(0, 512), { ...encoded(1, 40), others: [encoded(1, 300)] }];
const spec = { arm: "model", labels: ["a", "b"], data: { train, reported: train }, seed: 1 } as unknown as RunSpec;
const recipe: Omit<RecipeChoice, "folds"> = {
  contrastive: { ...CONTRASTIVE, epochs: 2, learningRate: 1e-4 },
  probe: true,
  options: { numTrainEpochs: 0 },
  holdsOut: false,
};

test("the contrastive phase reads head and tail of texts above 256 tokens, and of such windows", async () => {
  const seen: (readonly Encoded[])[] = [];
  const run = async ({ data }: RunSpec): Promise<RunResult | null> => {
    seen.push(data.train as readonly Encoded[]);
    return null;
  };
  assert.equal(await runByRecipe(spec, recipe, run), null);
  const [contrastive] = seen;
  assert.deepEqual(
    contrastive.map(({ inputIds }) => inputIds.length),
    [256, 40],
  );
  assert.deepEqual([...contrastive[0].inputIds.slice(0, 3), ...contrastive[0].inputIds.slice(-2)], [0, 1, 2, 510, 511]);
  assert.equal(contrastive[1].others![0].inputIds.length, 256);
  assert.equal(train[0].inputIds.length, 512);
});
