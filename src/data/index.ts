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
export { type ByteSource, blobSource, bytesSource } from "./byte-source.ts";
export { type ColumnOptions, type Columns, chooseColumns, looksLikeHeader } from "./columns.ts";
export {
  checkStreamTrainable,
  checkTrainable,
  type DatasetOptions,
  type InputText,
  readDataset,
  readTexts,
  sortLabels,
  toDataset,
} from "./dataset.ts";
export { decodeText } from "./decode.ts";
export type { HeldOutOptions } from "./held-out-rows.ts";
export { type ImageReader, imageName } from "./image-reader.ts";
export { joinDatasets } from "./join-datasets.ts";
export { checkMasking, type MaskedTokens, type MaskingRules, maskTokens } from "./masking.ts";
export { isParquet, isParquetName, openParquet, type ParquetFile, parquetTable, type RowGroup } from "./parquet.ts";
export { type ImageRows, openImageRows, type StoredImage } from "./parquet-images.ts";
export { imagePixels, type PixelSettings, pixelSettings } from "./pixels.ts";
export { BICUBIC, BILINEAR, type ResizeFilter, type RgbImage, resizeImage } from "./resize.ts";
export type { ColumnNames, StreamOptions } from "./row-index.ts";
export { indexRows, type StreamedDataset } from "./row-stream.ts";
export { type Split, type SplitOptions, splitDataset } from "./split.ts";
export {
  blockOrder,
  type StreamBatches,
  type StreamBatchesOptions,
  streamBatches,
} from "./stream-batches.ts";
export {
  type DataSummary,
  type LengthSummary,
  renderSummary,
  type SplitInput,
  type SplitSummary,
  summarise,
  summariseStreamed,
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
export type { Batch, Dataset, Encoded, Example, ImageReference, LabelTask, Table, TableRow } from "./types.ts";
export { buildVocabulary, type VocabularyOptions } from "./vocabulary.ts";
