// The data of bench/out-of-the-box: node bench/out-of-the-box/make-data.ts --shared FOLDER --out FOLDER [--questions FOLDER] [--banking FOLDER]
// --shared holds glue/, imdb/ and text/wiki.txt.gz; --questions train_5500.label and TREC_10.label, as TREC's questions are published;
// --banking train.csv and test.csv of banking77. For each set and seed: <set>-<labels a class>-<seed>.jsonl, and <set>-test.jsonl.
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { permutation } from "../../src/random/index.ts";

type Row = { readonly label: string } & ({ readonly text: string } | { readonly sentence1: string; readonly sentence2: string });

/** Rows of one set: those to draw labels from, and those to test on. */
interface Split {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
}

const { values } = parseArgs({
  options: {
    shared: { type: "string" },
    questions: { type: "string" },
    banking: { type: "string" },
    out: { type: "string" },
    seeds: { type: "string", default: "5" },
  },
});
if (values.shared === undefined || values.out === undefined)
  throw new Error("usage: --shared FOLDER --out FOLDER [--questions FOLDER] [--banking FOLDER] [--seeds 5]");
const shared = values.shared;
const PER_CLASS = [8, 50, 500];
/** So many rows of a large test split say enough, and cost less. */
const TEST_ROWS = 1000;

const lines = (path: string, folder = shared): string[] => {
  const bytes = readFileSync(join(folder, path));
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").replace(/^\uFEFF/, "");
  return text.split(/\r?\n/).filter((line) => line !== "");
};
const table = (path: string, read: (cells: readonly string[]) => Row, skip = 1): Row[] =>
  lines(path)
    .slice(skip)
    .map((line) => read(line.split("\t")));
const glue = (name: string, read: (cells: readonly string[]) => Row, skip = 1): Split => ({
  train: table(`glue/${name}/train.tsv`, read, skip),
  test: table(`glue/${name}/dev.tsv`, read, skip),
});
const imdb = (path: string): Row[] => table(path, ([, label, , text]) => ({ text, label }));

/** "DESC:manner How did serfdom develop …": the part before the colon is the label. */
function questions(folder: string): Split {
  const read = (path: string): Row[] =>
    lines(path, folder).map((line) => ({ text: line.slice(line.indexOf(" ") + 1), label: line.slice(0, line.indexOf(":")) }));
  return { train: read("train_5500.label"), test: read("TREC_10.label") };
}

function banking(folder: string): Split {
  const read = (path: string): Row[] =>
    parse<{ text: string; category: string }>(readFileSync(join(folder, path)), { columns: true }).map(({ text, category }) => ({
      text,
      label: category,
    }));
  return { train: read("train.csv"), test: read("test.csv") };
}

/** What an article is about, by the noun of its first sentence; texts are later sentences, so that the noun need not be there. */
const TYPES =
  "village|town|city|river|lake|island|mountain|album|song|film|novel|band|footballer|politician|actor|writer|painter|species|genus|university|school|company|station|ship|airport|newspaper|castle|language|church|museum";
const OPENING = new RegExp(`^[^.]*?\\b(?:is|was|are|were) (?:an?|the|one of the) [^.,;]*?\\b(${TYPES})\\b`);

async function wiki(): Promise<Split> {
  const unpacked = createReadStream(join(shared, "text/wiki.txt.gz")).pipe((await import("node:zlib")).createGunzip());
  const byType = new Map<string, Row[]>();
  let first = true;
  let label: string | undefined;
  for await (const line of createInterface({ input: unpacked, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") {
      first = true;
      continue;
    }
    if (first) {
      label = OPENING.exec(line)?.[1];
      first = false;
    }
    if (label === undefined) continue;
    const sentences = line.split(/(?<=[.!?])\s+(?=[A-Z])/).filter((sentence) => sentence.length >= 40 && sentence.length <= 300);
    const text = sentences[1];
    if (text === undefined) continue;
    byType.set(label, [...(byType.get(label) ?? []), { text, label }]);
    label = undefined; // one sentence an article, so that no article is on both sides
  }
  const large = [...byType.values()].filter((rows) => rows.length >= 60);
  const order = (rows: readonly Row[]): Row[] =>
    Array.from(permutation({ seed: 0, step: 0, site: "wiki" }, rows.length), (at) => rows[at]);
  const mixed = large.map(order);
  const held = (rows: readonly Row[]): number => Math.min(40, Math.floor(rows.length / 4));
  return {
    train: mixed.flatMap((rows) => rows.slice(held(rows))),
    test: mixed.flatMap((rows) => rows.slice(0, held(rows))),
  };
}

const sets: Readonly<Record<string, () => Split | Promise<Split>>> = {
  sst2: () => glue("SST-2", ([text, label]) => ({ text, label: label === "1" ? "positive" : "negative" })),
  cola: () => glue("CoLA", ([, label, , text]) => ({ text, label: label === "1" ? "acceptable" : "unacceptable" }), 0),
  mrpc: () =>
    glue("MRPC", ([label, , , text, pair]) => ({
      sentence1: text,
      sentence2: pair,
      label: label === "1" ? "equivalent" : "different",
    })),
  rte: () => glue("RTE", ([, text, pair, label]) => ({ sentence1: text, sentence2: pair, label })),
  imdb: () => ({ train: imdb("imdb/train.tsv.gz"), test: imdb("imdb/test.tsv.gz") }),
  wiki,
  ...(values.questions !== undefined && { questions: () => questions(values.questions!) }),
  ...(values.banking !== undefined && { banking: () => banking(values.banking!) }),
};

mkdirSync(values.out, { recursive: true });
const write = (name: string, rows: readonly Row[]): void =>
  writeFileSync(join(values.out!, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

for (const [name, read] of Object.entries(sets)) {
  const { train, test } = await read();
  const shuffled = (rows: readonly Row[], seed: number): Row[] =>
    Array.from(permutation({ seed, step: 0, site: "out of the box" }, rows.length), (at) => rows[at]);
  write(`${name}-test`, test.length > TEST_ROWS ? shuffled(test, 0).slice(0, TEST_ROWS) : test);
  const counts: string[] = [];
  for (let seed = 1; seed <= Number(values.seeds); seed++)
    for (const most of PER_CLASS) {
      const seen = new Map<string, number>();
      const rows = shuffled(train, seed).filter(({ label }) => {
        seen.set(label, (seen.get(label) ?? 0) + 1);
        return seen.get(label)! <= most;
      });
      write(`${name}-${most}-${seed}`, rows);
      if (seed === 1) counts.push(`${most}: ${rows.length}`);
    }
  write(`${name}-all-1`, train);
  const labels = new Set(train.map(({ label }) => label)).size;
  console.log(`${name}  ${labels} labels  train ${train.length}  test ${test.length}  rows at ${counts.join(", ")}`);
}
