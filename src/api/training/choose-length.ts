import { flopsPerExample } from "../../attention/index.ts";
import { type Dataset, type LongTexts, type Tokenizer, textsOf } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { secondsOfEpoch } from "../../recipes/index.ts";
import { DEFAULT_TASK, taskOf } from "../../tasks/index.ts";
import type { StartModel } from "../start-model.ts";

/** How long texts may be, and what is read of longer ones. */
export interface LengthSettings {
  /** Most tokens a text, special tokens included; left out, 128, or what the texts need and the time budget has room for. */
  readonly maxLength?: number;
  /** What is read of longer texts; left out, head, or head and tail where many texts are longer and the recipe is chosen. */
  readonly longTexts?: LongTexts;
  /** Tokens that two windows of a text share, where `longTexts` is chunks; default an eighth of `maxLength`. */
  readonly docStride?: number;
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
 * @throws `training/bad-option` for chunks where an example is not one text with one output, and for a stride without chunks.
 */
export function chooseLength(
  { maxLength, longTexts, docStride }: LengthSettings,
  { config, tokenizer }: Pick<StartModel, "config"> & { readonly tokenizer: Tokenizer },
  dataset: Dataset,
  { timeBudget, chosen }: { readonly timeBudget: number; readonly chosen: boolean },
): Tokenizer {
  const { examples } = dataset;
  if (longTexts === "chunks") checkOneText(dataset);
  else if (docStride !== undefined)
    throw expectedGot("training/bad-option", "docStride", "longTexts chunks beside it", longTexts ?? "none");
  if (!chosen || examples.length === 0)
    return tokenizer.fit({
      maxLength: Math.min(maxLength ?? USUAL, config.maxPositions),
      longTexts: longTexts ?? "head",
      docStride,
    });
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
  return tokenizer.fit({ maxLength: length, longTexts: longTexts ?? (cutAt(length) > CUT ? "head_tail" : "head"), docStride });
}

/** Windows have logits of their own, whose mean says something of one text only. */
function checkOneText({ task, columns, examples }: Dataset): void {
  const got = !taskOf({ task }).averagesWindows
    ? (task ?? DEFAULT_TASK)
    : columns?.pair !== undefined || examples.some(({ pair }) => pair !== undefined)
      ? "pairs of texts"
      : undefined;
  if (got === undefined) return;
  const rule = "one text an example, and a task that says one thing of it (its class, its classes or a number)";
  throw expectedGot("training/bad-option", "longTexts chunks", rule, got, "Take head or head_tail.");
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
