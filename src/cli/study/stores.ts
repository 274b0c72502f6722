import { existsSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import type { StudyHeader, StudyStore } from "../../studies/index.ts";
import { folderStore, openDatabase, type SqlStoreOptions, sqlStore } from "../../studies/index-node.ts";
import { checkpointPlace } from "../../training/index-node.ts";
import type { Output } from "../output.ts";
import type { OptionTable, OptionValues } from "../verb.ts";

export const DATABASE_OPTIONS = {
  database: {
    type: "string",
    unit: "url",
    help: "Keep runs in this PostgreSQL, which many machines share: postgres://user@host/name; or pglite, for one inside this process, in the output folder. Left out, runs are files.",
  },
  study: { type: "string", unit: "name", help: "What the study is called in the database; left out, after its data." },
  checkpoints_dir: {
    type: "string",
    unit: "folder|url",
    help: "With a database, where unfinished runs are kept: a folder, or s3://bucket/prefix, that all machines see, so that another can go on with a run. Left out, in the output folder.",
  },
} as const satisfies OptionTable;

/** In place of a URL. */
const EMBEDDED = "pglite";

export interface Stores {
  /**
   * The store of a study whose own folder is given.
   *
   * @param joining - How a worker joins it, see `SqlStoreOptions`.
   */
  storeIn(folder: string, joining?: Pick<SqlStoreOptions, "whole" | "beginsBy">): StudyStore;
  /** Begin all studies of a command, so that workers find them in its database from the start; of files, nothing. */
  begin(headers: readonly StudyHeader[]): Promise<void>;
  close(): Promise<void>;
}

type DatabaseValues = OptionValues<typeof DATABASE_OPTIONS> & { readonly overwriteOutputDir?: boolean };

/**
 * Where a command's studies live: in files, or in the database that it names.
 *
 * @param folder - Of the command's output, kept for this process.
 * @throws `cli/bad-option`; `database/…`.
 */
export async function openStores(
  options: DatabaseValues,
  folder: string,
  output: Pick<Output, "note">,
  settings: Pick<SqlStoreOptions, "join"> = {},
): Promise<Stores> {
  const { database: named, overwriteOutputDir: overwrite, checkpointsDir } = options;
  if (named === undefined) {
    if (checkpointsDir !== undefined) {
      const hint = "Without one a study keeps its checkpoints in --output_dir.";
      throw expectedGot("cli/bad-option", "--checkpoints_dir", "a --database beside it", "none", hint);
    }
    return {
      storeIn: (own) => folderStore(own, { overwrite, kept: own === folder }),
      begin: async () => {},
      close: async () => {},
    };
  }
  if (overwrite) {
    const hint = "Name a new one: --study NAME.";
    throw expectedGot("cli/bad-option", "--overwrite_output_dir", "a study in files", "one in a database, where it stays", hint);
  }
  const checkpoints = checkpointsDir ?? join(folder, "checkpoints");
  checkpointPlace(checkpoints); // complains of a wrong address before anything is made
  const place = named === EMBEDDED ? { folder: embeddedIn(folder) } : { url: named };
  const database = await openDatabase(place, { onNote: output.note });
  const storeIn: Stores["storeIn"] = (_, joining) =>
    sqlStore(database, { ...settings, ...joining, checkpoints, onNote: output.note });
  return {
    storeIn,
    async begin(headers) {
      const store = storeIn(folder);
      for (const header of headers) {
        await store.open(header);
        await store.close();
      }
    },
    close: () => database.close(),
  };
}

/** The folder of a database inside the process. */
const embeddedIn = (folder: string): string => join(folder, "database");

/** Where an output folder's own database is; undefined where its studies are files. */
export function databaseIn(folder: string): { readonly folder: string } | undefined {
  const own = embeddedIn(folder);
  return existsSync(own) ? { folder: own } : undefined;
}

/** @throws `cli/missing-argument`, `cli/bad-option`: a database that other processes reach too. */
export function sharedDatabase(where: string, named: string | undefined): string {
  const rule = "the URL of a PostgreSQL that the study is in";
  const hint = `Example: ${where} --database postgres://crisp@db.example.org/studies`;
  if (named === undefined) throw expectedGot("cli/missing-argument", where, `--database, ${rule}`, "none", hint);
  if (named !== EMBEDDED) return named;
  throw expectedGot("cli/bad-option", "--database", rule, "one that a single process has", hint);
}
