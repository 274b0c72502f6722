import { CrispError, expectedGot } from "../../errors/index.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { families } from "../families/families.ts";
import { parameterSpecs } from "../initialise.ts";
import { adapterPart, type LoraSettings } from "../layers/adapter.ts";
import { readSafetensors, type Safetensors, type StoredTensor } from "../weights/safetensors.ts";
import { standardName } from "../weights/weights.ts";
import { withLora } from "./lora.ts";
import { ADAPTER_FILES, BASE_HASH, PEFT_PREFIX } from "./peft.ts";

/** An adapter as it is stored: its matrices and the head, by parameter name. */
export interface StoredAdapter {
  readonly settings: LoraSettings;
  readonly tensors: Safetensors["tensors"];
  /** See `baseHash`; undefined where another program wrote it. */
  readonly base?: string;
}

const HINT = "Crisp reads plain LoRA, as it saves it and as PEFT does by default.";

/** What Crisp computes, by the keys of adapter_config.json; a key that is missing has PEFT's default, which is the same. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  peft_type: (value) => value === "LORA",
  bias: (value) => value === "none",
  use_dora: (value) => value === false,
  use_rslora: (value) => value === false,
  fan_in_fan_out: (value) => value === false,
  lora_bias: (value) => value === false,
  rank_pattern: isEmpty,
  alpha_pattern: isEmpty,
  layer_replication: isEmpty,
};

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value as object).length === 0);
}

/**
 * Read an adapter of PEFT's format from the files of a folder, by name.
 *
 * @param where - The folder, for messages.
 * @throws `adapter/missing`, `adapter/unknown` for anything but plain LoRA of one rank; what reading safetensors throws.
 */
export function readPeft(files: ReadonlyMap<string, Uint8Array>, where: string): StoredAdapter {
  const [config, weights] = ADAPTER_FILES.map((name) => files.get(name));
  if (!config || !weights) {
    const hint = "Train one with --lora_rank 8, or load the folder without a base.";
    throw expectedGot("adapter/missing", where, ADAPTER_FILES.join(" and "), "none", hint);
  }
  const configFile = `${where}/${ADAPTER_FILES[0]}`;
  const json = parse(config, configFile);
  for (const [key, fits] of Object.entries(PLAIN)) {
    if (key in json && !fits(json[key])) {
      throw expectedGot("adapter/unknown", configFile, `plain LoRA`, `${key} ${JSON.stringify(json[key])}`, HINT);
    }
  }
  const weightsFile = `${where}/${ADAPTER_FILES[1]}`;
  const { tensors, metadata } = readSafetensors(weights, weightsFile);
  const named = new Map(
    Array.from(tensors, ([name, tensor]) => [name.startsWith(PEFT_PREFIX) ? name.slice(PEFT_PREFIX.length) : name, tensor]),
  );
  const inner = [...named].filter(([name]) => adapterPart(name) === "A");
  const { r: rank, lora_alpha: alpha } = json;
  // what is drawn as zeros below is bounded by what the file holds
  if (!Number.isInteger(rank) || inner.length === 0 || inner.some(([, { shape }]) => shape[0] !== rank)) {
    const got = `r ${JSON.stringify(rank)} and matrices of ${[...new Set(inner.map(([, { shape }]) => shape[0]))].join(", ") || "none"}`;
    throw expectedGot("adapter/unknown", weightsFile, "matrices of the rank r of its config", got, HINT);
  }
  if (typeof alpha !== "number" || !Number.isFinite(alpha)) {
    throw expectedGot("adapter/unknown", configFile, "lora_alpha, a number", JSON.stringify(alpha) ?? "none", HINT);
  }
  const targets = [...new Set(inner.map(([name]) => name.split(".").at(-3)!))];
  return { settings: { rank: rank as number, alpha, targets }, tensors: named, base: metadata[BASE_HASH] };
}

function parse(bytes: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new CrispError("adapter/unknown", `${file}: expected JSON, got ${(error as Error).message}. Save the adapter again.`);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Readonly<Record<string, unknown>>;
  throw expectedGot("adapter/unknown", file, "a JSON object", JSON.stringify(json), "Save the adapter again.");
}

/**
 * The tensors of an encoder and of an adapter as those of one model, which computes `W x + α / r · B (A x)`; a layer that the adapter
 * leaves out has zeros.
 *
 * @param config - Of the adapted model, with its head.
 * @returns Its config, adapters included, and what `weightsFrom` reads.
 */
export function besideBase(
  config: EncoderConfig,
  base: Safetensors["tensors"],
  { settings, tensors: own }: StoredAdapter,
): { readonly config: EncoderConfig; readonly tensors: Safetensors["tensors"] } {
  const adapted = withLora(config, settings);
  const specs = parameterSpecs(adapted);
  const wanted = new Set(specs.map(({ name }) => name));
  const family = families[config.family];
  const kept = [...base].filter(([name]) => !own.has(standardName(name, family, wanted)));
  const absent = specs.flatMap(({ name, shape }) => (adapterPart(name) && !own.has(name) ? [[name, zeros(shape)] as const] : []));
  return { config: adapted, tensors: new Map([...kept, ...own, ...absent]) };
}

const zeros = (shape: readonly number[]): StoredTensor => {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return { dtype: "F32", shape, data: () => values, bytes: () => new Uint8Array(values.buffer) };
};
