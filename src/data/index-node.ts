export { type FileSource, fileSource } from "./byte-source-node.ts";
export { type DecodeImageOptions, decodeImage, loadImage } from "./decode-image-node.ts";
export { IMAGE_NAME, type ImageFile, type ImageFolder, imagesIn, loadImageFolder } from "./image-folder-node.ts";
export { nodeImages } from "./image-reader-node.ts";
/** What `index.ts` gives everywhere, and what needs files. */
export * from "./index.ts";
export { type ImageOptions, type ImageSplits, imagesLabelled, isFolder, loadImages, splitOf } from "./load-images-node.ts";
export { loadDataset, loadDatasets, loadTexts, loadTokenizer } from "./load-node.ts";
export {
  type OpenStreamedDataset,
  openStreamedDataset,
} from "./row-stream-node.ts";
