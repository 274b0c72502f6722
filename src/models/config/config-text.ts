import { toHuggingFaceConfig } from "./config.ts";
import type { EncoderConfig } from "./encoder-config.ts";

/** Keys, at the top or in `rope_parameters`, that transformers 5 reads as Python floats and refuses as ints. */
const FLOATS =
  /^( {2}| {6})"(initializer_range|initializer_cutoff_factor|(layer_)?norm_eps|(global_|local_)?rope_theta)": \d+(?=,?$)/gm;

/**
 * `config.json` as text; numbers that Python must read as floats have a decimal point, which JavaScript's JSON leaves out.
 *
 * @example
 * configText(config); // … "initializer_cutoff_factor": 2.0, …
 */
export const configText = (config: EncoderConfig): string =>
  `${JSON.stringify(toHuggingFaceConfig(config), null, 2).replace(FLOATS, "$&.0")}\n`;
