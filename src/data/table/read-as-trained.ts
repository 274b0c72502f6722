import { CrispError } from "../../errors/index.ts";
import type { Dataset } from "../types.ts";
import type { ColumnOptions } from "./columns.ts";

type NamedColumns = Pick<ColumnOptions, "textColumn" | "pairColumn" | "labelColumn">;

/**
 * Read a file by the columns that were named, else by those of the training file, else, where it lacks them, by guessing, which is
 * said. Guessed by itself, a file of the same columns may be read by others of them.
 *
 * @param named - By the caller; what is not named is as in the training file.
 * @param trained - Of the training file, where it has some.
 * @param onNote - Told that columns were guessed, and why.
 * @param read - Reads the file; `data/columns` says that a column is missing.
 */
export async function readAsTrained<Read>(
  named: NamedColumns,
  trained: Dataset["columns"],
  onNote: ((text: string) => void) | undefined,
  read: (columns: NamedColumns) => Promise<Read>,
): Promise<Read> {
  if (!trained) return read(named);
  const { textColumn, pairColumn, labelColumn = trained.label } = named;
  const texts = textColumn === undefined ? { textColumn: trained.text, pairColumn: trained.pair } : { textColumn, pairColumn };
  try {
    return await read({ ...texts, labelColumn });
  } catch (error) {
    if (!(error instanceof CrispError && error.code === "data/columns")) throw error;
    const guessed = await read(named);
    onNote?.(`columns were guessed: ${error.message}`);
    return guessed;
  }
}
