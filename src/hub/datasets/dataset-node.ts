import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { repository } from "../repository.ts";
import { type HubOptions, withSnapshot } from "../snapshot-node.ts";
import { splitsOf } from "./dataset-files.ts";
import { parseDatasetName } from "./dataset-name.ts";

export interface DatasetOptions extends HubOptions {
  /** Instead of behind the name: `mrpc` of `glue`. */
  readonly config?: string;
  /** Only these splits; default all. */
  readonly splits?: readonly string[];
}

/** A data set of the hub on this disk. */
export interface LocalDataset {
  /** Repository, e.g. `nyu-mll/glue`. */
  readonly name: string;
  readonly config?: string;
  /** Paths of parquet, csv, tsv, jsonl or json files (those of text perhaps with `.gz` behind), by split. */
  readonly splits: Record<string, string[]>;
}

/**
 * Have a data set of the hub in the cache that Python's libraries share.
 *
 * Splits are those of `configs` in its README.md, else told by the names of files and folders as the `datasets` library does.
 *
 * @param name - `owner/name`, `owner/name/config`, or a name that the `datasets` library made known: `glue/mrpc`, `imdb`.
 * @throws `hub/which-config`, `hub/no-config-of-dataset`, `hub/no-split`, `hub/only-script`, `hub/no-data`, and the codes of
 *   `downloadModel`.
 * @example
 * const { splits } = await downloadDataset("glue/mrpc");
 * splits.train; // ["…/snapshots/…/mrpc/train-00000-of-00001.parquet"]
 */
export async function downloadDataset(name: string, options: DatasetOptions = {}): Promise<LocalDataset> {
  const { id, config } = parseDatasetName(name, options.config);
  return withSnapshot(repository("dataset", id), options, async (snapshot) => {
    const card = "README.md";
    if (snapshot.has(card)) await snapshot.fetch([card]);
    const readme = snapshot.has(card) ? readFileSync(join(snapshot.folder, card), "utf8") : undefined;
    const paths = snapshot.files.map(({ path }) => path);
    const found = splitsOf(id, paths, { readme, config, onNote: options.onNote });
    const wanted = options.splits ?? Object.keys(found.splits);
    const missing = wanted.find((split) => !(split in found.splits));
    if (missing !== undefined) {
      // without a listing, what is not in the cache may exist all the same
      const known = Object.keys(found.splits).join(", ");
      throw expectedGot(snapshot.isListed ? "hub/no-split" : "hub/not-cached", id, `one of the splits ${known}`, missing);
    }
    await snapshot.fetch(wanted.flatMap((split) => found.splits[split]));
    const local = wanted.map((split) => [split, found.splits[split].map((path) => join(snapshot.folder, path))]);
    return { name: id, config: found.config, splits: Object.fromEntries(local) };
  });
}
