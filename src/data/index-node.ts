export { type FileSource, fileSource } from "./byte-source-node.ts";
export { type DecodeImageOptions, decodeImage, loadImage } from "./decode-image-node.ts";
export { type ImageFile, type ImageFolder, loadImageFolder } from "./image-folder-node.ts";
/** What `index.ts` gives everywhere, and what needs files. */
export * from "./index.ts";
export { loadDataset, loadDatasets, loadTexts, loadTokenizer } from "./load-node.ts";
export {
  type OpenStreamedDataset,
  openStreamedDataset,
} from "./row-stream-node.ts";
