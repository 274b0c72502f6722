// What evidence/robustness.ts reports on: node evidence/make-robustness-data.ts [FOLDER]
// GLUE: a folder with SST-2 as published. IMDB: a folder with test.tsv.gz (id, label, rating, text). FOLDER: default $ROBUSTNESS or
// data/robustness; it gets robustness.jsonl: the first 1,000 test reviews of each label, and behind them SST-2's development set with
// typing errors.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env } from "node:process";
import { gunzipSync } from "node:zlib";
import { parseTable } from "../src/data/index.ts";
import { counted } from "../src/errors/index.ts";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { hash32 } from "../src/random/index.ts";

/** Of each label: the file has all negative ones first. */
const REVIEWS = 1000;
const SHORTEST_WORD = 4;
const SEED = 1;

/**
 * A text with one typing error in each word of four letters or more: two neighbouring letters swapped, one left out, or one typed twice,
 * each a third of the time and never the first letter, which readers and typists miss least; of two equal letters one is left out
 * instead of a swap.
 *
 * Letters are a to z. The draws follow from the text's row and the word's place in it alone.
 *
 * @example
 * withTypos("a gripping film", 0); // "a grippnig fillm", say
 */
export function withTypos(text: string, row: number): string {
  let word = 0;
  return text.replace(/[a-z]+/gi, (letters) => {
    if (letters.length < SHORTEST_WORD) return letters;
    const draw = (site: string): number => hash32({ seed: SEED, step: row, site }, word) / 0x1_0000_0000;
    const kind = Math.floor(3 * draw("typo.kind"));
    // a swap needs a letter behind the place
    const at = 1 + Math.floor(draw("typo.place") * (letters.length - (kind === 0 ? 2 : 1)));
    word++;
    const [before, here, after] = [letters.slice(0, at), letters[at], letters.slice(at + 1)];
    // two equal letters swapped would be no error
    if (kind === 0 && here !== after[0]) return before + after[0] + here + after.slice(1);
    return kind < 2 ? before + after : before + here + here + after;
  });
}

interface Row {
  readonly sentence: string;
  readonly label: string;
}

function rowsOf(path: string, text: string, column: string): Row[] {
  const { columns, rows } = parseTable(text, path);
  const [sentence, label] = [column, "label"].map((name) => columns.indexOf(name));
  return rows.map(({ cells }) => ({ sentence: String(cells[sentence]), label: String(cells[label]) }));
}

/** Keeps so many rows of each label. */
function firstOfEach(count: number): (row: Row) => boolean {
  const seen = new Map<string, number>();
  return ({ label }) => {
    seen.set(label, (seen.get(label) ?? 0) + 1);
    return seen.get(label)! <= count;
  };
}

if (import.meta.filename === argv[1]) {
  const folder = argv[2] ?? env.ROBUSTNESS ?? "data/robustness";
  const reviews = join(env.IMDB ?? "data/imdb", "test.tsv.gz");
  const sentences = join(env.GLUE ?? "data/glue", "SST-2/dev.tsv");
  const imdb = rowsOf("test.tsv", gunzipSync(readFileSync(reviews)).toString("utf8"), "text").filter(firstOfEach(REVIEWS));
  const typos = rowsOf("dev.tsv", readFileSync(sentences, "utf8"), "sentence");
  const sets = { imdb, typos: typos.map(({ sentence, label }, row) => ({ sentence: withTypos(sentence, row), label })) };
  for (const [name, rows] of Object.entries(sets)) {
    const classes = new Set(rows.map(({ label }) => label)).size;
    console.log(`${name}: ${counted(rows.length, "row")} of ${counted(classes, "class", "classes")}`);
  }
  const lines = Object.values(sets).flatMap((rows) => rows.map((row) => `${JSON.stringify(row)}\n`));
  writeFilesAtomically(folder, new Map([["robustness.jsonl", [new TextEncoder().encode(lines.join(""))]]]));
}
