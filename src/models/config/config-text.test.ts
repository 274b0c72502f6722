import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEncoderConfig, withLabels } from "./config.ts";
import { configText } from "./config-text.ts";

test("what Python reads as a float has a decimal point; counts and labels of the same name have none", () => {
  const config = withLabels(
    parseEncoderConfig({ model_type: "modernbert", initializer_range: 1, local_rope_theta: 20, norm_eps: 1e-5, mlp_dropout: 0 }),
    ["rope_theta", "initializer_range", '  "norm_eps": 1'],
  );
  const text = configText(config);
  const lines = text.split("\n").map((line) => line.trim().replace(/,$/, ""));
  for (const line of [
    ...['"initializer_cutoff_factor": 2.0', '"initializer_range": 1.0', '"norm_eps": 0.00001', '"local_rope_theta": 20.0'],
    ...[
      '"global_rope_theta": 160000.0',
      '"rope_theta": 160000.0',
      '"rope_theta": 20.0',
      '"hidden_size": 768',
      '"mlp_dropout": 0',
    ],
    ...['"rope_theta": 0', '"initializer_range": 1', '"2": "  \\"norm_eps\\": 1"'],
  ])
    assert.ok(lines.includes(line), line);
  assert.deepEqual(parseEncoderConfig(JSON.parse(text)), config);
});
