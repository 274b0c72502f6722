import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { writeFilesAtomically } from "../files/index-node.ts";
import { initialise, modelFiles, parseEncoderConfig } from "../models/index.ts";
import { uniform } from "../random/index.ts";

/** Height and width of the images, and what the encoder takes. */
export const SIZE = 16;

export const tinyVitConfig = {
  ...{ model_type: "vit", hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64 },
  ...{ image_size: SIZE, patch_size: 4, num_channels: 3, initializer_range: 0.1, num_labels: 2 },
};

export const tinyPreprocessor = {
  ...{ image_processor_type: "ViTImageProcessor", do_resize: true, size: { height: SIZE, width: SIZE }, resample: 2 },
  ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
};

/** A Hugging Face model folder with a small ViT at random weights. */
export function writeTinyVit(folder: string, preprocessor: object | null = tinyPreprocessor): string {
  const config = parseEncoderConfig(tinyVitConfig);
  const files = new Map<string, Iterable<Uint8Array>>(modelFiles(config, initialise(config, 7)));
  if (preprocessor) files.set("preprocessor_config.json", [new TextEncoder().encode(JSON.stringify(preprocessor))]);
  writeFilesAtomically(folder, files);
  return folder;
}

/** A PNG with grey noise and a square of five pixels, red for an apple and blue for a berry, somewhere. */
export async function fruitPng(what: "apple" | "berry", number: number, size = SIZE): Promise<Uint8Array> {
  const site = `${what} ${number}`;
  const noise = (at: number): number => uniform({ seed: 1, step: 0, site }, at);
  const pixels = Uint8Array.from({ length: size * size * 3 }, (_, at) => 90 + Math.floor(80 * noise(at)));
  const [top, left] = [0, 1].map((at) => Math.floor(noise(10_000 + at) * (size - 5)));
  const channel = what === "apple" ? 0 : 2;
  for (let y = top; y < top + 5; y++) for (let x = left; x < left + 5; x++) pixels[(y * size + x) * 3 + channel] = 230;
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

/** A folder of images of both classes, `count` each, from number `first` on. */
export async function writeFruit(folder: string, count: number, { first = 0, size = SIZE } = {}): Promise<string> {
  for (const what of ["apple", "berry"] as const) {
    mkdirSync(join(folder, what), { recursive: true });
    for (let number = first; number < first + count; number++)
      writeFileSync(join(folder, what, `${String(number).padStart(4, "0")}.png`), await fruitPng(what, number, size));
  }
  return folder;
}
