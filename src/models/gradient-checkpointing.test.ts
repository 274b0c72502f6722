import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gradients, type Node, topological } from "../graph/index.ts";
import { families } from "./families/families.ts";
import { checkpointingContract, subjects } from "./gradient-checkpointing.contract.ts";
import { buildModel } from "./model-graph.ts";

test("every family is looked at, with dropout in each layer", () => {
  assert.deepEqual([...subjects.keys()].sort(), Object.keys(families).sort());
  for (const { config } of subjects.values()) {
    const { inputs } = buildModel(config, { training: true });
    const sites = inputs.filter(({ fill }) => fill.kind === "dropout").map(({ node }) => node.attrs.name as string);
    for (let layer = 0; layer < config.layers; layer++)
      assert.ok(
        sites.some((site) => site.startsWith(`dropout.layer.${layer}.`)),
        `${config.family}: ${sites}`,
      );
  }
});

// each family with each kind of attention is in gradient-checkpointing.slow.ts
await checkpointingContract((family, attention) => attention === "block, gathered" || family === "bert");

describe("the graph of a step with gradient checkpointing", () => {
  for (const [family, { config }] of subjects) {
    test(`${family}: of what the layers before the last compute, the backward pass reads their results alone`, () => {
      const { loss, parameters, checkpoints } = buildModel(config, { training: true });
      assert.equal(checkpoints.length, config.layers);
      const forward = topological([loss]);
      const layers = new Set([checkpoints[0]]);
      for (const node of topological([checkpoints.at(-1)!])) if (node.inputs.some((input) => layers.has(input))) layers.add(node);
      const read = (kept: readonly Node[]): Node[] => {
        const backward = topological(gradients(loss, parameters, { checkpoints: kept })).filter(
          (node) => !forward.includes(node),
        );
        const values = new Set(backward.flatMap(({ inputs }) => inputs));
        return [...layers].filter((node) => values.has(node));
      };
      assert.ok(read([]).length > 10 * (config.layers - 1));
      // ids, as a graph is far too large to be shown
      const ids = [...layers];
      const at = (nodes: readonly Node[]): number[] => nodes.map((node) => ids.indexOf(node));
      assert.deepEqual(at(read(checkpoints)), at(checkpoints));
    });
  }
});

test("ONNX Runtime needs less memory with gradient checkpointing: it neither merges what is computed again nor computes it early", () => {
  const child = fileURLToPath(new URL("./gradient-checkpointing-child.fixture.ts", import.meta.url));
  const grown = (mode: string): number => {
    const { stdout, stderr } = spawnSync(process.execPath, [child, mode], { encoding: "utf8" });
    assert.match(stdout, /^\d+/, stderr);
    return Number(stdout);
  };
  const [all, some] = [grown("all"), grown("checkpoints")];
  assert.ok(some < 0.7 * all, `${some} and ${all} bytes`);
});
