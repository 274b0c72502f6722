import assert from "node:assert/strict";
import { families, parseEncoderConfig, storedModel, toHuggingFaceConfig, withLabels } from "../../../src/models/index.ts";
import { mutateJson } from "../mutate-json.ts";
import { check, type Target } from "../target.ts";

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function seeds(): Uint8Array[] {
  const fresh = Object.keys(families).map((family) => parseEncoderConfig({ model_type: family }));
  const bert = fresh[0];
  const configs = [
    ...fresh,
    withLabels(bert, ["O", "B-PER", "I-PER"], "token_classification"),
    withLabels(bert, ["score"], "regression"),
    withLabels(bert, ["a", "b"], "multi_label_classification"),
    withLabels(bert, [], "masked_lm"),
  ];
  return [
    ...configs.map((config) => encode(toHuggingFaceConfig(config))),
    ...Object.keys(families).map((family) => encode({ model_type: family, num_labels: 3 })),
  ];
}

/** What was read, written and read again is the same. */
function run(bytes: Uint8Array): void {
  const { config } = storedModel(new Map([["config.json", bytes]]));
  check(config.hiddenSize % config.heads === 0 && config.numLabels === config.labels.length, "heads or labels that do not fit");
  check(config.maxPositions >= 1 && config.padTokenId >= 0, "no positions, or no padding");
  const again = parseEncoderConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))));
  // JSON knows no -0
  assert.deepEqual(again, JSON.parse(JSON.stringify(config)));
}

export const config: Target = { name: "config", seeds, mutate: mutateJson, run, memory: { floor: 32 << 20, factor: 200 } };
