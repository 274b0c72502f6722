import assert from "node:assert/strict";
import { test } from "node:test";
import { joined } from "../../files/index.ts";
import { parseEncoderConfig } from "../config/config.ts";
import { initialise } from "../initialise.ts";
import { readSafetensors } from "../weights/safetensors.ts";
import { withLora } from "./lora.ts";
import { ADAPTER_FILES, peftFiles } from "./peft.ts";

test("an adapter is saved by PEFT's names, with the head beside it", () => {
  const config = parseEncoderConfig({
    ...{
      model_type: "bert",
      vocab_size: 20,
      num_hidden_layers: 2,
      hidden_size: 24,
      num_attention_heads: 2,
      intermediate_size: 48,
    },
  });
  const settings = { rank: 3, alpha: 12, targets: ["query"] };
  const all = initialise(withLora(config, settings), 1);
  const weights = new Map([...all].filter(([name]) => name.includes("lora_") || name.startsWith("classifier.")));
  const files = peftFiles(config, { settings, weights }, "someone/base");
  assert.deepEqual([...files.keys()], [...ADAPTER_FILES]);
  const [json, tensors] = [...files.values()].map((pieces) => joined(pieces));
  const read = JSON.parse(new TextDecoder().decode(json)) as Record<string, unknown>;
  const layers = [0, 1].map((layer) => `bert.encoder.layer.${layer}.attention.self.query`);
  assert.deepEqual(
    [read.peft_type, read.r, read.lora_alpha, read.base_model_name_or_path, read.target_modules, read.modules_to_save],
    ["LORA", 3, 12, "someone/base", layers, ["classifier"]],
  );
  const stored = readSafetensors(tensors, "adapter_model.safetensors").tensors;
  assert.deepEqual(
    [...stored.keys()].sort(),
    [
      ...layers.flatMap((layer) => [`base_model.model.${layer}.lora_A.weight`, `base_model.model.${layer}.lora_B.weight`]),
      ...["base_model.model.classifier.weight", "base_model.model.classifier.bias"],
    ].sort(),
  );
  assert.deepEqual([...stored.get(`base_model.model.${layers[0]}.lora_A.weight`)!.shape], [3, 24]);
});
