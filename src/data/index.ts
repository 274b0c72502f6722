export {
  type BatchOrderOptions,
  batches,
  batchOrder,
  collate,
  evaluationBatches,
  evaluationOrder,
  meanOfWindows,
  paddingRatio,
  tokenCounts,
  windowRows,
} from "./batching.ts";
export { checkDataset } from "./check-dataset.ts";
export { type ClassInOne, classesInOne } from "./groups/classes-in-one.ts";
export { type GroupingOptions, groupByText, groupsForFolds, normaliseText } from "./groups/text-groups.ts";
export { type ImageReader, imageName } from "./image/image-reader.ts";
export { imagePixels, type PixelSettings, pixelSettings } from "./image/pixels.ts";
export { BICUBIC, BILINEAR, type ResizeFilter, type RgbImage, resizeImage } from "./image/resize.ts";
export {
  classesOf,
  type DataInspection,
  type FileInspection,
  type FoldTroubles,
  inspectData,
  looksLikeNumbers,
  type TrainingAdvice,
} from "./inspect/inspect-data.ts";
export { labelSpellings, type WrittenLabel } from "./inspect/label-spellings.ts";
export type { LengthFacts } from "./inspect/lengths.ts";
export { NearTexts, sketchOf } from "./inspect/near-texts.ts";
export { type ReadTable, readForInspection } from "./inspect/read-table.ts";
export type { Conflict, Leak, RepeatedRows, Repeats } from "./inspect/repeats.ts";
export { isParquet, isParquetName, openParquet, type ParquetFile, parquetTable, type RowGroup } from "./parquet/parquet.ts";
export { type ImageRows, openImageRows, type StoredImage } from "./parquet/parquet-images.ts";
export { exactNumber } from "./stream/exact-json.ts";
export type { ColumnNames, StreamOptions } from "./stream/row-index.ts";
export { indexRows, type StreamedDataset } from "./stream/row-stream.ts";
export { blockOrder, type StreamBatches, type StreamBatchesOptions, streamBatches } from "./stream/stream-batches.ts";
export {
  type Field,
  openTextRows,
  type TextColumns,
  type TextReading,
  type TextRow,
  type TextRows,
  type TextSource,
} from "./stream/text-rows.ts";
export { type ByteSource, blobSource, bytesSource } from "./table/byte-source.ts";
export { type ColumnOptions, type Columns, chooseColumns, looksLikeHeader, readAsTrained } from "./table/columns.ts";
export {
  checkStreamTrainable,
  checkTrainable,
  type DatasetOptions,
  readDataset,
  sortLabels,
  toDataset,
} from "./table/dataset.ts";
export { type DecodeOptions, decodeText } from "./table/decode.ts";
export { ENCODINGS, type EncodingName } from "./table/encoding.ts";
export type { HeldOutOptions } from "./table/held-out-rows.ts";
export { joinDatasets } from "./table/join-datasets.ts";
export { type InputText, readTexts } from "./table/read-texts.ts";
export { sameClasses } from "./table/same-classes.ts";
export { type Split, type SplitOptions, splitDataset } from "./table/split.ts";
export {
  type DataSummary,
  keysOf,
  type LengthSummary,
  renderSummary,
  type SplitInput,
  type SplitSummary,
  summarise,
  summariseStreamed,
} from "./table/summary.ts";
export { guessFormat, parseTable, type TableFormat, type TableOptions } from "./table/table.ts";
export { encodeDataset, encodeWords, textsOf } from "./tokenize/encode-dataset.ts";
export { cutTokens, LONG_TEXTS, type LongTexts, shortened } from "./tokenize/long-texts.ts";
export { longestFirst } from "./tokenize/template.ts";
export { readDocuments, textBlocks } from "./tokenize/text-blocks.ts";
export {
  createTokenizer,
  type Encoding,
  type LengthOptions,
  type Tokenizer,
  type TokenizerOptions,
} from "./tokenize/tokenizer.ts";
export { bertTokenizerJson, readTokenizerJson, type TokenizerJson } from "./tokenize/tokenizer-json.ts";
export { buildVocabulary, type VocabularyOptions } from "./tokenize/vocabulary.ts";
export type { Batch, Dataset, Encoded, Example, ImageReference, Table, TableRow } from "./types.ts";
