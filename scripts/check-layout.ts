import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { combinators, patterns } from "../src/attention/index.ts";
import { families } from "../src/models/index.ts";
import { isTest, readSources, type Violation } from "./check-imports.ts";
import { lineAt, scanImports } from "./scan-imports.ts";

/** Source files beside each other that a reader can still take in. */
const MOST_FILES = 20;
const MOST_LINES = 300;
/** In the first line of a longer file, before the reason. */
const REASON = /^\/\/.*\bLong because \S/;

/** Names that only one folder may compare: other code asks the interface of what is named. */
export interface OwnNames {
  /** What is named: `task`. */
  readonly kind: string;
  /** The folder that may compare them: `src/tasks/`. */
  readonly folder: string;
  readonly names: readonly string[];
}

/**
 * Check the layout rules over a tree of sources: few files in a folder, short files, no comparison with the name of a task, pattern or
 * family. Tests, fixtures and contracts do not count.
 *
 * @param files - Source text by path from the repository root, e.g. `src/graph/index.ts`; only those in src/ are looked at.
 * @returns Violations in order of file and line; empty when all is well.
 */
export function checkLayout(files: ReadonlyMap<string, string>, owned: readonly OwnNames[]): Violation[] {
  const sources = [...files].filter(([file]) => file.startsWith("src/") && !isTest(file));
  const violations = sources.flatMap(([file, source]) => [...tooLong(file, source), ...comparisons(file, source, owned)]);
  violations.push(...fullFolders(sources.map(([file]) => file)));
  return violations.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}

function fullFolders(files: readonly string[]): Violation[] {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(posix.dirname(file), (counts.get(posix.dirname(file)) ?? 0) + 1);
  return [...counts].flatMap(([folder, count]) => {
    const reason = `${count} source files beside each other; at most ${MOST_FILES}`;
    return count > MOST_FILES ? [{ file: `${folder}/`, line: 1, reason }] : [];
  });
}

function tooLong(file: string, source: string): Violation[] {
  const lines = source.replace(/\n$/, "").split("\n");
  if (lines.length <= MOST_LINES || REASON.test(lines[0])) return [];
  const reason = `${lines.length} lines; at most ${MOST_LINES}, unless the first line says "// Long because …"`;
  return [{ file, line: MOST_LINES + 1, reason }];
}

/** A literal whose inside is blanked, as `scanImports` leaves it. */
const LITERAL = String.raw`(["'\x60]) *\1`;
/** Literals that something is compared with: `x === "a"`, `"a" === x`, `case "a":`, `x.includes("a")`, `["a", "b"].includes(x)`. */
const COMPARED = [
  String.raw`(?:[!=]==?\s*|\bcase\s+|\.includes\(\s*)${LITERAL}`,
  String.raw`${LITERAL}\s*[!=]==?`,
  String.raw`\[(?:\s*${LITERAL}\s*,?)+\s*\]\.includes\(`,
].map((pattern) => new RegExp(pattern, "g"));

function comparisons(file: string, source: string, owned: readonly OwnNames[]): Violation[] {
  const foreign = owned.filter(({ folder }) => !file.startsWith(folder));
  const { code } = scanImports(source);
  return COMPARED.flatMap((pattern) => [...code.matchAll(pattern)]).flatMap((match) => {
    const text = source.slice(match.index, match.index + match[0].length);
    const compared = [...text.matchAll(/(["'`])(.*?)\1/g)].map(([, , name]) => name);
    // a list that holds other words too is one of keys, say
    const owner = foreign.find(({ names }) => compared.every((name) => names.includes(name)));
    if (!owner) return [];
    const reason = `compares the ${owner.kind} "${compared.join(", ")}" by name outside ${owner.folder}; ask what it can do`;
    return [{ file, line: lineAt(source, match.index), reason }];
  });
}

/** The tasks, by the names that transformers gives them, where there is no registry to read them from. */
const TASKS = ["single_label_classification", "multi_label_classification", "regression", "token_classification", "masked_lm"];

async function taskNames(root: string): Promise<readonly string[]> {
  const registry = join(root, "src/tasks/index.ts");
  if (!existsSync(registry)) return TASKS;
  const { tasks } = (await import(pathToFileURL(registry).href)) as { readonly tasks: Readonly<Record<string, unknown>> };
  return Object.keys(tasks);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = dirname(import.meta.dirname);
  const files = readSources(root);
  const violations = checkLayout(files, [
    { kind: "task", folder: "src/tasks/", names: await taskNames(root) },
    { kind: "pattern", folder: "src/attention/patterns/", names: Object.keys({ ...patterns, ...combinators }) },
    { kind: "family", folder: "src/models/families/", names: Object.keys(families) },
  ]);
  for (const { file, line, reason } of violations) console.error(`${file}:${line}  ${reason}`);
  console.log(`layout: ${files.size} files, ${violations.length} violation${violations.length === 1 ? "" : "s"}`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
