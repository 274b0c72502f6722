import { basename } from "node:path";
import {
  type Audit,
  auditRows,
  fitTexts,
  type JudgedRows,
  judgedRows,
  predictFolds,
  type ReadTexts,
  type SliceKind,
  type UnlabelledTexts,
} from "../../audit/index.ts";
import {
  type Dataset,
  type DatasetOptions,
  ENCODINGS,
  type Encoded,
  groupsForFolds,
  type InputText,
  type ReadTable,
} from "../../data/index.ts";
import { loadForInspection, loadTexts } from "../../data/index-node.ts";
import { CrispError, counted, expectedGot } from "../../errors/index.ts";
import { folds as cutFolds } from "../../linear/index.ts";
import { loadModelFolder } from "../../models/index-node.ts";
import { type Device, encodeFor } from "../../runs/index.ts";
import { cellText, taskOf } from "../../tasks/index.ts";
import { settingRules as rules } from "../../training/index.ts";
import { runtimeFor } from "../classifier/classifier-node.ts";
import { type FetchListener, modelFolderOf } from "../hub-sources-node.ts";
import { type TrainResult, tokenizerOf, train } from "../train-node.ts";
import { DEFAULT_TIME_BUDGET, type RecipeSettings } from "../training/choose-recipe.ts";
import type { TrainEvent } from "../training/train-settings.ts";
import { textFeatures } from "./text-features.ts";

/** Settings of {@link audit}. */
export interface AuditSettings
  extends Pick<RecipeSettings, "preset">,
    Pick<DatasetOptions, "encoding" | "skipBadRows" | "textColumn" | "pairColumn" | "labelColumn"> {
  /** TSV, CSV, JSONL (gzip of each) or Parquet, with one class a row. */
  readonly data: string;
  /** A Hugging Face model folder, or the name of a model on the Hub. */
  readonly model: string;
  /** Branch, tag or commit of a model on the Hub; default `main`. */
  readonly revision?: string;
  /** Most tokens a text; default 128. */
  readonly maxLength?: number;
  /** Parts of the rows that are each predicted by a model of the others; default 5. */
  readonly folds?: number;
  /** Of the folds, of the texts that others are compared with, and of a training; default 42. */
  readonly seed?: number;
  /** Predict by fine-tuned encoders instead of a logistic regression of the frozen encoder's features and of the words; default false. */
  readonly fineTune?: boolean;
  /** Seconds that fine-tuning may take on a laptop's two cores, all folds together and the model of all rows; default 300. */
  readonly timeBudget?: number;
  /** Texts without labels: one a line, or a table. */
  readonly unlabelled?: string;
  /** How many of them are to be named; default 20. */
  readonly toLabel?: number;
  /** Columns whose values part the rows; left out, those of 2 to 20 different values beside text and label. */
  readonly sliceColumns?: readonly string[];
  /** Texts in a batch of the frozen encoder; default 64. */
  readonly batchSize?: number;
  /** What computes; default `cpu`. */
  readonly device?: Device;
  /** Told of downloads, and of what was guessed, left out or chosen. */
  readonly listener?: FetchListener;
  readonly onEvent?: (event: AuditEvent) => void;
}

/** What happens: texts that the frozen encoder has read, and what a training of folds says. */
export type AuditEvent = { readonly type: "read"; readonly done: number; readonly total: number } | TrainEvent;

/** What the settings take; true where that is checked when they are read. */
const SETTINGS: rules.SettingRules<keyof AuditSettings> = {
  data: { rule: "a path", fits: rules.text.fits, required: true },
  model: { rule: "a model folder, or the name of a model", fits: rules.text.fits, required: true },
  revision: rules.text,
  ...{ textColumn: rules.text, pairColumn: rules.text, labelColumn: rules.text },
  encoding: rules.oneOf(ENCODINGS),
  skipBadRows: rules.flag,
  maxLength: true,
  preset: true,
  folds: true,
  seed: rules.seed,
  fineTune: rules.flag,
  timeBudget: true,
  unlabelled: rules.text,
  toLabel: rules.whole(0),
  sliceColumns: { rule: "a list of columns", fits: (value) => Array.isArray(value) && value.every(rules.text.fits) },
  batchSize: rules.whole(1),
  device: true,
  listener: rules.listener,
  onEvent: rules.callback,
};

const [FOLDS, SEED, TO_LABEL] = [5, 42, 20];
/** Columns of more different values part the rows into too small slices. */
const MOST_VALUES = 20;

/**
 * Look for labels that are likely wrong, and for texts that deserve a look, by what models say of rows that they have not seen.
 *
 * @throws `audit/bad-data` for labels that are not one class each, and for fewer than two classes of a row a fold; `audit/bad-option`;
 *   `data/…`, `model/…`, and what training throws.
 * @example
 * const { labelErrors } = await audit({ data: "tickets.csv", model: "sentence-transformers/all-MiniLM-L6-v2" });
 * labelErrors.found[0]; // { line: 17, text: "where is my parcel", label: "billing", suggested: "delivery", labelScore: 0.01, … }
 */
export async function audit(settings: AuditSettings): Promise<Audit> {
  const owner = { name: "audit", code: "audit/bad-option" };
  rules.checkNames(owner, settings, Object.keys(SETTINGS));
  rules.checkRules(owner, settings, SETTINGS);
  const { folds = FOLDS, seed = SEED, toLabel = TO_LABEL, listener = {}, fineTune = false } = settings;
  if (!(Number.isInteger(folds) && folds >= 2)) throw expectedGot("audit/bad-option", "folds", "a whole number from 2 on", folds);
  const { dataset, lines, table } = await readLabelled(settings);
  const judged = judgedRows(dataset, folds);
  const kinds = sliceKinds(table, dataset, lines, settings.sliceColumns);
  const unlabelled = settings.unlabelled === undefined ? [] : await readUnlabelled(settings.unlabelled, dataset, settings);

  const folder = await modelFolderOf(settings.model, { ...listener, revision: settings.revision });
  const stored = loadModelFolder(folder);
  const tokenizer = await tokenizerOf(folder, settings.maxLength);
  const encoded = encodeFor({ tokenizer }, dataset);
  const askedEncoded = unlabelled.map(({ text, pair }, index) => ({ index, label: -1, ...tokenizer.encode(text, pair) }));
  const features = await textFeatures(stored, [...encoded, ...askedEncoded], {
    runtime: await runtimeFor({ device: settings.device, onNote: listener.onNote }),
    padTokenId: tokenizer.padTokenId,
    batchSize: settings.batchSize ?? 64,
    onProgress: (done) => settings.onEvent?.({ type: "read", done, total: encoded.length + askedEncoded.length }),
  });
  const others = features.slice(encoded.length);
  const parts: Parts = {
    known: { texts: judged.dataset.examples.map(wholeText), features: judged.places.map((at) => features[at]) },
    asked: { texts: unlabelled.map(wholeText), features: others },
    ...{ askedEncoded, folds, seed },
  };
  const said = fineTune ? await byFineTuning(judged, parts, folder, settings) : byRegression(judged, parts);
  return auditRows({
    ...{ dataset, lines, judged, kinds, toLabel },
    features: features.slice(0, encoded.length),
    lengths: encoded.map(({ inputIds }) => inputIds.length),
    probabilities: said.probabilities,
    ...(settings.unlabelled !== undefined && {
      unlabelled: { data: basename(settings.unlabelled), texts: unlabelled, features: others, probabilities: said.ofUnlabelled },
    }),
    method: { model: settings.model, predictedBy: said.by, folds, seed },
  });
}

const wholeText = ({ text, pair }: Pick<InputText, "text" | "pair">): string => (pair === undefined ? text : `${text} ${pair}`);

/** Rows with labels, each with its line, and the table that they came from. */
async function readLabelled(
  settings: AuditSettings,
): Promise<{ dataset: Dataset; lines: readonly number[]; table: ReadTable["table"] }> {
  const { data, textColumn, pairColumn, labelColumn, encoding, skipBadRows, listener } = settings;
  const onNote = listener?.onNote;
  const options = { textColumn, pairColumn, labelColumn, encoding, skipBadRows, onNote };
  const { read, columnsError, bad, table, name } = await loadForInspection(data, options);
  if (!read) throw new CrispError("data/columns", columnsError!);
  bad.settle(read.dataset.examples.length);
  const { examples } = read.dataset;
  const { labels } = taskOf(read.dataset);
  const known = examples.flatMap((example, at) => (labels!.has(example) ? [at] : []));
  if (known.length < examples.length)
    onNote?.(`${name}: ${counted(examples.length - known.length, "row")} without a label left out`);
  return {
    dataset: { ...read.dataset, examples: known.map((at) => examples[at]) },
    lines: known.map((at) => read.lines[at]),
    table,
  };
}

/** Texts by the columns of the labelled file, or, where the file has others, by guessing. */
async function readUnlabelled(path: string, { columns }: Dataset, settings: AuditSettings): Promise<readonly InputText[]> {
  const { encoding, skipBadRows, listener } = settings;
  const reading = { encoding, skipBadRows, onNote: listener?.onNote };
  try {
    return await loadTexts(path, { ...reading, textColumn: columns?.text, pairColumn: columns?.pair });
  } catch (error) {
    if (!(error instanceof CrispError && error.code === "data/columns")) throw error;
    const texts = await loadTexts(path, reading);
    listener?.onNote?.(`columns were guessed: ${error.message}`);
    return texts;
  }
}

/**
 * Columns whose values part the rows.
 *
 * @throws `audit/bad-option` for a column that the file lacks.
 */
function sliceKinds(
  { columns, rows, name }: ReadTable["table"],
  dataset: Dataset,
  lines: readonly number[],
  asked: readonly string[] | undefined,
): SliceKind[] {
  const missing = asked?.find((column) => !columns.includes(column));
  if (missing !== undefined)
    throw expectedGot("audit/bad-option", "sliceColumns", `columns of ${name}`, missing, `It has ${columns.join(", ")}.`);
  const taken = Object.values(dataset.columns ?? {});
  const cellsAt = new Map(rows.map(({ line, cells }) => [line, cells]));
  return columns.flatMap((by, at): SliceKind[] => {
    if (asked ? !asked.includes(by) : taken.includes(by)) return [];
    const values = lines.map((line) => cellText(cellsAt.get(line)?.[at] ?? "").trim() || undefined);
    const different = new Set(values.filter((value) => value !== undefined)).size;
    return asked || (different >= 2 && different <= MOST_VALUES) ? [{ by, values }] : [];
  });
}

/** What models say of rows that they have not seen, and of the unlabelled texts. */
interface Said {
  readonly by: string;
  readonly probabilities: readonly (readonly number[])[];
  readonly ofUnlabelled: UnlabelledTexts["probabilities"];
}

interface Parts {
  /** The judged rows. */
  readonly known: ReadTexts;
  /** The unlabelled texts. */
  readonly asked: ReadTexts;
  readonly askedEncoded: readonly Encoded[];
  readonly folds: number;
  readonly seed: number;
}

function byRegression({ dataset }: JudgedRows, { known, asked, folds, seed }: Parts): Said {
  const labels = dataset.examples.map(({ label }) => label);
  const classes = dataset.labels.length;
  // equal texts in one fold: else a wrong label would vouch for its copy; a text that only contains another is a witness
  const cut = cutFolds(labels, folds, { seed, groups: groupsForFolds(dataset.examples, folds, "equality") });
  return {
    by: "logistic regression of the frozen encoder's features and TF-IDF",
    probabilities: predictFolds(known, labels, classes, cut),
    ofUnlabelled: asked.texts.length > 0 ? fitTexts(known, labels, classes)(asked) : [],
  };
}

async function byFineTuning(
  { dataset }: JudgedRows,
  { askedEncoded, folds, seed }: Parts,
  model: string,
  { maxLength, preset, timeBudget, device, onEvent }: AuditSettings,
): Promise<Said> {
  // a recipe reckons with one model
  const ofEach = (timeBudget ?? DEFAULT_TIME_BUDGET) / (folds + 1);
  const run = train({ data: dataset, model, folds, seed, maxLength, preset, timeBudget: ofEach, device });
  for await (const event of run) onEvent?.(event);
  const { evaluated, model: trained } = (await run.result) as TrainResult;
  const ofUnlabelled = askedEncoded.length > 0 ? (await trained.evaluate(askedEncoded)).probabilities : [];
  return {
    by: `fine-tuned encoders, ${trained.card.recipe?.name ?? "huggingface"}`,
    probabilities: evaluated.probabilities,
    ofUnlabelled,
  };
}
