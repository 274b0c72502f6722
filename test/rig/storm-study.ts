import { demoEncoderConfig, type PreparedStudy } from "../../src/studies/index.ts";
import { prepareStudy } from "../../src/studies/index-node.ts";
import { tinyStudy } from "../../src/studies/tiny-study.fixture.ts";

/** Wide enough to be no small encoder: those keep no checkpoints. */
const WIDTH = 132;

/** Two arms of six updates, with a checkpoint every other one, and as many seeds as make the number of runs. */
export function stormStudy(runs: number): PreparedStudy {
  const study = tinyStudy();
  const config = { ...demoEncoderConfig(), hidden_size: WIDTH, intermediate_size: WIDTH };
  const seeds = Array.from({ length: runs / study.arms.length }, (_, seed) => seed);
  return prepareStudy({
    ...study,
    study: "storm",
    model: { kind: "fresh", config },
    seeds,
    options: { ...study.options, maxSteps: 6, saveSteps: 2, evalSteps: 3 },
  });
}
