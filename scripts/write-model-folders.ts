// A tiny model folder of every family and task, for scripts/check-model-folders.py: `node scripts/write-model-folders.ts FOLDER`.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { families, initialise, modelFiles, parseEncoderConfig, withLabels } from "../src/models/index.ts";
import type { TaskName } from "../src/tasks/index.ts";

const size = { vocab_size: 20, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12 };
const own: Readonly<Record<string, object>> = {
  distilbert: { dim: 8, n_layers: 2, n_heads: 2, hidden_dim: 12 },
  electra: { embedding_size: 4 },
  albert: { embedding_size: 4 },
  "deberta-v2": { relative_attention: true, pos_att_type: ["c2p", "p2c"], position_buckets: 4, norm_rel_ebd: "layer_norm" },
  vit: { image_size: 8, patch_size: 4 },
};
const tasks: readonly TaskName[] = [
  ...(["single_label_classification", "multi_label_classification", "regression"] as const),
  ...(["token_classification", "masked_lm"] as const),
];

const [out] = process.argv.slice(2);
if (!out) throw new Error("node scripts/write-model-folders.ts FOLDER");
for (const [name, { classifyTokens, predictTokens }] of Object.entries(families)) {
  const plain = parseEncoderConfig({ model_type: name, max_position_embeddings: 16, pad_token_id: 1, ...size, ...own[name] });
  for (const task of tasks) {
    if ((task === "token_classification" && !classifyTokens) || (task === "masked_lm" && !predictTokens)) continue;
    const config = withLabels(plain, task === "regression" ? ["score"] : ["no", "maybe", "yes"], task);
    const folder = join(out, `${name}-${task}`);
    mkdirSync(folder, { recursive: true });
    for (const [file, chunks] of modelFiles(config, initialise(config, 1)))
      writeFileSync(join(folder, file), Buffer.concat(chunks));
  }
}
