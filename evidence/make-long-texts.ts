// What evidence/long-texts.ts trains and reports on: node evidence/make-long-texts.ts [FOLDER]
// IMDB: a folder with train.tsv.gz and test.tsv.gz (id, label, rating, text). MINILM: the folder of all-MiniLM-L6-v2, or of another encoder
// with absolute positions. FOLDER: default $LONG or data/long; it gets
//   reviews-{train,test}.jsonl     reviews of more than 512 tokens, as they are; 1,500 and 300 drawn at random
//   documents-{train,test}.jsonl   synthetic: reviews of one label joined, in a fixed random order, to 2,048 tokens or more; at most 1,000 and 200
//   encoder-2048/                  the encoder, its positions repeated up to 2,048 (as Longformer's were, arXiv 2004.05150)
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env } from "node:process";
import { gunzipSync } from "node:zlib";
import { loadTokenizer } from "../src/data/index-node.ts";
import { readSafetensors, writeSafetensors } from "../src/models/index.ts";
import { permutation } from "../src/random/index.ts";

interface Row {
  readonly text: string;
  readonly label: string;
}

const imdb = env.IMDB ?? "data/imdb";
const model = env.MINILM ?? "models/all-MiniLM-L6-v2";
const out = argv[2] ?? env.LONG ?? "data/long";
const [SHORT, LONG] = [512, 2048];
/** Reviews of a split that documents are joined of. */
const JOINED = 8000;
/** Rows that are written, at most. */
const MOST = { train: { reviews: 1500, documents: 1000 }, test: { reviews: 300, documents: 200 } };

const tokenizer = await loadTokenizer(model, { maxLength: 1e6 });
const tokens = (text: string): number => tokenizer.encode(text).inputIds.length;
const shuffled = (rows: readonly Row[], site: string): Row[] =>
  Array.from(permutation({ seed: 1, step: 0, site }, rows.length), (at) => rows[at]);

function reviews(split: string): Row[] {
  const text = gunzipSync(readFileSync(join(imdb, `${split}.tsv.gz`))).toString("utf8");
  const rows = text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
  return shuffled(
    rows.map(([, label, , text]) => ({ text, label })),
    split,
  );
}

/** Reviews of one label, one behind the other until a document is full. */
function joined(rows: readonly Row[]): Row[] {
  const documents: Row[] = [];
  for (const label of new Set(rows.map(({ label }) => label))) {
    let [parts, length]: [string[], number] = [[], 0];
    for (const { text } of rows.filter((row) => row.label === label)) {
      parts.push(text);
      length += tokens(text);
      if (length < LONG) continue;
      documents.push({ text: parts.join(" "), label });
      [parts, length] = [[], 0];
    }
  }
  return shuffled(documents, "documents");
}

mkdirSync(join(out, "encoder-2048"), { recursive: true });
const write = (name: string, rows: readonly Row[]): void => {
  writeFileSync(join(out, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  console.log(`${name}  ${rows.length} rows`);
};
for (const split of ["train", "test"] as const) {
  const rows = reviews(split);
  const long = rows.filter(({ text }) => text.length > 3 * SHORT && tokens(text) > SHORT);
  write(`reviews-${split}`, long.slice(0, MOST[split].reviews));
  write(`documents-${split}`, joined(rows.slice(0, JOINED)).slice(0, MOST[split].documents));
}

const config = JSON.parse(readFileSync(join(model, "config.json"), "utf8"));
const stored = readSafetensors(readFileSync(join(model, "model.safetensors")), "model.safetensors");
/** [positions, width] → [LONG, width] */
function repeated(positions: Float32Array, width: number): Float32Array {
  const longer = new Float32Array(LONG * width);
  for (let at = 0; at < longer.length; at++) longer[at] = positions[at % positions.length];
  return longer;
}
const tensors = new Map(
  [...stored.tensors]
    .filter(([, { dtype }]) => dtype === "F32")
    .map(([name, { shape, data }]) => {
      const isTable = name.endsWith("position_embeddings.weight");
      return [name, isTable ? { shape: [LONG, shape[1]], data: repeated(data(), shape[1]) } : { shape, data: data() }];
    }),
);
const folder = join(out, "encoder-2048");
writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, max_position_embeddings: LONG }, null, 2));
writeFileSync(join(folder, "model.safetensors"), Buffer.concat(writeSafetensors(tensors, { format: "pt" })));
for (const file of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"])
  copyFileSync(join(model, file), join(folder, file));
const tokenizerConfig = JSON.parse(readFileSync(join(model, "tokenizer_config.json"), "utf8"));
writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ ...tokenizerConfig, model_max_length: LONG }, null, 2));
console.log(`encoder-2048  ${config.max_position_embeddings} positions repeated to ${LONG}`);
