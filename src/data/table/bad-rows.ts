import { CrispError, expectedGot } from "../../errors/index.ts";

/** Rows that are named one by one; the others are counted. */
const LISTED = 10;
const LONGEST_DETAIL = 40;

/** What is wrong with a row, as counts name it. */
export type BadRowReason =
  | "a wrong number of cells"
  | "broken quotes"
  | "no JSON object"
  | "no text"
  | "no label"
  | "an unknown label"
  | "a text that cannot be read"
  | "a label that cannot be read";

export interface BadRowOptions {
  /** Leave rows out that cannot be read, and say so once; default false: they are errors. */
  readonly skipBadRows?: boolean;
  /** Told how many rows were left out, and why. */
  readonly onNote?: (text: string) => void;
}

interface BadRow {
  readonly line: number;
  /** What stands there, e.g. `3 cells`. */
  readonly detail: string;
  readonly error: CrispError;
}

/** Collects the rows of a file that cannot be read, so that all of them are named at once, or left out. */
export class BadRows {
  readonly name: string;
  readonly #options: BadRowOptions;
  readonly #counts = new Map<BadRowReason, number>();
  #first: readonly BadRow[] = [];
  /** Rows collected. */
  count = 0;

  constructor(name: string, options: BadRowOptions = {}) {
    this.name = name;
    this.#options = options;
  }

  /** Whether bad rows are to be left out. */
  get skips(): boolean {
    return this.#options.skipBadRows === true;
  }

  /** Rows by what is wrong with them. */
  get counts(): ReadonlyMap<BadRowReason, number> {
    return this.#counts;
  }

  /** Lines of the first ten, with what stands there. */
  get first(): readonly BadRow[] {
    return this.#first;
  }

  /** @param error - What the row alone would be refused with. */
  add(line: number, reason: BadRowReason, detail: string, error: CrispError): void {
    this.count++;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const last = this.#first.at(-1);
    if (this.#first.length >= LISTED && last && last.line <= line) return;
    this.#first = [...this.#first, { line, detail: short(detail), error }].sort((a, b) => a.line - b.line).slice(0, LISTED);
  }

  /**
   * Read something of a row; a row that cannot be read is collected.
   *
   * @param what - What is read.
   * @returns Undefined for a bad row.
   */
  attempt<Read>(line: number, what: "text" | "label", read: () => Read): Read | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CrispError)) throw error;
      const got = String(error.details.got);
      if (error.code === "data/unknown-label") this.add(line, "an unknown label", `label ${got}`, error);
      else if (error.code !== "data/broken-row") throw error;
      else if (/^(nothing|"(\s|\\[tnrfv])*")$/.test(got)) this.add(line, `no ${what}`, `no ${what}`, error);
      else this.add(line, `a ${what} that cannot be read`, `${what} ${got}`, error);
      return undefined;
    }
  }

  /**
   * End of the file: bad rows are an error, or were to be left out, which is said.
   *
   * @param kept - Rows that can be read.
   * @throws What the one bad row is refused with; `data/broken-row` or `data/unknown-label` naming the first ten of several;
   * `data/empty` when all rows would be left out.
   */
  settle(kept: number): void {
    if (this.count === 0) return;
    if (!this.skips) throw this.#refusal();
    const rows = this.count + kept;
    if (kept === 0) throw expectedGot("data/empty", this.name, "at least one row that can be read", this.#listed());
    const reasons = Array.from(this.#counts, ([reason, count]) => `${grouped(count)} with ${reason}`);
    this.#options.onNote?.(`${this.name}: ${grouped(this.count)} of ${grouped(rows)} rows left out, ${reasons.join(", ")}`);
  }

  /** The error for all of them. */
  #refusal(): CrispError {
    const { code, message, details } = this.#first[0].error;
    if (this.count === 1) return new CrispError(code, `${message} --skip_bad_rows leaves it out.`, details);
    const rules = new Set(this.#first.map(({ error }) => String(error.details.expected)));
    const rule = rules.size === 1 ? [...rules][0] : "rows that can be read";
    const listed = this.#listed();
    return new CrispError(code, `${this.name}: expected ${rule}, got ${listed}. Mend them; --skip_bad_rows leaves them out.`, {
      expected: rule,
      got: listed,
      count: this.count,
      reasons: Object.fromEntries(this.#counts),
    });
  }

  #listed(): string {
    const more = this.count - this.#first.length;
    const lines = this.#first.map(({ line, detail }) => `line ${line} (${detail})`);
    return `${grouped(this.count)} bad rows: ${lines.join(", ")}${more > 0 ? `, and ${grouped(more)} more` : ""}`;
  }
}

const grouped = (n: number): string => n.toLocaleString("en-US");

const short = (text: string): string => (text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL - 1)}…` : text);
