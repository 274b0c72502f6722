/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { editedEnding, editFile, endingOf } from "./edit/edit-file-node.ts";
export type { RowEdit, RowEdits } from "./edit/edit-rows.ts";
export { type DecodeImageOptions, decodeImage, loadImage } from "./image/decode-image-node.ts";
export { IMAGE_NAME, type ImageFile, type ImageFolder, imagesIn, loadImageFolder } from "./image/image-folder-node.ts";
export { nodeImages } from "./image/image-reader-node.ts";
export { type ImageOptions, type ImageSplits, imagesLabelled, isFolder, loadImages, splitOf } from "./image/load-images-node.ts";
export * from "./index.ts";
export { type OpenStreamedDataset, openStreamedDataset } from "./stream/row-stream-node.ts";
export { openTextFile, openTextStream } from "./stream/text-rows-node.ts";
export { type FileSource, fileSource, unpackedBytes } from "./table/byte-source-node.ts";
export { loadDataset, loadDatasets, loadForInspection, loadTable, loadTexts, loadTokenizer } from "./table/load-node.ts";
