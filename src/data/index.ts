export {
  type BatchOrderOptions,
  batches,
  batchOrder,
  collate,
  evaluationBatches,
  evaluationOrder,
  paddingRatio,
  tokenCounts,
} from "./batching.ts";
export { type ColumnOptions, type Columns, chooseColumns, looksLikeHeader } from "./columns.ts";
export {
  checkTrainable,
  type DatasetOptions,
  type InputText,
  readDataset,
  readTexts,
  sortLabels,
  toDataset,
} from "./dataset.ts";
export { decodeText } from "./decode.ts";
export { checkMasking, type MaskedTokens, type MaskingRules, maskTokens } from "./masking.ts";
export { type Split, type SplitOptions, splitDataset } from "./split.ts";
export {
  type DataSummary,
  type LengthSummary,
  renderSummary,
  type SplitInput,
  type SplitSummary,
  summarise,
} from "./summary.ts";
export { guessFormat, parseTable, type TableFormat, type TableOptions } from "./table.ts";
export { readDocuments, textBlocks } from "./text-blocks.ts";
export { type GroupingOptions, groupByText, normaliseText } from "./text-groups.ts";
export {
  createTokenizer,
  type Encoding,
  encodeDataset,
  encodeWords,
  longestFirst,
  type Tokenizer,
  type TokenizerOptions,
} from "./tokenizer.ts";
export { bertTokenizerJson, readTokenizerJson, type TokenizerJson } from "./tokenizer-json.ts";
export type { Batch, Dataset, Encoded, Example, LabelTask, Table, TableRow } from "./types.ts";
export { buildVocabulary, type VocabularyOptions } from "./vocabulary.ts";
