import type { EncoderConfig } from "../config/encoder-config.ts";
import { parameterSpecs } from "../initialise.ts";
import { adapterPart, type LoraSettings } from "../layers/adapter.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { withLora } from "./lora.ts";

/** What was trained beside an encoder: its adapters and its head, by parameter name. */
export interface Adapter {
  readonly settings: LoraSettings;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Of the encoder that it was trained beside, see `baseHash`. */
  readonly base?: string;
}

/** Where a model folder has its adapter: not beside the model, as transformers would load it on top. */
export const ADAPTER_FILES = ["adapter/adapter_config.json", "adapter/adapter_model.safetensors"] as const;
/** Key of `Adapter.base` in the metadata of its tensors' file, which other programs pass over. */
export const BASE_HASH = "crisp_base_sha256";
/** What PEFT puts before the names of parameters. */
export const PEFT_PREFIX = "base_model.model.";

/**
 * An adapter as PEFT's `PeftModel.from_pretrained(model, "FOLDER/adapter")` reads it, in pieces to be written one after another. The head is part of it.
 *
 * @param config - Of the encoder, with the head.
 * @param base - What the adapter belongs to, as transformers would load it; null for "whoever loads it knows".
 */
export function peftFiles(
  config: EncoderConfig,
  { settings, weights, base: hash }: Adapter,
  base: string | null,
): Map<string, Uint8Array[]> {
  const specs = parameterSpecs(withLora(config, settings)).filter(({ name }) => weights.has(name));
  const layers = specs.flatMap(({ name }) => (adapterPart(name) === "A" ? [name.replace(/\.lora_A\.weight$/, "")] : []));
  const head = [...new Set(specs.flatMap(({ name }) => (adapterPart(name) ? [] : [name.split(".")[0]])))];
  const json = {
    peft_type: "LORA",
    task_type: null,
    base_model_name_or_path: base,
    r: settings.rank,
    lora_alpha: settings.alpha,
    lora_dropout: 0,
    bias: "none",
    target_modules: layers,
    modules_to_save: head,
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
  };
  const tensors = specs.map(({ name, shape }) => [`${PEFT_PREFIX}${name}`, { shape, data: weights.get(name)! }] as const);
  return new Map([
    [ADAPTER_FILES[0], [new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)]],
    [ADAPTER_FILES[1], writeSafetensors(tensors, { format: "pt", ...(hash && { [BASE_HASH]: hash }) })],
  ]);
}
