import type { EncoderFamily } from "../config/encoder-config.ts";
import { albert } from "./albert.ts";
import { bert } from "./bert.ts";
import { debertaV2 } from "./deberta-v2.ts";
import { distilbert } from "./distilbert.ts";
import { electra } from "./electra.ts";
import type { Family } from "./family.ts";
import { modernbert } from "./modernbert.ts";
import { mpnet } from "./mpnet.ts";
import { roberta, xlmRoberta } from "./roberta.ts";
import { vit } from "./vit.ts";

/** Every family of encoders, by its `model_type`. */
export const families = {
  bert,
  distilbert,
  roberta,
  "xlm-roberta": xlmRoberta,
  electra,
  albert,
  modernbert,
  mpnet,
  "deberta-v2": debertaV2,
  vit,
} as Readonly<Record<string, Family>> as Readonly<Record<EncoderFamily, Family>>;
