import type { Attack } from "../attack.ts";

const BOUNDS = "src/data/table/table-bounds.ts";
const TEST = "src/data/table/table-bounds.test.ts";
const ROW = "a row may have 16 MB, in memory and on disk";

/** Data files that fill the memory, or end the process. */
export const dataFiles: readonly Attack[] = [
  ...["as examples", "as texts"].flatMap((how) =>
    ["a.csv", "a.tsv", "a.jsonl"].map((name) => ({
      what: `a line of 200 MB of ${name} is read into memory ${how}`,
      file: BOUNDS,
      undo: ["if (isTooLong(text, start, end)) throw rowTooLong(`${this.#name}:${line}`);", ""] as const,
      test: [TEST, ROW, `${name} ${how}`] as const,
    })),
  ),
  ...["on disk", "through a pipe"].map((how) => ({
    what: `${how} a row may be longer than in memory`,
    file: BOUNDS,
    undo: ["LONGEST_ROW_BYTES = 16 << 20;", "LONGEST_ROW_BYTES = 16 << 25;"] as const,
    test: [TEST, ROW, `a.csv ${how}`] as const,
  })),
  {
    what: "on disk a line of 200 MB is read to its end before it is refused",
    file: "src/data/tokenize/text-layout.ts",
    undo: ["      if (size > LONGEST_ROW_BYTES) throw rowTooLong(`${source.name}:${line}`);\n", ""],
    test: [TEST, "a line of 64 MB is refused before it is read to its end: on disk"],
  },
  {
    what: "through a pipe a line of 200 MB is read to its end before it is refused",
    file: "src/data/stream/text-rows.ts",
    undo: ["    if (rest.length - 1 > LONGEST_ROW_BYTES) throw rowTooLong(`${name}:${scanner.nextLine()}`);\n", ""],
    test: [TEST, "a line of 64 MB is refused before it is read to its end: through a pipe"],
  },
  {
    what: "a cell of Parquet may be longer than a row of text",
    file: BOUNDS,
    undo: ["if (isTooLong(text, 0, text.length)) throw rowTooLong(where);", ""],
    test: [TEST, "a cell of Parquet, which has no lines, is held to the same"],
  },
  {
    what: "a row of delimiters alone makes millions of cells",
    file: BOUNDS,
    undo: ["if (cells > MOST_COLUMNS) {", "if (cells < 0) {"],
    test: [TEST, ROW, "and 16,384 cells: a.csv as examples"],
  },
  {
    what: "rows fill the memory until the process is ended",
    file: BOUNDS,
    undo: ["if (this.#bytes <= MOST_TABLE_BYTES) return;", "if (this.#rows < 16e6) return;"],
    test: [TEST, "rows are counted before they fill the memory: narrow ones and wide ones"],
  },
  {
    what: "a file of 2.9 MB of gzip is unpacked to 3 GB",
    file: "src/data/table/load-node.ts",
    undo: ["{ maxOutputLength: most }", "{}"],
    test: [
      TEST,
      "gzip is unpacked with a bound",
      "a file that unpacks to more than can be read is refused, and the bound itself is not",
    ],
  },
  {
    what: "a browser unpacks as much as a gzip file holds",
    file: "src/data/table/decode.ts",
    undo: ["!next.done && length <= most;", "!next.done;"],
    test: [TEST, "gzip is unpacked with a bound", "what is refused is not unpacked to its end"],
  },
  {
    what: "whether data stay on the disk is decided by the packed size",
    file: "src/data/table/byte-source-node.ts",
    undo: ["return Math.max(facts.size, last.readUInt32LE());", "return facts.size;"],
    test: [TEST, "the size of a file is what it unpacks to", "of gzip and of plain files"],
  },
  {
    what: "a packed file of texts is unpacked as a whole before the first is read",
    file: "src/data/stream/gzip-node.ts",
    undo: [
      "    yield* through(chunks, createGunzip());\n",
      "    const all: Uint8Array[] = [];\n    for await (const chunk of chunks) all.push(chunk);\n    yield* through(Readable.from(all), createGunzip());\n",
    ],
    test: ["src/data/stream/text-rows.test.ts", "a packed source is unpacked as its rows are asked for"],
  },
  {
    what: "too few rows of each class end in advice that helps nobody",
    file: "src/data/table/split.ts",
    undo: ["  if (mostInClass >= least) return;\n", "  if (mostInClass >= 0) return;\n"],
    test: ["src/data/table/split.test.ts", "too few examples to hold any out are counted, and what is needed is said"],
  },
];
