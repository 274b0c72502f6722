import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A text that stands once in a file, and what takes its place. */
export type Replacement = readonly [before: string, after: string];

/** A copy of this repository, to plant defects in. */
export interface RepositoryCopy {
  readonly root: string;
  remove(): void;
}

const repository = dirname(import.meta.dirname);
/** What nothing reads, and what a copy has its own of. */
const LEFT_OUT: ReadonlySet<string> = new Set([".git", ".cache", "dist"]);

/**
 * Copy parts of this repository into a temporary folder; all else in it, `node_modules` among it, are links.
 *
 * @param parts - Names of files and folders of its root.
 */
export function copyRepository(parts: readonly string[]): RepositoryCopy {
  const root = mkdtempSync(join(tmpdir(), "crisp-copy-"));
  for (const name of readdirSync(repository)) {
    if (LEFT_OUT.has(name)) continue;
    if (parts.includes(name)) cpSync(join(repository, name), join(root, name), { recursive: true });
    else symlinkSync(join(repository, name), join(root, name));
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/**
 * Replace texts of a file.
 *
 * @param path - The file; a part of a copy that is no link.
 * @param who - For the message.
 * @returns What brings the file back.
 * @throws Error where a text does not stand there exactly once.
 */
export function plant(path: string, replacements: readonly Replacement[], who: string): () => void {
  const whole = readFileSync(path, "utf8");
  let text = whole;
  for (const [before, after] of replacements) {
    const found = text.split(before).length - 1;
    if (found !== 1) throw new Error(`${who}: expected once in ${path}, got ${found} times: ${before}`);
    text = text.replace(before, () => after);
  }
  writeFileSync(path, text);
  return () => writeFileSync(path, whole);
}
