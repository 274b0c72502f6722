import { expectedGot, printedJson } from "../../errors/index.ts";
import { BICUBIC, BILINEAR, type ResizeFilter, type RgbImage, resizeImage } from "./resize.ts";

/** How images become numbers: what `preprocessor_config.json` says. */
export interface PixelSettings {
  /** [height, width] in pixels; absent when images are taken as they are. */
  readonly size?: readonly [height: number, width: number];
  readonly filter: ResizeFilter;
  /** Bytes are multiplied by this; 1 when the file turns it off. */
  readonly rescaleFactor: number;
  /** Subtracted from each channel, after rescaling. */
  readonly mean: readonly [number, number, number];
  /** Each channel is divided by this. */
  readonly std: readonly [number, number, number];
}

const HALF = [0.5, 0.5, 0.5] as const;

/**
 * Read a `preprocessor_config.json` of the ViT family.
 *
 * @param config - The parsed file; what it leaves out has transformers' defaults: 224 × 224, bilinear, 1/255, mean and
 * deviation 0.5.
 * @param where - Name of the file, for messages.
 * @throws `data/preprocessor` for settings that are not followed: center cropping, padding, sizes by one edge, other filters.
 * @example
 * pixelSettings(JSON.parse(text)).size; // [224, 224]
 */
export function pixelSettings(config: Readonly<Record<string, unknown>>, where = "preprocessor_config.json"): PixelSettings {
  const refuse = (key: string, expected: string, hint?: string): Error =>
    expectedGot("data/preprocessor", `${where} ${key}`, expected, printedJson(config[key]), hint);
  const flag = (key: string, byDefault: boolean): boolean => {
    const value = config[key] ?? byDefault;
    if (typeof value === "boolean") return value;
    throw refuse(key, "true or false");
  };
  for (const key of ["do_center_crop", "do_pad"])
    if (flag(key, false)) throw refuse(key, "false", "Use a model whose images are resized only, such as ViT.");
  const three = (key: string): readonly [number, number, number] => {
    const value = config[key] ?? HALF;
    const all = typeof value === "number" ? [value, value, value] : value;
    if (Array.isArray(all) && all.length === 3 && all.every((one) => Number.isFinite(one) && (key !== "image_std" || one !== 0)))
      return all as [number, number, number];
    throw refuse(key, "three numbers, one for each of red, green and blue");
  };
  const filter = config.resample ?? BILINEAR;
  const resize = flag("do_resize", true);
  if (resize && filter !== BILINEAR && filter !== BICUBIC) throw refuse("resample", "2 (bilinear) or 3 (bicubic)");
  const factor = config.rescale_factor ?? 1 / 255;
  const rescale = flag("do_rescale", true);
  if (rescale && !(typeof factor === "number" && Number.isFinite(factor))) throw refuse("rescale_factor", "a number");
  const normalise = flag("do_normalize", true);
  return {
    ...(resize ? { size: sizeOf(config.size, refuse) } : {}),
    filter: resize ? (filter as ResizeFilter) : BILINEAR,
    rescaleFactor: rescale ? (factor as number) : 1,
    mean: normalise ? three("image_mean") : [0, 0, 0],
    std: normalise ? three("image_std") : [1, 1, 1],
  };
}

function sizeOf(size: unknown, refuse: (key: string, expected: string, hint?: string) => Error): [number, number] {
  const { height, width } =
    size === undefined
      ? { height: 224, width: 224 }
      : typeof size === "number"
        ? { height: size, width: size }
        : ((size ?? {}) as { height?: unknown; width?: unknown });
  const sound = (edge: unknown): edge is number => Number.isInteger(edge) && (edge as number) > 0 && (edge as number) <= 4096;
  if (sound(height) && sound(width)) return [height, width];
  throw refuse("size", "height and width in pixels, at most 4096");
}

/**
 * The numbers a vision transformer takes for an image.
 *
 *     out[c, y, x] = (byte · rescaleFactor − mean[c]) / std[c]
 *
 * in float32 throughout, behind a resize as Pillow does it. The same as transformers' `ViTImageProcessorPil`, element by
 * element; its torchvision-backed sibling differs by rounding.
 *
 * @param image - Decoded, see `decodeImage`.
 * @param settings - From `pixelSettings`.
 * @returns [3, H, W]
 * @throws `data/bad-image` when an image has no pixels.
 * @example
 * imagePixels(await decodeImage(bytes, "cat.png"), settings); // Float32Array of 3 · 224 · 224
 */
export function imagePixels(image: RgbImage, settings: PixelSettings): Float32Array {
  if (!(image.width > 0 && image.height > 0 && image.data.length === image.width * image.height * 3)) {
    const got = `${image.data.length} bytes for ${image.width} × ${image.height}`;
    throw expectedGot("data/bad-image", "image", "three bytes for each pixel", got);
  }
  const [height, width] = settings.size ?? [image.height, image.width];
  const { data } = resizeImage(image, height, width, settings.filter);
  const plane = height * width;
  const pixels = new Float32Array(3 * plane); // [3, H, W]
  for (let channel = 0; channel < 3; channel++) {
    // A byte has 256 values, so each is worked out once.
    const [mean, std] = [Math.fround(settings.mean[channel]), Math.fround(settings.std[channel])];
    const values = Float32Array.from({ length: 256 }, (_, byte) =>
      Math.fround(Math.fround(Math.fround(byte * settings.rescaleFactor) - mean) / std),
    );
    for (let at = 0; at < plane; at++) pixels[channel * plane + at] = values[data[at * 3 + channel]];
  }
  return pixels;
}
