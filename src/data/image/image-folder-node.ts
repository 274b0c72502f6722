import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { counted, expectedGot } from "../../errors/index.ts";
import { sortLabels } from "../table/dataset.ts";

/** One image of a folder, not opened yet. */
export interface ImageFile {
  readonly path: string;
  /** Class index into `ImageFolder.labels`. */
  readonly label: number;
}

/** Images sorted into folders by class, as the Hub's `imagefolder` has them. */
export interface ImageFolder {
  /** Names of the class folders, in class order. */
  readonly labels: readonly string[];
  /** What is trained on: everything, where there is no level of splits. Sorted by path. */
  readonly train: readonly ImageFile[];
  readonly validation?: readonly ImageFile[];
  readonly test?: readonly ImageFile[];
}

/** Names of image files. */
export const IMAGE_NAME = /\.(jpe?g|png|webp|gif|bmp)$/i;
const KINDS = "jpg, jpeg, png, webp, gif, bmp";
const SPLITS: Readonly<Record<string, "train" | "validation" | "test">> = {
  train: "train",
  validation: "validation",
  val: "validation",
  valid: "validation",
  dev: "validation",
  test: "test",
};

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    // Names that begin with a dot are notes of the system, such as .DS_Store and ._cat.jpg.
    return (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known: Readonly<Record<string, string>> = {
      ENOENT: "no such folder",
      ENOTDIR: "a file",
      EACCES: "one that may not be read",
    };
    throw expectedGot("data/unreadable", folder, "a folder of images", known[code ?? ""] ?? message, "Check the path.");
  }
}

/** Files and folders by name, links followed. */
async function sorted(folder: string): Promise<{ readonly files: string[]; readonly folders: string[] }> {
  const [files, folders]: [string[], string[]] = [[], []];
  for (const entry of await entriesOf(folder)) {
    const isFolder = entry.isSymbolicLink() ? (await stat(join(folder, entry.name))).isDirectory() : entry.isDirectory();
    (isFolder ? folders : files).push(entry.name);
  }
  return { files: files.sort(), folders: folders.sort() };
}

/** Paths of all images below a folder. @throws `data/unreadable`; `data/empty` when there are none. */
export async function imagesIn(folder: string, depth = 0): Promise<string[]> {
  const { files, folders } = await sorted(folder);
  const found = files.filter((name) => IMAGE_NAME.test(name)).map((name) => join(folder, name));
  // Links could lead in circles.
  if (depth < 8) for (const inner of folders) found.push(...(await imagesIn(join(folder, inner), depth + 1)));
  if (found.length === 0 && depth === 0) {
    const got =
      files.length === 0
        ? "an empty folder"
        : `${counted(files.length, "file of another kind", "files of other kinds")}, such as ${files[0]}`;
    throw expectedGot("data/empty", folder, `at least one image (${KINDS})`, got, "Fill or remove the folder.");
  }
  return found;
}

async function classesIn(folder: string): Promise<Map<string, string[]>> {
  const { files, folders } = await sorted(folder);
  if (folders.length === 0) {
    const images = files.filter((name) => IMAGE_NAME.test(name)).length;
    const got =
      images > 0
        ? `${counted(images, "image alone", "images beside each other")}`
        : files.length > 0
          ? "other files"
          : "an empty folder";
    throw expectedGot("data/empty", folder, "a folder of images for each class", got, "Make folders such as cat/ and dog/.");
  }
  const classes = new Map<string, string[]>();
  for (const name of folders) classes.set(name, await imagesIn(join(folder, name)));
  return classes;
}

async function checkFull(images: readonly ImageFile[]): Promise<void> {
  for (const { path } of images) {
    const facts = await stat(path).catch((error: Error) => {
      throw expectedGot("data/unreadable", path, "a readable image file", error.message, "Remove or replace the file.");
    });
    if (facts.size === 0 || !facts.isFile())
      throw expectedGot(
        "data/bad-image",
        path,
        "an image",
        facts.isFile() ? "an empty file" : "no file",
        "Remove or replace the file.",
      );
  }
}

/**
 * List the images of a folder that has a folder for each class, perhaps below `train/`, `validation/` (or `val/`, `valid/`,
 * `dev/`) and `test/`.
 *
 *     animals/cat/1.png   animals/dog/2.png          animals/train/cat/1.png   animals/val/dog/2.png
 *
 * Images deeper inside a class folder count; files of other kinds, and names that begin with a dot, do not. The images are
 * looked at, not opened: `decodeImage` finds damaged ones.
 *
 * @param folder - The folder.
 * @param options - `labels`: the classes in order, where they are known from training.
 * @returns Images by split, sorted by path, and the classes as `sortLabels` orders them.
 * @throws `data/unreadable`; `data/empty` for a folder without classes or images; `data/one-class`; `data/unknown-label` for a
 * class that training lacks; `data/bad-image` for an empty file.
 * @example
 * const { labels, train } = await loadImageFolder("animals");
 */
export async function loadImageFolder(
  folder: string,
  options: { readonly labels?: readonly string[] } = {},
): Promise<ImageFolder> {
  const { folders } = await sorted(folder);
  const split = folders.includes("train") && folders.every((name) => name.toLowerCase() in SPLITS);
  const found = new Map<"train" | "validation" | "test", Map<string, string[]>>();
  if (!split) found.set("train", await classesIn(folder));
  else
    for (const name of folders) {
      const which = SPLITS[name.toLowerCase()];
      if (found.has(which))
        throw expectedGot("data/split", folder, `one folder for ${which}`, `another one, ${name}`, "Rename or remove one.");
      found.set(which, await classesIn(join(folder, name)));
    }
  const labels = options.labels ?? sortLabels(found.get("train")!.keys());
  if (labels.length < 2) {
    const hint = "Add a folder of another class.";
    throw expectedGot("data/one-class", folder, "at least two classes", `images that are all of "${labels[0]}"`, hint);
  }
  const listed: { train: ImageFile[]; validation?: ImageFile[]; test?: ImageFile[] } = { train: [] };
  for (const [which, classes] of found) {
    const images = [...classes].flatMap(([name, paths]) => {
      const label = labels.indexOf(name);
      if (label >= 0) return paths.map((path): ImageFile => ({ path, label }));
      const expected = `a class seen in training (${labels.join(", ")})`;
      throw expectedGot("data/unknown-label", `${folder} (${which})`, expected, `"${name}"`, "Rename or remove the folder.");
    });
    await checkFull(images);
    listed[which] = images.sort((a, b) => (a.path < b.path ? -1 : 1));
  }
  return { labels, ...listed };
}
