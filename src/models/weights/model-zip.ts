import { type UnzipFileInfo, unzipSync, zipSync } from "fflate";
import { type CrispError, expectedGot } from "../../errors/index.ts";

/** Beginning of a zip's entry in the table of contents at its end, and of the record that says where the table is. */
const ENTRY = 0x02014b50;
const END = 0x06054b50;
/** Bytes of the end record without its comment, and the longest comment. */
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;

/**
 * A model folder as one file.
 *
 * Weights do not compress: files are stored as they are, which is quick. The same files give the same bytes.
 *
 * @param files - By path inside the folder, e.g. `config.json`.
 * @returns The bytes of a zip that every unzip program reads.
 * @example
 * const zip = modelZip(await model.files());
 */
export function modelZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) });
}

/**
 * The files of a zipped model folder; of a zip with one folder in it, as people make them, that folder's files.
 *
 * @param where - File name for messages.
 * @returns Content by path inside the folder.
 * @throws `zip/damaged` for anything but a whole zip, by its checksums; `zip/outside` for a path that leads out of the folder.
 * @example
 * const files = readModelZip(bytes, "tickets-model.zip");
 * files.get("config.json");
 */
export function readModelZip(bytes: Uint8Array, where = "model.zip"): Map<string, Uint8Array> {
  const damaged = (got: string): CrispError =>
    expectedGot("zip/damaged", where, "a whole zip of a model folder", got, "Download or save it again.");
  let files: [string, Uint8Array][];
  let checksums: ReadonlyMap<string, number>;
  try {
    files = Object.entries(unzipSync(bytes, { filter: fitsInto(bytes.length) }));
    checksums = readChecksums(bytes);
  } catch (error) {
    throw damaged((error as Error).message);
  }
  const checkPath = (path: string): void => {
    if (leadsOutside(path)) throw expectedGot("zip/outside", where, "paths inside the folder", path, "Don't use this file.");
  };
  for (const [path, content] of files) {
    checkPath(path);
    if (crc32(content) !== checksums.get(path)) throw damaged(`a damaged ${path}`);
  }
  const inFolder = withoutFolder(files.filter(([path]) => !path.endsWith("/")));
  // again, as m//etc and m/C:/x lead elsewhere once their folder is taken off
  for (const [path] of inFolder) checkPath(path);
  return new Map(inFolder);
}

/** Deflate packs at most so many bytes into one. */
const MOST_PACKED = 1032;
/** Weights hardly pack and JSON packs tenfold: what unpacks to more than this is made to fill the memory. */
const MOST_UNPACKED = { floor: 64 << 20, factor: 32 } as const;

/**
 * A check of each entry before it is unpacked: fflate makes room for whatever length an entry declares, and entries may claim the
 * same bytes again and again.
 */
function fitsInto(length: number): (entry: UnzipFileInfo) => boolean {
  const names = new Set<string>();
  let [packed, unpacked] = [0, 0];
  return ({ name, size, originalSize, compression }) => {
    packed += size;
    unpacked += originalSize;
    const most = compression === 0 ? size : MOST_PACKED * size + MOST_PACKED;
    if (packed > length || originalSize > most) throw new Error("entries larger than the file can hold");
    if (unpacked > MOST_UNPACKED.floor + MOST_UNPACKED.factor * length)
      throw new Error("entries that unpack to far more than it holds");
    if (names.has(name)) throw new Error("two entries of one name");
    names.add(name);
    return true;
  };
}

/** True for the bytes of a zip, damaged behind its first entry or not. */
export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/** A root, a drive, a parent (on Windows also with dots or spaces behind), a zero byte, or no name at all. */
const leadsOutside = (path: string): boolean =>
  /^[./]*$/.test(path) || /^\/|^[a-z]:|\\|\0/i.test(path) || path.split("/").some((part) => /^\.\.[. ]*$/.test(part));

/** Strips the folder's own name, where the zip holds a folder; what macOS adds beside it goes. */
function withoutFolder(files: [string, Uint8Array][]): [string, Uint8Array][] {
  const config = files.find(([path]) => /^[^/]+\/config\.json$/.test(path));
  if (files.some(([path]) => path === "config.json") || !config) return files;
  const prefix = config[0].slice(0, -"config.json".length);
  return files.filter(([path]) => path.startsWith(prefix)).map(([path, content]) => [path.slice(prefix.length), content]);
}

/** CRC-32 by path, which fflate reads past. Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and 4.3.16. */
function readChecksums(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_SIZE;
  while (view.getUint32(end, true) !== END && end > bytes.length - END_SIZE - LONGEST_COMMENT) end--;
  const checksums = new Map<string, number>();
  let at = view.getUint32(end + 16, true);
  while (view.getUint32(at, true) === ENTRY) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    checksums.set(name, view.getUint32(at + 16, true));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return checksums;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
