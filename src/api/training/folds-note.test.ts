import assert from "node:assert/strict";
import { test } from "node:test";
import { groupsForFolds } from "../../data/index.ts";
import { folds } from "../../linear/index.ts";
import { foldsNote } from "./folds-note.ts";

const note = (rows: readonly (readonly [text: string, label: number])[], k: number): string | undefined => {
  const examples = rows.map(([text, label], index) => ({ text, label, index }));
  const labels = examples.map(({ label }) => label);
  return foldsNote(
    { name: "data", labels: ["no", "yes", "perhaps"], examples },
    folds(labels, k, { groups: groupsForFolds(examples, k) }),
  );
};
/** Texts that share nothing. */
const apart = (count: number, word: string): [string, number][] =>
  Array.from({ length: count }, (_, at) => [`${word}${at} ${word}${at + 1000}`, at % 2]);

test("folds of texts that share nothing are worth no word, however few there are", () => {
  for (const count of [4, 6, 7, 11, 50]) for (const k of [2, 3, 5]) assert.equal(note(apart(count, "word"), k), undefined);
});

test("a class of which one fold has all rows is named with them", () => {
  const alike = Array.from({ length: 4 }, (): [string, number] => ["the same words again", 2]);
  assert.equal(
    note([...apart(40, "word"), ...alike], 5),
    "folds: rows that share text stay together, so all of perhaps (4 rows) are in one, whose model is taught none of them",
  );
});

test("folds of very different sizes are told by their sizes", () => {
  const alike = Array.from({ length: 20 }, (_, at): [string, number] => ["the same words again", at % 2]);
  assert.equal(
    note([...apart(80, "word"), ...alike], 5),
    "folds: rows that share text stay together, so they have 16 to 36 of 100 rows",
  );
});
