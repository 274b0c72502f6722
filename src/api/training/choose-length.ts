import { flopsPerExample } from "../../attention/index.ts";
import { type Dataset, type Encoding, type LengthOptions, type LongTexts, type Tokenizer, textsOf } from "../../data/index.ts";
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

/** How long the texts are beside what is read of them. */
export interface LongTextFacts {
  /** Most tokens that are read at once. */
  readonly maxLength: number;
  /** Share of texts that are longer, in [0, 1], of a sample. */
  readonly share: number;
  readonly longTexts: LongTexts;
  /** Whether nobody asked for it. */
  readonly chosen: boolean;
  /** How many times as many tokens chunks would read, or read, as one window a text; absent where they are impossible. */
  readonly tokensInChunks?: number;
}

/** A tokenizer for the texts' lengths, and what there is to say of long ones. */
export interface ChosenLength {
  readonly tokenizer: Tokenizer;
  /** Where more than one text in twenty is longer. */
  readonly long?: LongTextFacts;
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
 * budget has room for. Where more are cut, head and tail stay. Windows have 128.
 *
 * @param chosen - Whether anything is to be chosen; otherwise what is left out is 128 and head.
 * @throws `training/bad-option` for chunks where an example is not one text with one output, and for a stride without chunks.
 */
export function chooseLength(
  settings: LengthSettings,
  { config, tokenizer }: Pick<StartModel, "config"> & { readonly tokenizer: Tokenizer },
  dataset: Dataset,
  { timeBudget, chosen }: { readonly timeBudget: number; readonly chosen: boolean },
): ChosenLength {
  checkLongTexts(settings, dataset);
  const { docStride } = settings;
  const rows = dataset.examples.length;
  const lengths = rows === 0 ? [] : lengthsOf(dataset, tokenizer);
  const cutAt = (length: number): number => lengths.filter((tokens) => tokens > length).length / Math.max(1, lengths.length);
  const { hiddenSize, intermediateSize, layers } = config;
  const affordable = (length: number): boolean => {
    const { layer } = flopsPerExample({ hiddenSize, intermediateSize, layers, length });
    return LEAST_EPOCHS * secondsOfEpoch(rows, layer) <= timeBudget;
  };
  const choose = (): number => {
    // in windows nothing is cut: short ones cost less attention, and said more of IMDB reviews than long ones
    if (settings.longTexts === "chunks") return USUAL;
    const possible = LENGTHS.filter((length) => length === USUAL || (length <= config.maxPositions && affordable(length)));
    return possible.find((length) => cutAt(length) <= CUT) ?? possible[possible.length - 1];
  };
  const chooses = chosen && rows > 0;
  const maxLength = Math.min(settings.maxLength ?? (chooses ? choose() : USUAL), config.maxPositions);
  const share = cutAt(maxLength);
  // of words each has an answer, so that a text of them is read from its start
  const bothEnds = chooses && share > CUT && !taskOf(dataset).labels?.ofWords;
  const longTexts = settings.longTexts ?? (bothEnds ? "head_tail" : "head");
  const fitted = tokenizer.fit({ maxLength, longTexts, docStride });
  if (share <= CUT) return { tokenizer: fitted };
  const facts = { maxLength, share, longTexts, chosen: settings.longTexts === undefined };
  const window = Math.min(settings.maxLength ?? USUAL, config.maxPositions);
  const inChunks = oddOf(dataset) === undefined && { tokensInChunks: tokensInChunks(dataset, fitted, window) };
  return { tokenizer: fitted, long: { ...facts, ...inChunks } };
}

/** What of the examples keeps them from being read in windows, whose logits are averaged: a mean says something of one text only. */
function oddOf({ task, columns, examples }: Pick<Dataset, "task" | "columns" | "examples">): string | undefined {
  if (!taskOf({ task }).averagesWindows) return task ?? DEFAULT_TASK;
  const pairs = columns?.pair !== undefined || examples.some(({ pair }) => pair !== undefined);
  return pairs ? "pairs of texts" : undefined;
}

/**
 * A tokenizer that reads long texts as asked, and as many tokens as before; nothing is chosen.
 *
 * @param settings - Left out, the head of long texts is read.
 * @throws As `chooseLength`.
 * @example
 * readLongTexts(tokenizer, { longTexts: "chunks", docStride: 16 }, dataset).encode("a long text").others?.length; // 2
 */
export function readLongTexts(
  tokenizer: Tokenizer,
  settings: Pick<LengthSettings, "longTexts" | "docStride">,
  dataset: Dataset,
): Tokenizer {
  checkLongTexts(settings, dataset);
  const { longTexts, docStride } = settings;
  return tokenizer.fit({ maxLength: tokenizer.maxLength, longTexts, docStride });
}

function checkLongTexts({ longTexts, docStride }: LengthSettings, dataset: Dataset): void {
  if (longTexts === "chunks") checkOneText(dataset);
  else if (docStride !== undefined)
    throw expectedGot("training/bad-option", "docStride", "longTexts chunks beside it", longTexts ?? "none");
}

function checkOneText(dataset: Dataset): void {
  const got = oddOf(dataset);
  if (got === undefined) return;
  const rule = "one text an example, and a task that says one thing of it (its class, its classes or a number)";
  throw expectedGot("training/bad-option", "longTexts chunks", rule, got, "Take head or head_tail.");
}

function measuredOf(examples: Dataset["examples"]): Dataset["examples"] {
  const every = Math.ceil(examples.length / MEASURED);
  return examples.filter((_, at) => at % every === 0);
}

function tokensInChunks({ examples }: Dataset, tokenizer: Tokenizer, window: number): number {
  const read = (length: LengthOptions): number => {
    const fitted = tokenizer.fit(length);
    const tokensOf = ({ inputIds, others = [] }: Encoding): number =>
      others.reduce((sum, other) => sum + other.inputIds.length, inputIds.length);
    return measuredOf(examples).reduce((sum, { text }) => sum + tokensOf(fitted.encode(text)), 0);
  };
  const docStride = tokenizer.longTexts === "chunks" ? tokenizer.docStride : undefined;
  return read({ maxLength: window, longTexts: "chunks", docStride }) / read({ maxLength: tokenizer.maxLength });
}

/** Tokens of texts from all over the data, special tokens included. */
function lengthsOf({ examples, task }: Dataset, tokenizer: Tokenizer): number[] {
  const special = tokenizer.opening.length + tokenizer.closing.length;
  const measured = measuredOf(examples);
  if (taskOf({ task }).labels?.ofPairs)
    return measured.flatMap(textsOf).map((text) => tokenizer.encodeAll(text).length + special);
  return measured.map(({ text, pair }) => {
    const second = pair === undefined ? 0 : tokenizer.encodeAll(pair).length + 1;
    return tokenizer.encodeAll(text).length + second + special;
  });
}
