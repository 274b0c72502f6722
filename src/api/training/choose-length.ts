import { flopsPerExample } from "../../attention/index.ts";
import { type Dataset, type LongTexts, type Tokenizer, textsOf } from "../../data/index.ts";
import { secondsOfEpoch } from "../../recipes/index.ts";
import { taskOf } from "../../tasks/index.ts";
import type { StartModel } from "../start-model.ts";

/** How long texts may be, and what stays of longer ones. */
export interface LengthSettings {
  /** Most tokens a text, special tokens included; left out, 128, or what the texts need and the time budget has room for. */
  readonly maxLength?: number;
  /** What stays of longer texts; left out, head, or head and tail where many texts are longer and the recipe is chosen. */
  readonly longTexts?: LongTexts;
}

const USUAL = 128;
const LENGTHS = [128, 256, 512];
/** As many texts say how long all are. */
const MEASURED = 300;
/** Share of texts that may be cut before it matters how. */
const CUT = 0.05;
/** Passes over the data that the budget must have room for. */
const LEAST_EPOCHS = 4;

/**
 * Choose how long texts may be: the least of 128, 256 and 512 tokens that cuts at most one text in twenty, or the longest that the time
 * budget has room for. Where more are cut, head and tail stay.
 *
 * @param chosen - Whether anything is to be chosen; otherwise what is left out is 128 and head.
 */
export function chooseLength(
  { maxLength, longTexts }: LengthSettings,
  { config, tokenizer }: Pick<StartModel, "config"> & { readonly tokenizer: Tokenizer },
  dataset: Dataset,
  { timeBudget, chosen }: { readonly timeBudget: number; readonly chosen: boolean },
): Tokenizer {
  const { examples } = dataset;
  if (!chosen || examples.length === 0)
    return tokenizer.fit({ maxLength: Math.min(maxLength ?? USUAL, config.maxPositions), longTexts: longTexts ?? "head" });
  const lengths = lengthsOf(dataset, tokenizer);
  const cutAt = (length: number): number => lengths.filter((tokens) => tokens > length).length / lengths.length;
  const { hiddenSize, intermediateSize, layers } = config;
  const affordable = (length: number): boolean => {
    const { layer } = flopsPerExample({ hiddenSize, intermediateSize, layers, length });
    return LEAST_EPOCHS * secondsOfEpoch(examples.length, layer) <= timeBudget;
  };
  const possible = LENGTHS.filter((length) => length === USUAL || (length <= config.maxPositions && affordable(length)));
  const own = possible.find((length) => cutAt(length) <= CUT) ?? possible[possible.length - 1];
  const length = Math.min(maxLength ?? own, config.maxPositions);
  return tokenizer.fit({ maxLength: length, longTexts: longTexts ?? (cutAt(length) > CUT ? "head_tail" : "head") });
}

/** Tokens of texts from all over the data, special tokens included. */
function lengthsOf({ examples, task }: Dataset, tokenizer: Tokenizer): number[] {
  const every = Math.ceil(examples.length / MEASURED);
  const special = tokenizer.opening.length + tokenizer.closing.length;
  const measured = examples.filter((_, at) => at % every === 0);
  if (taskOf({ task }).labels?.ofPairs)
    return measured.flatMap(textsOf).map((text) => tokenizer.encodeAll(text).length + special);
  return measured.map(({ text, pair }) => {
    const second = pair === undefined ? 0 : tokenizer.encodeAll(pair).length + 1;
    return tokenizer.encodeAll(text).length + second + special;
  });
}
