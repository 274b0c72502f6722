import { bert } from "./bert.ts";
import { distilbert } from "./distilbert.ts";
import type { EncoderFamily } from "./encoder-config.ts";
import type { Family } from "./family.ts";

/** Every family of encoders, by its `model_type`. */
export const families = { bert, distilbert } as Readonly<Record<string, Family>> as Readonly<Record<EncoderFamily, Family>>;
