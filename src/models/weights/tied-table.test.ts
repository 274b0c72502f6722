import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchContext } from "../../batch/index.ts";
import { gradients } from "../../graph/index.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { HostTrainStep } from "../../training/index.ts";
import { computeOn } from "../compute-on.fixture.ts";
import { parameterSpecs } from "../initialise.ts";
import { modelFixtures } from "../model-fixtures-node.fixture.ts";
import { buildModel } from "../model-graph.ts";
import { feedsFrom, floats, loadParityFile } from "../parity-file.fixture.ts";

const runtime = await createRuntime({ threads: 1 });
const norm = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));
const parities = [...modelFixtures()].map(([name, bytes]) => [name, loadParityFile(name, bytes)] as const);

for (const [name, { file, config, context }] of parities.filter(([, { config }]) => config.task === "masked_lm")) {
  test(`${name}: the trainer adds a table's rows and its product as the decoder to one gradient`, async () => {
    const parameters = parameterSpecs(config);
    const graph = buildModel(config, { training: false });
    const values = new Map(parameters.map((spec) => [spec.name, floats(file, `weight.${spec.name}`)]));
    const step = await HostTrainStep.create<BatchContext>(graph, { runtime, parameters, values, largest: [context.bindings] });
    await step.run([context], { seed: 0, step: 0 });

    const at = graph.parameters.findIndex(({ attrs }) => /(word|tok)_embeddings\.weight$/.test(attrs.name as string));
    const table = graph.parameters[at].attrs.name as string;
    const outputs = { gradient: gradients(graph.loss, graph.parameters)[at] };
    const { gradient } = await computeOn("float64", outputs, feedsFrom(file, graph, context, false), context.bindings);
    const got = step.state.arrays.get(table)!.gradient!.array;
    const off = norm(Array.from(got, (value, i) => value - gradient[i]));
    assert.ok(off <= 1e-5 * norm(gradient), `${off} of ${norm(gradient)}`);
    await step.release();
  });
}
