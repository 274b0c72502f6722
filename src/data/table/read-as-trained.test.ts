import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type ColumnOptions, readAsTrained } from "./columns.ts";
import { readDataset } from "./dataset.ts";
import { loadDatasets } from "./load-node.ts";

const HEADER = "question,reply,team";
const [LONG, SHORT] = ["where on earth may the parcel of my neighbour be", "gone"];
const table = (question: string, reply: string, header = HEADER): string =>
  `${header}\n${["sales", "legal"].map((team) => [1, 2, 3].map((at) => `${question} ${at},${reply} ${at},${team}\n`).join("")).join("")}`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a file of the training file's columns, whose longest text stands in another of them", () => {
  const read = (text: string, named: ColumnOptions, notes: string[]) =>
    readAsTrained(
      named,
      { text: "question", label: "team" },
      (note) => notes.push(note),
      (columns) => readDataset(bytes(text), "test.csv", columns),
    );

  test("is read by the training file's columns", async () => {
    const notes: string[] = [];
    assert.deepEqual((await readDataset(bytes(table(SHORT, LONG)), "test.csv")).columns?.text, "reply", "guessed by itself");
    const { examples } = await read(table(SHORT, LONG), {}, notes);
    assert.deepEqual([examples[0].text, notes], [`${SHORT} 1`, []]);
  });
  test("is read by what is named, and for the rest by the training file's", async () => {
    const named = await read(table(SHORT, LONG, "question,reply,gold"), { labelColumn: "gold" }, []);
    assert.deepEqual([named.columns?.text, named.columns?.label], ["question", "gold"]);
    assert.equal((await read(table(SHORT, LONG), { textColumn: "reply" }, [])).columns?.text, "reply");
  });
  test("is guessed where it lacks them, and that is said", async () => {
    const notes: string[] = [];
    assert.equal((await read(table(SHORT, LONG, "q,r,team"), {}, notes)).columns?.text, "r");
    assert.match(notes[0], /^columns were guessed: .*"question"/);
  });
  test("whose guess is no good is an error, and it was said that it was a guess", async () => {
    const notes: string[] = [];
    const guess = readAsTrained(
      {},
      { text: "question", label: "team" },
      (note) => notes.push(note),
      (columns) => readDataset(bytes(table(SHORT, LONG, "question,reply,class")), "test.csv", { ...columns, labels: ["a", "b"] }),
    );
    await assert.rejects(guess, { code: "data/unknown-label", message: /a label seen in training \(a, b\)/ });
    assert.deepEqual([notes.length, /^columns were guessed: .*"team"/.test(notes[0])], [1, true]);
    await assert.rejects(read(table(SHORT, LONG), { labelColumn: "group" }, notes), { code: "data/columns", message: /"group"/ });
    assert.equal(notes.length, 1, "an error that is said is not said twice");
  });
});

test("the files of one data set are read by the columns of the first", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-columns-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const files = [table(LONG, SHORT), table(SHORT, LONG)].map((text, at) => {
    const file = join(folder, `${at}.csv`);
    writeFileSync(file, text);
    return file;
  });
  const { examples } = await loadDatasets(files);
  assert.deepEqual([examples[0].text, examples[6].text], [`${LONG} 1`, `${SHORT} 1`]);
});
