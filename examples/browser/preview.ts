import { chooseColumns, decodeText, parseTable } from "crisp-attention/data";
import { byId } from "./page.ts";

/** Columns by name; what `train` takes. */
export interface ChosenColumns {
  readonly textColumn: string;
  readonly pairColumn?: string;
  readonly labelColumn: string;
}

type Table = ReturnType<typeof parseTable>;

/** Larger files are previewed by their beginning, so that a page never freezes over one. */
const MOST_BYTES = 4_000_000;
const ROWS = 4;
const CELL = 90;
const LABELS = 12;

/** The part of the page that shows a chosen file: columns to pick, how often each label stands there, the first rows. */
export class Preview {
  readonly #box = byId("preview", HTMLElement);
  readonly #fields = {
    text: byId("text-column", HTMLSelectElement),
    pair: byId("pair-column", HTMLSelectElement),
    label: byId("label-column", HTMLSelectElement),
  };
  readonly #changed: () => void;
  #table: Table | undefined;
  #whole = true;
  #picked = false;

  /** @param changed - Hears that other columns were picked. */
  constructor(changed: () => void) {
    this.#changed = changed;
    for (const field of Object.values(this.#fields)) {
      field.addEventListener("change", () => {
        this.#picked = true;
        this.#show();
        this.#changed();
      });
    }
  }

  /** The columns that were picked; undefined while those are good that Crisp guesses. */
  columns(): ChosenColumns | undefined {
    if (!this.#picked || !this.#table) return undefined;
    const { text, pair, label } = this.#fields;
    return { textColumn: text.value, ...(pair.value !== "" && { pairColumn: pair.value }), labelColumn: label.value };
  }

  /**
   * Show a file.
   *
   * @param columns - Picked on an earlier visit.
   * @throws What reading the table throws, such as `data/broken-row`.
   */
  async open(file: File, columns?: ChosenColumns): Promise<void> {
    this.close();
    // only read as a whole: training does that
    if (/\.(gz|parquet)$/i.test(file.name)) return;
    this.#whole = file.size <= MOST_BYTES;
    const table = this.#whole ? await tableOf(file, file.name) : await beginningOf(file);
    if (!table) return;
    this.#table = table;
    const guess = guessed(table, columns);
    this.#picked = columns !== undefined || guess === undefined;
    fill(this.#fields.text, table.columns, guess?.text ?? 0);
    fill(this.#fields.label, table.columns, guess?.label ?? table.columns.length - 1);
    fill(this.#fields.pair, ["", ...table.columns], guess ? guess.pair + 1 : 0);
    this.#show();
    this.#box.hidden = false;
  }

  close(): void {
    this.#table = undefined;
    this.#picked = false;
    this.#box.hidden = true;
  }

  #show(): void {
    const table = this.#table!;
    const { text, pair, label } = this.#fields;
    const cells = (row: Table["rows"][number], column: string): string => cellText(row.cells[table.columns.indexOf(column)]);
    const counts = new Map<string, number>();
    for (const row of table.rows) {
      const name = cells(row, label.value);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const labels = [...counts].sort(([, a], [, b]) => b - a);
    const more = labels.length > LABELS ? [`and ${labels.length - LABELS} more`] : [];
    const shown = labels.slice(0, LABELS).map(([name, count]) => `${cut(name) || "(empty)"} ${count.toLocaleString("en")}`);
    const rows = `${table.rows.length.toLocaleString("en")} ${this.#whole ? "rows" : "rows at the beginning of the file"}`;
    byId("label-counts", HTMLElement).textContent = `${rows}; ${labels.length} labels: ${[...shown, ...more].join(", ")}.`;
    const columns = [text.value, ...(pair.value === "" ? [] : [pair.value]), label.value];
    const body = table.rows.slice(0, ROWS).map((row) =>
      line(
        "td",
        columns.map((column) => cut(cells(row, column))),
      ),
    );
    byId("rows", HTMLTableElement).replaceChildren(part("thead", [line("th", columns)]), part("tbody", body));
  }
}

async function tableOf(data: Blob, name: string): Promise<Table> {
  return parseTable(await decodeText(new Uint8Array(await data.arrayBuffer()), name), name);
}

/** Undefined where the beginning cannot be read alone, as when it ends inside a quoted cell: training says what is wrong with the whole. */
async function beginningOf(file: File): Promise<Table | undefined> {
  const bytes = new Uint8Array(await file.slice(0, MOST_BYTES).arrayBuffer());
  try {
    return await tableOf(new Blob([bytes.subarray(0, bytes.lastIndexOf(10) + 1)]), file.name);
  } catch {
    return undefined;
  }
}

/** Positions of the columns; undefined where none can be guessed. */
function guessed(table: Table, columns: ChosenColumns | undefined): { text: number; pair: number; label: number } | undefined {
  try {
    return chooseColumns(table, columns);
  } catch {
    return undefined;
  }
}

const cellText = (cell: unknown): string => (typeof cell === "string" ? cell : cell === undefined ? "" : JSON.stringify(cell));
const cut = (text: string): string => (text.length > CELL ? `${text.slice(0, CELL - 1)}…` : text);

function fill(field: HTMLSelectElement, names: readonly string[], selected: number): void {
  field.replaceChildren(...names.map((name) => new Option(name === "" ? "none" : name, name)));
  field.selectedIndex = selected;
}

function part(kind: "thead" | "tbody", rows: readonly HTMLElement[]): HTMLElement {
  const made = document.createElement(kind);
  made.append(...rows);
  return made;
}

function line(kind: "th" | "td", texts: readonly string[]): HTMLTableRowElement {
  const row = document.createElement("tr");
  for (const text of texts) {
    const cell = document.createElement(kind);
    cell.textContent = text;
    row.append(cell);
  }
  return row;
}
