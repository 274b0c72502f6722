import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttentionCore, masked } from "../../attention/index.ts";
import { parseEncoderConfig, toHuggingFaceConfig } from "../config/config.ts";
import { parameterSpecs } from "../initialise.ts";
import { buildModel } from "../model-graph.ts";
import { families } from "./families.ts";

for (const [name, family] of Object.entries(families)) {
  const config = parseEncoderConfig({ model_type: name });

  test(`${name} says that it is gated where its feed-forward layer widens to twice the width`, () => {
    const { intermediateSize } = config;
    const doubled = parameterSpecs(config).some(
      ({ shape }) => shape[0] === 2 * intermediateSize || shape[1] === 2 * intermediateSize,
    );
    assert.equal(family.gated ?? false, doubled);
  });

  test(`${name} says that it biases scores exactly where its layers give the core a bias`, () => {
    const settings = [{}, { relative_attention: true, pos_att_type: ["c2p"] }];
    for (const config of settings.map((setting) => parseEncoderConfig({ model_type: name, num_hidden_layers: 2, ...setting }))) {
      const biased = new Set<boolean>();
      const core: AttentionCore = {
        ...masked,
        attend(q, k, v, view) {
          biased.add(view.bias !== undefined);
          return masked.attend(q, k, v, view);
        },
      };
      buildModel(config, { core, training: false });
      assert.deepEqual([...biased], [family.biasesScores?.(config) ?? false]);
    }
  });

  test(`${name} is written with the class name of what it reads`, () => {
    const kind = "vocab_size" in toHuggingFaceConfig(config) ? "Sequence" : "Image";
    assert.deepEqual(toHuggingFaceConfig(config).architectures, [`${family.className}For${kind}Classification`]);
  });
}
