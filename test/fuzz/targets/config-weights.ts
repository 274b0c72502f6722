import { families, initialise, modelFiles, parseEncoderConfig, storedModel, weightsFrom } from "../../../src/models/index.ts";
import { mutateJson } from "../mutate-json.ts";
import { check, type Target } from "../target.ts";

const SMALL = {
  ...{ vocab_size: 12, pad_token_id: 0, max_position_embeddings: 8, num_hidden_layers: 1, num_attention_heads: 2, num_labels: 2 },
  ...{ hidden_size: 4, embedding_size: 4, intermediate_size: 6, image_size: 4, patch_size: 2 },
  // DistilBERT's names
  ...{ dim: 4, n_layers: 1, n_heads: 2, hidden_dim: 6 },
};
const small = Object.keys(families).map((model_type) => ({ model_type, ...SMALL }));
const weightsByFamily = new Map(
  small.map((json) => {
    const config = parseEncoderConfig(json);
    const [content] = [...modelFiles(config, initialise(config, 1)).values()];
    return [json.model_type, new Uint8Array(Buffer.concat(content))];
  }),
);

const familyOf = (bytes: Uint8Array): string => /"model_type"\s*:\s*"([a-z-]+)"/.exec(new TextDecoder().decode(bytes))?.[1] ?? "";

/** A changed `config.json` beside sound weights: a few kilobytes of them bound what is drawn for the head. */
function run(bytes: Uint8Array): void {
  const weights = weightsByFamily.get(familyOf(bytes)) ?? weightsByFamily.get("bert")!;
  const stored = storedModel(
    new Map([
      ["config.json", bytes],
      ["model.safetensors", weights],
    ]),
  );
  const { weights: values } = weightsFrom(stored.config, stored, { seed: 1, where: "model.safetensors" });
  check(
    [...values.values()].every((array) => array.length > 0),
    "parameters without values",
  );
}

export const configWeights: Target = {
  ...{ name: "config-weights", mutate: mutateJson, run, memory: { floor: 256 << 20, factor: 400 } },
  seeds: () => small.map((json) => new TextEncoder().encode(JSON.stringify(json))),
};
