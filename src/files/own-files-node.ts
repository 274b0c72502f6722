import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { type Chunks, writeAtomically, writeFilesAtomically } from "./atomic-file-node.ts";
import { jsonBytes } from "./stable-json.ts";

/** In each folder that Crisp writes into: SHA-256 hashes of its files, by name. */
export const OWN_FILES = ".crisp-files.json";

type Manifest = Readonly<Record<string, readonly string[]>>;

const PIECE = 2 ** 24;

/**
 * Write files of Crisp into a folder where people may keep their own.
 *
 * A file is replaced or removed only if its bytes are those that were written here before, as the folder's `.crisp-files.json` knows
 * them; one that somebody made or changed is not. All new files are on the disk before the first old one goes. The hashes are noted
 * before the files take their names: should the machine stop in between, old and new ones are known.
 *
 * @param folder - Made if it is missing.
 * @param files - By path inside the folder, in the order in which they appear.
 * @param options.obsolete - Names to remove where they are not among `files`, e.g. of another model that was saved here before.
 * @throws `file/not-own` before anything is written; `file/disk-full`, `file/not-writable`.
 * @example
 * writeOwnFiles("tickets-model", modelFiles(model), { obsolete: ["onnx/model_quantized.onnx"] });
 */
export function writeOwnFiles(
  folder: string,
  files: ReadonlyMap<string, Chunks>,
  { obsolete = [] }: { readonly obsolete?: readonly string[] } = {},
): void {
  const before = readManifest(folder);
  const replaced = new Map([...files.keys()].map((name) => [name, ownHash(folder, name, before)] as const));
  const after: Record<string, readonly string[]> = { ...before };
  const noted = new Map(
    Array.from(files, ([name, chunks]) => [
      name,
      hashed(chunks, (hash) => {
        after[name] = [...new Set([replaced.get(name) ?? hash, hash])];
      }),
    ]),
  );
  writeFilesAtomically(folder, noted, () => writeAtomically(join(folder, OWN_FILES), [jsonBytes(after)]));
  for (const name of obsolete) {
    const hash = files.has(name) ? undefined : hashOf(join(folder, name));
    if (hash !== undefined && before[name]?.includes(hash)) rmSync(join(folder, name));
  }
}

/**
 * Find out now, not after hours of training, that files in a folder are somebody else's.
 *
 * @param names - What `writeOwnFiles` will be given at most.
 * @throws `file/not-own`.
 */
export function checkOwnFiles(folder: string, names: readonly string[]): void {
  const manifest = readManifest(folder);
  for (const name of names) ownHash(folder, name, manifest);
}

/** The files of a folder that are as Crisp wrote them, by path inside it. */
export function ownFiles(folder: string): string[] {
  return Object.entries(readManifest(folder)).flatMap(([name, hashes]) =>
    hashes.includes(hashOf(join(folder, name)) ?? "none") ? [name] : [],
  );
}

/** Remove those of some files of a folder that are as Crisp wrote them; the record of them goes once it names no other. */
export function removeOwnFiles(folder: string, names: readonly string[]): void {
  const own = ownFiles(folder).filter((name) => names.includes(name));
  if (own.length === 0) return;
  for (const name of own) rmSync(join(folder, name));
  if (Object.keys(readManifest(folder)).every((name) => names.includes(name))) rmSync(join(folder, OWN_FILES));
}

/** Undefined where there is no such file. */
function ownHash(folder: string, name: string, manifest: Manifest): string | undefined {
  const path = join(folder, name);
  const hash = hashOf(path);
  if (hash === undefined || manifest[name]?.includes(hash)) return hash;
  const hint = "Move it away, or choose another folder.";
  throw expectedGot("file/not-own", path, "no file, or one as Crisp wrote it", "one that somebody else made or changed", hint);
}

/** What is damaged in it is as if it were not there: then nothing is known to be Crisp's. */
function readManifest(folder: string): Manifest {
  try {
    const found = JSON.parse(readFileSync(join(folder, OWN_FILES), "utf8")) as object | null;
    return Object.fromEntries(Object.entries(found ?? {}).filter(([, hashes]) => Array.isArray(hashes)));
  } catch {
    return {};
  }
}

/** Undefined where there is no file; what cannot be read has a hash that no file has. */
function hashOf(path: string): string | undefined {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(PIECE);
  try {
    const file = openSync(path, "r");
    try {
      for (let length = 1; length > 0; ) {
        length = readSync(file, buffer);
        hash.update(buffer.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "") ? undefined : "unreadable";
  }
  return hash.digest("hex");
}

function* hashed(chunks: Chunks, onEnd: (hash: string) => void): Generator<Uint8Array> {
  const hash = createHash("sha256");
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  onEnd(hash.digest("hex"));
}
