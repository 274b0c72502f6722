import type { ImageReference } from "../types.ts";
import type { RgbImage } from "./resize.ts";

/** How a place, Node or a browser, reads images. */
export interface ImageReader {
  /**
   * An image by its path, or the bytes of its file.
   *
   * @throws `data/unreadable` where there is no such file.
   */
  open(source: string | Uint8Array): Promise<ImageReference>;
  /** @throws `data/bad-image`, naming it, when it is damaged; `data/unreadable` when it is gone. */
  decode(image: ImageReference): Promise<RgbImage>;
}

/** Path or name of an image, for messages and tables. */
export const imageName = (image: ImageReference): string => ("path" in image ? image.path : image.name);
