import {
  type Dataset,
  type Encoded,
  encodeDataset,
  type ImageReader,
  type ImageReference,
  imageName,
  imagePixels,
  type PixelSettings,
  pixelSettings,
  type Tokenizer,
} from "../data/index.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import { type EncoderConfig, imagePatches, PREPROCESSOR_FILE } from "../models/index.ts";
import { hash32 } from "../random/index.ts";

/** How an encoder takes images; plain data. */
export interface ImageInput {
  readonly settings: PixelSettings;
  /** [height, width] in pixels that the encoder has. */
  readonly size: readonly [height: number, width: number];
  /** Tokens of each image: its patches, and the class token. */
  readonly tokens: number;
}

/** Gives examples the pixels of their images. */
export type LoadImages = (examples: readonly Encoded[]) => Promise<readonly Encoded[]>;

/**
 * How an encoder takes images, from the files of its folder; undefined for encoders of texts.
 *
 * @throws `model/no-preprocessor` without preprocessor_config.json; `model/preprocessor` when it fits another encoder;
 *   `data/preprocessor` for settings that are not followed.
 */
export function imageInputOf(
  config: EncoderConfig,
  files: ReadonlyMap<string, Uint8Array>,
  where: string,
): ImageInput | undefined {
  const { image } = config;
  if (!image) return undefined;
  const bytes = files.get(PREPROCESSOR_FILE);
  if (!bytes) {
    const hint = "It says how images become numbers; download all files of the model.";
    throw expectedGot("model/no-preprocessor", where, `a ${PREPROCESSOR_FILE}`, "none", hint);
  }
  const name = `${where}/${PREPROCESSOR_FILE}`;
  const settings = pixelSettings(parsed(bytes, name), name);
  const { size = image.size } = settings;
  if (size.join() !== image.size.join() || image.channels !== 3) {
    const rule = `images of 3 × ${size.join(" × ")}, as the model's config.json`;
    throw expectedGot("model/preprocessor", name, rule, [image.channels, ...image.size].join(" × "), "Take both from one model.");
  }
  return { settings, size, tokens: imagePatches(image) + 1 };
}

function parsed(bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch (error) {
    throw new CrispError("data/preprocessor", `${name}: expected JSON, got ${(error as Error).message}. Fetch the file again.`);
  }
  throw expectedGot("data/preprocessor", name, "a JSON object", "something else", "Fetch the file again.");
}

/** What a model reads: texts in tokens, or images. */
export interface Reads {
  readonly tokenizer?: Tokenizer;
  readonly images?: ImageInput;
}

/**
 * Examples as a model takes them; images are not loaded yet.
 *
 * @throws `model/reads-images` for texts where it reads images; `model/reads-texts` the other way round.
 */
export function encodeFor({ tokenizer, images }: Reads, dataset: Dataset): Encoded[] {
  if (images) return encodeImages(images, dataset);
  if (dataset.examples[0]?.image) throw readsTexts(dataset.name, "images");
  return encodeDataset(tokenizer!, dataset);
}

/** Images as examples without pixels; the arrays of ids, which say nothing, are shared by all. */
function encodeImages({ tokens }: ImageInput, { name, examples }: Pick<Dataset, "name" | "examples">): Encoded[] {
  const [inputIds, tokenTypeIds] = [new Int32Array(tokens), new Int32Array(tokens)];
  return examples.map(({ index, label, labels, image }) => {
    if (!image) throw readsImages(name, "a text");
    return { index, label, ...(labels && { labels }), inputIds, tokenTypeIds, truncated: false, image };
  });
}

/** The error for a text that is given to a model of images. */
export const readsImages = (where: string, got: unknown): CrispError =>
  expectedGot("model/reads-images", where, "images, as the model reads them", got, "For texts take a model that reads texts.");

/** The error for an image that is given to a model of texts. */
export const readsTexts = (where: string, got: unknown): CrispError =>
  expectedGot(
    "model/reads-texts",
    where,
    "texts, as the model reads them",
    got,
    "For images take a model that reads images, such as google/vit-base-patch16-224-in21k.",
  );

/** An image without a label. Its content names it, so that a random pattern treats it alike wherever it stands. */
export function unlabelledImage(input: ImageInput, image: ImageReference): Encoded {
  const index = hash32({ seed: 0, step: 0, site: image.hash }, 0) >>> 1;
  const text = imageName(image);
  return encodeImages(input, { name: text, examples: [{ index, text, label: -1, image }] })[0];
}

/** Images decoded at once: a photograph takes tens of megabytes until it is resized. */
const AT_ONCE = 4;

/**
 * Load the images of a batch.
 *
 * @returns Takes examples, gives copies with `pixels`.
 * @throws `data/bad-image` for one that is damaged, or of another size where preprocessor_config.json turns resizing off.
 */
export function imageLoader({ settings, size }: ImageInput, reader: Pick<ImageReader, "decode">): LoadImages {
  const load = async (example: Encoded): Promise<Encoded> => {
    const image = await reader.decode(example.image!);
    if (!settings.size && (image.height !== size[0] || image.width !== size[1])) {
      const rule = `${size.join(" × ")} pixels, as ${PREPROCESSOR_FILE} turns resizing off`;
      throw expectedGot("data/bad-image", imageName(example.image!), rule, `${image.height} × ${image.width}`);
    }
    return { ...example, pixels: imagePixels(image, settings) };
  };
  return async (examples) => {
    const loaded: Encoded[] = new Array(examples.length);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < examples.length) {
        const at = next++;
        loaded[at] = await load(examples[at]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return loaded;
  };
}
