import { expectedGot } from "../errors/index.ts";
import { type EncoderConfig, parseEncoderConfig } from "../models/index.ts";

/** Encoders that everybody knows, as their `config.json` has them. */
export const modelShapes: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  distilbert: { model_type: "distilbert" },
  minilm: { model_type: "bert", num_hidden_layers: 6, hidden_size: 384, num_attention_heads: 12, intermediate_size: 1536 },
  "bert-base": { model_type: "bert" },
};

/**
 * A config with positions for a length, however few the file has: weights are random anyway.
 *
 * @param json - A parsed `config.json`.
 * @throws `config/…`; `bench/no-texts` for an encoder of images.
 */
export function configOfLength(json: unknown, length: number): EncoderConfig {
  const config = parseEncoderConfig(json);
  if (config.image) throw expectedGot("bench/no-texts", "crisp bench step --model", "an encoder of texts", config.family);
  return { ...config, maxPositions: Math.max(config.maxPositions, length) };
}
