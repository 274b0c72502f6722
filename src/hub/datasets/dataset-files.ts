import { type CrispError, expectedGot, nearest } from "../../errors/index.ts";
import { globExpression } from "./glob.ts";
import { cardYaml, type YamlValue, yamlKey } from "./yaml-block.ts";

/** Paths by split, in the order of the splits in the repository. */
export type SplitPaths = Record<string, string[]>;

/** One `config` of a data set. */
export interface DatasetConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Patterns by split. */
  readonly patterns: Readonly<Record<string, readonly string[]>>;
  /** Instead of patterns: a folder whose files are to be told apart by name. */
  readonly folder?: string;
}

/** Formats that Crisp reads, best first where as many files have one as the other. */
const FORMATS = ["parquet", "jsonl", "json", "csv", "tsv"] as const;

/** `parquet` for `a/b.parquet`, `csv` for `a.csv.gz`; undefined for what Crisp does not read. */
export const formatOf = (path: string): string | undefined =>
  FORMATS.find((format) => path.toLowerCase().replace(/\.gz$/, "").endsWith(`.${format}`));

/**
 * The subsets that the card of a data set declares under `configs`: its configurations, in the words of the `datasets` library.
 *
 * @param readme - The text of README.md.
 * @returns undefined when it declares none.
 * @throws Error when they are written in a way that is not understood.
 */
export function declaredConfigs(readme: string): DatasetConfig[] | undefined {
  const yaml = cardYaml(readme);
  const value = yaml === undefined ? undefined : yamlKey(yaml, "configs");
  if (value === undefined || value === "") return undefined;
  if (!Array.isArray(value)) throw new Error("configs is no list");
  return value.map((entry) => {
    if (typeof entry === "string" || Array.isArray(entry)) throw new Error("an entry of configs is no mapping");
    const { config_name, data_files, data_dir } = entry;
    const folder = typeof data_dir === "string" && data_dir !== "" ? data_dir.replace(/^(\.?\/)+|\/+$/g, "") : undefined;
    const inside = (pattern: string) => (folder ? `${folder}/${pattern.replace(/^(\.?\/)+/, "")}` : pattern);
    const patterns: Record<string, string[]> = {};
    for (const [split, found] of splitPatterns(data_files)) (patterns[split] ??= []).push(...found.map(inside));
    return {
      name: typeof config_name === "string" && config_name !== "" ? config_name : "default",
      isDefault: entry.default === "true",
      patterns,
      folder,
    };
  });
}

/** `data_files` as one pattern, a list of patterns, a list of `{ split, path }`, or a mapping from splits to patterns. */
function splitPatterns(dataFiles: YamlValue | undefined): [string, string[]][] {
  if (dataFiles === undefined || dataFiles === "") return [];
  if (typeof dataFiles === "string") return [["train", [dataFiles]]];
  if (!Array.isArray(dataFiles)) return Object.entries(dataFiles).map(([split, paths]) => [split, strings(paths)]);
  return dataFiles.map((entry) => {
    if (typeof entry === "string") return ["train", [entry]];
    if (Array.isArray(entry)) throw new Error("a list in data_files");
    return [typeof entry.split === "string" && entry.split !== "" ? entry.split : "train", strings(entry.path)];
  });
}

function strings(value: YamlValue | undefined): string[] {
  const list = typeof value === "string" ? [value] : value;
  if (!Array.isArray(list) || !list.every((item) => typeof item === "string")) throw new Error("a path in data_files is no text");
  return list;
}

/**
 * Choose a subset: the one asked for, else the only one, the one called `default`, or the one with `default: true`.
 *
 * @throws `hub/which-config`, `hub/no-config-of-dataset`.
 */
export function chooseConfig(id: string, configs: readonly DatasetConfig[], asked: string | undefined): DatasetConfig {
  const names = configs.map(({ name }) => name);
  const shown = names.length > 12 ? `${names.slice(0, 12).join(", ")} and ${names.length - 12} more` : names.join(", ");
  if (asked === undefined) {
    const chosen =
      configs.length === 1
        ? configs[0]
        : (configs.find(({ isDefault }) => isDefault) ?? configs.find(({ name }) => name === "default"));
    if (chosen) return chosen;
    throw expectedGot(
      "hub/which-config",
      id,
      `one of the subsets ${shown}`,
      "none",
      `Write it behind the name: ${id}/${names[0]}.`,
    );
  }
  const found = configs.find(({ name }) => name === asked);
  if (found) return found;
  const close = nearest(asked, names);
  const hint = close === undefined ? undefined : `Did you mean ${close}?`;
  throw expectedGot("hub/no-config-of-dataset", id, `one of the subsets ${shown}`, asked, hint);
}

/** The files that a subset's patterns match. */
export function matchedPaths(paths: readonly string[], { patterns }: DatasetConfig): SplitPaths {
  const splits: SplitPaths = {};
  for (const [split, globs] of Object.entries(patterns)) {
    const tests = globs.map(globExpression);
    const found = paths.filter((path) => formatOf(path) !== undefined && tests.some((test) => test.test(path)));
    if (found.length > 0) splits[split] = found;
  }
  return splits;
}

/** The words that stand for a split in a folder's or file's name, as in the `datasets` library. */
const WORDS: readonly (readonly [string, RegExp])[] = (
  [
    ["train", "train|training"],
    ["validation", "validation|valid|dev|val"],
    ["test", "test|testing|eval|evaluation"],
  ] as const
).map(([split, words]) => [split, new RegExp(`(?:^|[-._ 0-9])(?:${words})(?:$|[-._ 0-9])`, "i")]);

/**
 * Tell splits apart by the names of files and folders, as the `datasets` library does where a card says nothing: `<split>-00000-of-00001`
 * first, then a word such as `dev` in a folder's name, then in a file's; else everything is `train`.
 *
 * @param folder - Only files in it; its own name is not looked at.
 * @returns Splits of one format only, that of most files.
 */
export function guessedSplits(paths: readonly string[], folder = ""): SplitPaths {
  const start = folder === "" ? "" : `${folder}/`;
  const inside = paths.filter((path) => path.startsWith(start) && !hidden(path));
  const format = mostCommonFormat(inside);
  const names = inside
    .filter((path) => formatOf(path) === format && format !== undefined)
    .map((path) => path.slice(start.length));
  const folderOf = (name: string) => name.split("/").slice(0, -1);
  const fileOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const wordIn = (texts: readonly string[]) => WORDS.find(([, word]) => texts.some((text) => word.test(text)))?.[0];
  const ways: ((name: string) => string | undefined)[] = [
    (name) => /^(\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*$/.exec(fileOf(name))?.[1],
    (name) => wordIn(folderOf(name)),
    (name) => wordIn([fileOf(name)]),
  ];
  for (const way of ways) {
    const splits = new Map<string, string[]>();
    for (const name of names) {
      const split = way(name);
      if (split !== undefined) splits.set(split, [...(splits.get(split) ?? []), start + name]);
    }
    if (splits.size > 0) return Object.fromEntries(splits);
  }
  return names.length > 0 ? { train: names.map((name) => start + name) } : {};
}

const hidden = (path: string): boolean => path.split("/").some((part) => part.startsWith(".") || part.startsWith("__"));

/** Small JSON files beside the data describe it. */
const DESCRIPTIONS = /(^|\/)(dataset_infos|dataset_dict|dataset_info|state|config)\.json$/;

function mostCommonFormat(paths: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const format = DESCRIPTIONS.test(path) ? undefined : formatOf(path);
    if (format !== undefined) counts.set(format, (counts.get(format) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return FORMATS.find((format) => counts.get(format) === most);
}

/**
 * Which files of a repository are which split.
 *
 * @param readme - Text of README.md, where there is one.
 * @param config - A declared subset, or a folder of that name.
 * @param onNote - Told when the card is not understood.
 * @throws `hub/which-config`, `hub/no-config-of-dataset`, `hub/only-script`, `hub/no-data`.
 */
export function splitsOf(
  id: string,
  paths: readonly string[],
  { readme, config, onNote }: { readonly readme?: string; readonly config?: string; readonly onNote?: (text: string) => void },
): { readonly config?: string; readonly splits: SplitPaths } {
  let configs: DatasetConfig[] | undefined;
  try {
    configs = declaredConfigs(readme ?? "");
  } catch (error) {
    onNote?.(
      `${id}: the configs of its README.md were not understood (${(error as Error).message}); splits are told by file names`,
    );
  }
  if (configs && configs.length > 0) {
    const chosen = chooseConfig(id, configs, config);
    const declared = Object.keys(chosen.patterns).length > 0;
    const splits = declared ? matchedPaths(paths, chosen) : guessedSplits(paths, chosen.folder);
    if (Object.keys(splits).length > 0) return { config: chosen.name, splits };
    throw noData(id, paths, chosen.name);
  }
  const folders = [...new Set(paths.filter((path) => formatOf(path) && path.includes("/")).map((path) => path.split("/")[0]))];
  if (config !== undefined && !folders.includes(config)) {
    if (folders.length === 0) throw noData(id, paths, config);
    throw chooseConfigError(id, folders, config);
  }
  const splits = guessedSplits(paths, config);
  if (Object.keys(splits).length > 0) return { config, splits };
  throw noData(id, paths, config);
}

function chooseConfigError(id: string, folders: readonly string[], config: string): CrispError {
  const close = nearest(config, folders);
  const hint = close === undefined ? undefined : `Did you mean ${close}?`;
  return expectedGot("hub/no-config-of-dataset", id, `one of the folders ${folders.slice(0, 12).join(", ")}`, config, hint);
}

function noData(id: string, paths: readonly string[], config: string | undefined): CrispError {
  const what = config === undefined ? id : `${id}/${config}`;
  const script = paths.find((path) => path === `${id.split("/").at(-1)}.py`);
  if (script !== undefined && !paths.some((path) => formatOf(path) && !DESCRIPTIONS.test(path))) {
    const hint = "The hub keeps a Parquet copy of most of these: take the revision refs/convert/parquet.";
    return expectedGot(
      "hub/only-script",
      what,
      "data files",
      `only the loading script ${script}, which Crisp does not run`,
      hint,
    );
  }
  const hint = "Download it and convert it to one of them.";
  return expectedGot("hub/no-data", what, "parquet, csv, tsv, jsonl or json files", "none", hint);
}
