import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CrispError, expectedGot } from "../../errors/index.ts";
import { decodeBmp } from "./bmp.ts";
import type { RgbImage } from "./resize.ts";

/** The first bytes of the formats that are read; sharp knows others, such as SVG, which can ask for other files. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, "PNG"],
  [/^\xff\xd8\xff/, "JPEG"],
  [/^GIF8/, "GIF"],
  [/^RIFF[\s\S]{4}WEBP/, "WebP"],
  [/^BM/, "BMP"],
];

const HINT = "Remove or replace the file.";

/** A file of some kilobytes may have pixels for gigabytes; a camera's photograph has fewer than this. */
const MOST_PIXELS = 50_000_000;

/**
 * The kind of an image file, by its first bytes: cheap, and says nothing of the rest.
 *
 * @throws `data/bad-image` for a file of another kind.
 */
export function imageKind(bytes: Uint8Array, name: string): string {
  const opening = String.fromCharCode(...bytes.subarray(0, 12));
  const kind = KINDS.find(([pattern]) => pattern.test(opening))?.[1];
  if (kind !== undefined) return kind;
  const got = bytes.length === 0 ? "an empty file" : "a file of another kind";
  throw expectedGot("data/bad-image", name, "a PNG, JPEG, WebP, GIF or BMP image", got, HINT);
}

async function loadSharp() {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    throw expectedGot(
      "data/no-sharp",
      "images",
      "the package sharp, which decodes them",
      (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND"
        ? "none"
        : `one that does not load (${(error as Error).message})`,
      "Install it: npm install sharp.",
    );
  }
}

export interface DecodeImageOptions {
  /**
   * Turn the image as its EXIF data ask for. Default true: so do transformers' `load_image`, and with it its pipelines, and
   * the Hub's `datasets`. False is what an image processor does with an image that was opened by hand.
   */
  readonly turn?: boolean;
}

/**
 * Decode a PNG, JPEG, WebP, GIF (first frame) or BMP image as Pillow's `convert("RGB")` does: transparency is dropped,
 * not blended, grey becomes three channels, colour profiles are left aside.
 *
 * @param bytes - The file.
 * @param name - Its name, for messages.
 * @returns Rows of red, green and blue bytes.
 * @throws `data/bad-image` when the file is no such image, damaged, cut off, or of more than 50 million pixels; `data/no-sharp` without the package sharp.
 * @example
 * const { width, height, data } = await decodeImage(await readFile("cat.png"), "cat.png");
 */
export async function decodeImage(bytes: Uint8Array, name: string, options: DecodeImageOptions = {}): Promise<RgbImage> {
  const kind = imageKind(bytes, name);
  try {
    const checkSize = (width: number, height: number): void => {
      if (width * height <= MOST_PIXELS) return;
      const rule = `an image of at most ${MOST_PIXELS / 1e6} million pixels`;
      throw expectedGot("data/bad-image", name, rule, `${width} × ${height}`, "Scale it down.");
    };
    if (kind === "BMP") return decodeBmp(bytes, checkSize);
    const sharp = await loadSharp();
    // the header alone, so that the limit has words of its own; sharp's is for what the header hides
    const header = await sharp(bytes, { limitInputPixels: false }).metadata();
    checkSize(header.width, header.height);
    const image = sharp(bytes, {
      failOn: "error",
      ignoreIcc: true,
      autoOrient: options.turn ?? true,
      limitInputPixels: MOST_PIXELS,
    });
    const { data, info } = await image
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels === 3) return { width, height, data };
    if (channels !== 1) throw new Error(`${channels} channels`);
    const grey = new Uint8Array(width * height * 3);
    for (let at = 0; at < data.length; at++) grey.fill(data[at], at * 3, at * 3 + 3);
    return { width, height, data: grey };
  } catch (error) {
    if (error instanceof CrispError) throw error;
    const reason = (error as Error).message.split("\n")[0];
    throw expectedGot("data/bad-image", name, `a complete ${kind} image`, `one that does not decode (${reason})`, HINT);
  }
}

/**
 * Read and decode an image file; see `decodeImage`.
 *
 * @throws `data/unreadable`; as `decodeImage`.
 * @example
 * imagePixels(await loadImage("cat.jpg"), settings);
 */
export async function loadImage(path: string, options: DecodeImageOptions = {}): Promise<RgbImage> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw expectedGot("data/unreadable", path, "a readable image file", (error as Error).message, "Check the path.");
  }
  return decodeImage(bytes, basename(path), options);
}
