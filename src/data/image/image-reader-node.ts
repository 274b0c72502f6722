import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expectedGot } from "../../errors/index.ts";
import { decodeImage } from "./decode-image-node.ts";
import type { ImageReader } from "./image-reader.ts";

/** SHA-256 of a file's content, as `ImageReference.hash` has it. */
export const contentHash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * The bytes of an image file.
 *
 * @throws `data/unreadable`.
 */
export async function imageBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const got = { ENOENT: "no such file", EISDIR: "a folder", EACCES: "a file that may not be read" }[code ?? ""] ?? message;
    throw expectedGot("data/unreadable", path, "a readable image file", got, "Check the path.");
  }
}

/** Images in Node: files, decoded by sharp, turned as their EXIF data ask for. */
export const nodeImages: ImageReader = {
  async open(source) {
    const bytes = typeof source === "string" ? await imageBytes(source) : source;
    return { bytes, name: typeof source === "string" ? source : "image", hash: contentHash(bytes) };
  },
  decode: async (image) =>
    "path" in image ? decodeImage(await imageBytes(image.path), image.path) : decodeImage(image.bytes, image.name),
};
