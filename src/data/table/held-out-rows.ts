import { counted, expectedGot } from "../../errors/index.ts";
import { foldKey, hashWords } from "../../random/index.ts";

export interface HeldOutOptions {
  /** Share of the rows to hold out, in (0, 1); default 0.1. */
  readonly fraction?: number;
  /** Most rows held out, which are kept in memory; default 10,000. */
  readonly maxRows?: number;
  readonly seed: number;
}

/** A row that is held out. */
export interface HeldOutRow {
  /** Over all files, from 0. */
  readonly row: number;
  readonly text: string;
  readonly pair?: string;
  /** Of one class a text: the cell; undefined where there is none. */
  readonly label?: string;
  /** In a regression: the label. */
  readonly number?: number;
  /** Of several labels, or of one a word: their names. */
  readonly names?: readonly string[];
  readonly words?: readonly string[];
}

/**
 * Chooses rows to hold out in one pass over data of unknown length.
 *
 * Each row gets a number from (seed, hash of its text). Held out are the rows with the smallest numbers: those below
 * `fraction · 2^32`, or fewer when they are more than `maxRows`. Rows of one text share their number, so they stay together,
 * whatever block or file they stand in; and the choice depends on no order.
 */
export class HeldOutRows {
  readonly #key0: number;
  readonly #key1: number;
  readonly #most: number;
  readonly #fraction: number;
  #limit: number;
  #rows: { readonly number: number; readonly row: HeldOutRow }[] = [];

  /** @throws `data/bad-fraction`. */
  constructor({ fraction = 0.1, maxRows = 10_000, seed }: HeldOutOptions) {
    if (!(fraction > 0 && fraction < 1))
      throw expectedGot("data/bad-fraction", "heldOut.fraction", "a fraction in (0, 1)", fraction, "0.1 holds out a tenth.");
    this.#fraction = fraction;
    this.#most = maxRows;
    this.#limit = Math.floor(fraction * 2 ** 32);
    const { key0, key1 } = foldKey({ seed, step: 0, site: "held-out-stream" });
    this.#key0 = key0;
    this.#key1 = key1;
  }

  /** Whether a row whose text has this hash may be held out, as far as is known by now: if so, `add` it. */
  wants(hash: number): boolean {
    return hashWords(this.#key0, this.#key1, hash) < this.#limit;
  }

  add(hash: number, row: HeldOutRow): void {
    this.#rows.push({ number: hashWords(this.#key0, this.#key1, hash), row });
    if (this.#rows.length > 2 * this.#most) this.#trim();
  }

  #trim(): void {
    if (this.#rows.length <= this.#most) return;
    this.#rows.sort((a, b) => a.number - b.number);
    this.#limit = this.#rows[this.#most].number;
    this.#rows = this.#rows.filter(({ number }) => number < this.#limit);
  }

  /**
   * The rows held out, in order.
   *
   * @param name - Of the data, for messages.
   * @param rows - How many rows there are in all.
   * @throws `data/split` when no row, or every row, would be held out.
   */
  finish(name: string, rows: number): HeldOutRow[] {
    this.#trim();
    const held = this.#rows.map(({ row }) => row).sort((a, b) => a.row - b.row);
    if (held.length > 0 && held.length < rows) return held;
    throw expectedGot(
      "data/split",
      name,
      `texts that can be parted, to hold out ${this.#fraction} of ${counted(rows, "row")}`,
      `${counted(held.length, "row")} on the held-out side`,
      "Give a validation file.",
    );
  }
}
