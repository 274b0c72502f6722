import type { Tokenizer } from "../../data/index.ts";
import { joined, jsonBytes } from "../../files/index.ts";
import { PREPROCESSOR_FILE } from "../../models/index.ts";
import type { ImageInput } from "../../runs/index.ts";
import type { NamedFiles } from "../input-files.ts";

/** A model folder that is about to be written. */
export interface SavedModel {
  readonly files: NamedFiles;
  /** What people should know of it, e.g. why there is no ONNX file. */
  readonly notes: readonly string[];
}

const parsed = (pieces: Iterable<Uint8Array>): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(joined(pieces))) as Record<string, unknown>;

/** Keys of config.json that transformers wants as `2.0`, where JSON.stringify writes 2: its classes check their types. */
const REAL = /("\w*(?:dropout|prob|eps|theta|range|factor)": -?\d+)(?=[,\s}])/g;

/** `config.json` with keys that other libraries read. */
export const configFile = (pieces: Iterable<Uint8Array>, more: Readonly<Record<string, unknown>>): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify({ ...parsed(pieces), ...more }, null, 2)}\n`.replace(REAL, "$1.0"));

/** A tokenizer of no family: in Python it gives token types only where its file names them. */
const PLAIN = "PreTrainedTokenizerFast";

/**
 * `tokenizer_config.json` such that other libraries cut and pad texts as Crisp does: at the end, to as many tokens.
 *
 * @param pieces - The start model's file, if it had one.
 * @param types - Whether the model reads which of two texts a token is of.
 */
export function tokenizerConfigFile(pieces: Iterable<Uint8Array> | undefined, tokenizer: Tokenizer, types: boolean): Uint8Array {
  const [padToken] = tokenizer.tokens([tokenizer.padTokenId]);
  const named = pieces ? parsed(pieces) : { tokenizer_class: PLAIN, pad_token: padToken };
  const inputs = types &&
    named.tokenizer_class === PLAIN && { model_input_names: ["input_ids", "token_type_ids", "attention_mask"] };
  const source = { ...inputs, ...named };
  return jsonBytes({ ...source, model_max_length: tokenizer.maxLength, padding_side: "right", truncation_side: "right" });
}

/**
 * Leave nothing of `preprocessor_config.json` to defaults: those of transformers, which Crisp follows, are not those of
 * transformers.js, which for one normalises only where it is told to.
 *
 * @param files - Hold that of the start model.
 */
export function setPreprocessor(files: Map<string, Iterable<Uint8Array>>, { settings }: ImageInput): void {
  const source = parsed(files.get(PREPROCESSOR_FILE)!);
  const { size, filter, rescaleFactor, mean, std } = settings;
  const json = {
    ...(source.feature_extractor_type === undefined && { image_processor_type: "ViTImageProcessor" }),
    ...source,
    do_resize: size !== undefined,
    ...(size && { size: { height: size[0], width: size[1] }, resample: filter }),
    do_rescale: source.do_rescale ?? true,
    rescale_factor: rescaleFactor,
    do_normalize: source.do_normalize ?? true,
    image_mean: mean,
    image_std: std,
  };
  files.set(PREPROCESSOR_FILE, [jsonBytes(json)]);
}
