import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  bytesSource,
  type Dataset,
  decodeText,
  guessFormat,
  indexRows,
  parseTable,
  readDataset,
  readTexts,
} from "../../../src/data/index.ts";
import { CrispError } from "../../../src/errors/index.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import { mutateJson } from "../mutate-json.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const CSV = [
  'text,label\nfine film,pos\n"dull, ""long""",neg\n"two\nlines",pos\n',
  "\ufeffid;text;score\r\n1;schön;1.0\r\n2;öde;0.0\r\n",
  "sentence1,sentence2,label\na,b,0\nc,d,1\n",
  "gj04,1,,Our friends won't buy this.\nbc01,0,*,They drank the pub.\n",
  'text,labels\na b,"[""x"", ""y""]"\nc,x|y\nd,\n',
  "a|b\tc,d\n1|2\t3,4\n",
  "\n\n,\n,,\n",
];
const TSV = [
  'sentence\tlabel\nfine .\t1\n"dull\t0\n',
  "text\ttext_pair\tlabel\r\na\tb\tc\r\nd\te\tf\r\n",
  "plain text\nof lines\n",
];
const JSONL = [
  '{"text": "fine", "label": 1}\n{"text": "dull", "label": 0}\n',
  '{"tokens": ["a", "b"], "ner_tags": ["O", "B-PER"]}\n\n{"tokens": ["c"], "ner_tags": ["O"]}\n',
  '{"text": "a", "labels": ["x", "y"], "note": null}\n{"labels": [], "text": "b", "more": {"c": [1]}}\n',
  '{"premise": "a", "hypothesis": "b", "score": 1.5}\n',
];

/** Characters that split cells and rows, put in, taken out and swapped. */
const MARKS = [
  '"',
  ",",
  ";",
  "\t",
  "|",
  "\n",
  "\r",
  "\r\n",
  '""',
  "\u2028",
  "\ufeff",
  "\u0000",
  " ",
  "é",
  "\ud83d",
  "1.0",
  "label",
  "text",
  "\\",
];

function mutateText(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.3)) return mutateBytes(random, bytes, other);
  let text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  for (let times = random.few(6); times > 0; times--) {
    const at = random.below(text.length + 1);
    const most = Math.max(1, Math.floor(20_000 / (text.length + 1)));
    const put = random.chance(0.1) ? random.pick(MARKS).repeat(random.size(2000)) : random.pick(MARKS);
    if (random.chance(0.05)) text = text.repeat(random.size(most));
    text = text.slice(0, at) + (random.chance(0.8) ? put : "") + text.slice(at + (random.chance(0.5) ? 0 : random.size(4)));
  }
  return encode(text);
}

/** Lines changed one by one, as JSON each. */
function mutateLines(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.3)) return mutateText(random, bytes, other);
  const lines = new TextDecoder().decode(bytes).split("\n");
  const others = new TextDecoder().decode(other).split("\n");
  const at = random.below(lines.length);
  lines[at] = new TextDecoder().decode(mutateJson(random, encode(lines[at]), encode(random.pick(others))));
  return encode(lines.join("\n"));
}

/**
 * Rows and texts are at most as many as lines, every row has a cell for each column, and what a dataset holds is what the same file
 * gives when it stays on disk.
 */
function reader(name: string): Target["run"] {
  return async (bytes) => {
    const text = await decodeText(bytes, name);
    const lines = text.split(/\r\n|\n|\r/).length;
    if (guessFormat(name, text) !== null) {
      const { rows, columns } = await whole(() => parseTable(text, name), { name, rows: [], columns: [] });
      check(rows.length <= lines, `${rows.length} rows in ${lines} lines`);
      check(
        rows.every(({ cells, line }) => cells.length <= columns.length && line >= 1 && line <= lines),
        "rows that do not fit",
      );
    }
    const texts = await whole(() => readTexts(bytes, name), []);
    check(texts.length <= lines, `${texts.length} texts in ${lines} lines`);
    // what is refused in memory must not crash on disk either
    if (bytes.length < 2000) await whole(() => indexRows([bytesSource(bytes, name)]), undefined);
    const { examples, labels } = await readDataset(bytes, name);
    check(examples.length <= lines, `${examples.length} examples in ${lines} lines`);
    check(
      examples.every(({ label, labels: several = [] }) => [label, ...several].every((one) => one < labels.length)),
      "classes without a name",
    );
    await streamedAlike(bytes, name, { examples, labels });
  };
}

/** A file that stays on disk gives the same examples; gzip cannot stay there. */
async function streamedAlike(
  bytes: Uint8Array,
  name: string,
  { examples, labels }: Pick<Dataset, "examples" | "labels">,
): Promise<void> {
  // zero bytes may look like UTF-16, which is read in memory only
  if (name.endsWith(".gz") || bytes.includes(0) || ["fffe", "feff"].includes(Buffer.from(bytes.subarray(0, 2)).toString("hex")))
    return;
  // what was guessed in memory must be named for data on disk
  const encoding = isUtf8(bytes) ? undefined : "windows-1252";
  const streamed = await whole(() => indexRows([bytesSource(bytes, name)], { encoding }), undefined);
  check(streamed, "read as a whole, and refused on disk");
  assert.deepEqual(
    { rows: streamed.rows, labels: streamed.labels, first: await streamed.read(0) },
    { rows: examples.length, labels, first: examples.slice(0, streamed.blockRows) },
  );
}

/** What a reader gives, or `otherwise` where it refuses the file. */
async function whole<T>(read: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CrispError) return otherwise;
    throw error;
  }
}

/** Changes the text that was packed, and packs it again; or the packed bytes. */
function mutatePacked(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.4)) return mutateBytes(random, bytes, other);
  try {
    const text = gunzipSync(bytes, { maxOutputLength: 1 << 20 });
    return new Uint8Array(gzipSync(mutateText(random, text, other)));
  } catch {
    return mutateBytes(random, bytes, other);
  }
}

const memory = { floor: 32 << 20, factor: 2000 };

export const csv: Target = {
  ...{ name: "csv", mutate: mutateText, run: reader("train.csv"), memory },
  seeds: () => CSV.map(encode),
};
/** Without an extension: what it is must be guessed. */
export const tables: Target = {
  ...{ name: "tables", mutate: mutateText, run: reader("train"), memory },
  seeds: () => [...CSV, ...TSV, ...JSONL].map(encode),
};
export const jsonl: Target = {
  ...{ name: "jsonl", mutate: mutateLines, run: reader("train.jsonl"), memory },
  seeds: () => JSONL.map(encode),
};
/** gzip packs up to 1,032 bytes into one, and those are read as any text. */
export const gzip: Target = {
  ...{ name: "gzip", mutate: mutatePacked, run: reader("train.tsv.gz"), memory: { ...memory, factor: 1032 * 20 } },
  seeds: () => [...TSV, ...JSONL, "text\tlabel\n", "a".repeat(5000)].map((text) => new Uint8Array(gzipSync(text))),
};
