import type { RgbImage } from "./resize.ts";

/** Rows are padded to whole 32-bit words. */
const rowBytes = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4;

/**
 * Decode a Windows bitmap: 8 bits with a palette, 24 or 32 bits, not packed. `sharp` does not read this format.
 *
 * @param checkSize - Called before anything is decoded; throws for what is too large.
 * @throws `Error` in plain words.
 */
export function decodeBmp(bytes: Uint8Array, checkSize: (width: number, height: number) => void): RgbImage {
  const fail = (what: string): never => {
    throw new Error(what);
  };
  if (bytes.length < 54) return fail("cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const signed = view.getInt32(22, true);
  const height = Math.abs(signed);
  const bits = view.getUint16(28, true);
  const packing = view.getUint32(30, true);
  if (headerBytes < 40 || width <= 0 || height === 0) return fail("a bitmap of no size or of an old kind");
  checkSize(width, height);
  if (![8, 24, 32].includes(bits) || (packing !== 0 && !(packing === 3 && bits === 32)))
    return fail(`a bitmap of ${bits} bits, packing ${packing}; 8, 24 or 32 bits, not packed, are read`);
  const stride = rowBytes(width, bits);
  if (start + stride * height > bytes.length) return fail("cut off");
  const palette = 14 + headerBytes;
  const colours = bits === 8 ? view.getUint32(46, true) || 256 : 0;
  if (palette + colours * 4 > start) return fail("a palette that reaches into the picture");
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    // Rows stand upside down, unless the height is negative.
    const row = start + stride * (signed > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      const index = bits === 8 ? bytes[row + x] : 0;
      if (bits === 8 && index >= colours) return fail("a colour that its palette lacks");
      const blue = bits === 8 ? palette + 4 * index : row + (x * bits) / 8;
      const at = (y * width + x) * 3;
      data[at] = bytes[blue + 2];
      data[at + 1] = bytes[blue + 1];
      data[at + 2] = bytes[blue];
    }
  }
  return { width, height, data };
}
