import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeTinyModel } from "../../../test/tiny-model.fixture.ts";
import { permutation, uniform } from "../../random/index.ts";
import { audit } from "../index-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-audit-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "encoder"), 0.3);
const write = (name: string, lines: readonly string[]): string => {
  const file = join(work, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
};

/** Sentences with a source; the first of each label has the other one. */
const labels = ["negative", "positive"];
const words = [
  ["nasty", "ghastly", "bad", "woeful", "dismal", "terrible"],
  ["fantastic", "brilliant", "fabulous", "glorious", "superb", "perfect"],
];
const nouns = ["speaker", "cartoon", "watch", "kettle", "trailer"];
const all = words.flatMap((own, label) =>
  own.flatMap((first) => own.flatMap((second) => nouns.map((noun) => ({ text: `the ${first} and ${second} ${noun}`, label })))),
);
const examples = Array.from(permutation({ seed: 1, step: 0, site: "test" }, all.length), (at) => all[at]);
const some = examples.slice(0, 200);
const flipped = labels.map((_, label) => some.findIndex((example) => example.label === label));
const rows = some.map(({ text, label }, at) => {
  const given = labels[flipped.includes(at) ? 1 - label : label];
  return [text, given, at % 3 === 0 ? "mail" : "phone", at].join("\t");
});
const data = write("reviews.tsv", ["text\tlabel\tsource\tid", ...rows]);

describe("an audit of a file", () => {
  test("finds labels that were changed, parts the rows by source, and leaves the file alone", async () => {
    const before = readFileSync(data);
    const events: string[] = [];
    const found = await audit({ data, model, seed: 3, onEvent: ({ type }) => events.push(type) });
    assert.deepEqual(events, ["read"]);
    assert.equal(found.rows, 200);
    const byScore = [...found.scores].sort((a, b) => a.labelScore! - b.labelScore!);
    assert.deepEqual(
      byScore
        .slice(0, 2)
        .map(({ row }) => row)
        .sort(),
      [...flipped].sort(),
    );
    const [error] = found.labelErrors.found;
    assert.ok(flipped.includes(error.row));
    assert.deepEqual([error.line, error.suggested], [error.row + 2, labels[some[error.row].label]]);
    const kinds = new Set(found.slices.map(({ by }) => by));
    // every row has an id of its own
    assert.deepEqual([...kinds], ["class", "length", "source"]);
    assert.deepEqual(readFileSync(data), before);
    assert.deepEqual(await audit({ data, model, seed: 3 }), found);
  });
  test("names unlabelled texts by line, of a file of lines as of a table with other columns", async () => {
    const texts = examples.slice(200, 230).map(({ text }) => text);
    const lines = write("more.txt", texts);
    const table = write("more.tsv", ["body", ...texts]);
    const notes: string[] = [];
    const ask = (unlabelled: string) =>
      audit({ data, model, unlabelled, toLabel: 4, listener: { onNote: (text) => notes.push(text) } });
    const [first, second] = [(await ask(lines)).toLabel!, (await ask(table)).toLabel!];
    assert.deepEqual([first.rows, first.found.length], [30, 4]);
    for (const { line, text } of first.found) assert.equal(text, texts[line - 1]);
    assert.deepEqual(
      second.found.map(({ text }) => text),
      first.found.map(({ text }) => text),
    );
    assert.equal(notes.filter((note) => note.startsWith("columns were guessed")).length, 1);
  });
  test("predicts by fine-tuned encoders of the other folds where that is asked for", async () => {
    const small = write("small.tsv", ["text\tlabel", ...rows.slice(0, 40).map((row) => row.split("\t").slice(0, 2).join("\t"))]);
    const phases = new Set<string>();
    let budget: number | undefined;
    const onEvent: Parameters<typeof audit>[0]["onEvent"] = (event) => {
      if (event.type === "phase") phases.add(event.name);
      if (event.type === "recipe") budget = event.recipe.facts.timeBudget;
    };
    const found = await audit({
      data: small,
      model,
      folds: 2,
      fineTune: true,
      timeBudget: 30,
      preset: "huggingface",
      unlabelled: small,
      onEvent,
    });
    assert.deepEqual([...phases], ["fold 1 of 2", "fold 2 of 2"]);
    assert.equal(budget, 10, "for two folds and the model of all rows");
    assert.match(found.method.predictedBy, /fine-tuned/);
    assert.ok(found.scores.every(({ labelScore }) => labelScore! > 0 && labelScore! < 1));
    assert.ok(found.toLabel!.found.length > 0);
  });
});

describe("what cannot be audited is one error", () => {
  const refused = (name: string, lines: readonly string[], code: string, message: RegExp, more: object = {}) =>
    test(name, () => assert.rejects(audit({ data: write(`${name}.csv`, lines), model, ...more }), { code, message }));
  refused(
    "one class",
    ["text,label", ...rows.slice(0, 9).map((_, at) => `text ${at},a`)],
    "audit/bad-data",
    /expected two classes of 5 rows/,
  );
  refused(
    "a row without a label",
    ["text,label", ...rows.slice(0, 9).map((_, at) => `text ${at},${at === 4 ? "" : at % 2}`)],
    "data/broken-row",
    /line 6|:6/,
  );
  refused("an unknown setting", ["text,label", "one,a"], "audit/bad-option", /got fold\. Did you mean folds\?/, { fold: 3 });
  refused("a setting of another kind", ["text,label", "one,a"], "audit/bad-option", /^toLabel: expected a whole number/, {
    toLabel: "x",
  });
  refused(
    "unknown slices",
    ["text,label", "one,a", "two,b", "three,a", "four,b"],
    "audit/bad-option",
    /expected columns of unknown slices\.csv, got team/,
    {
      ...{ folds: 2, sliceColumns: ["team"] },
    },
  );
  refused("one fold", ["text,label", "one,a", "two,b"], "audit/bad-option", /folds: expected a whole number from 2 on, got 1/, {
    folds: 1,
  });
  test("rows that cannot be read are left out where that is asked for, and said", async () => {
    const notes: string[] = [];
    const file = write("broken.tsv", ["text\tlabel\tsource\tid", ...rows.slice(0, 60), "alone"]);
    const found = await audit({ data: file, model, skipBadRows: true, listener: { onNote: (text) => notes.push(text) } });
    assert.equal(found.rows, 60);
    assert.match(notes.join("\n"), /1 of 61 rows left out/);
  });
});

test("a row is not vouched for by others that differ from it in punctuation: labels that are drawn for each text are not predicted", async () => {
  const drawn = all
    .filter((_, at) => at % 6 === 0)
    .map(({ text }, at) => ({ text, label: labels[Number(uniform({ seed: 2, step: 0, site: "labels" }, at) < 0.5)] }));
  const copies = drawn.flatMap(({ text, label }) => [text, `${text}!`, `${text} .`].map((form) => `${form}\t${label}`));
  const { accuracy } = await audit({ data: write("copies.tsv", ["text\tlabel", ...copies]), model });
  assert.ok(accuracy.right / accuracy.rows < 0.65, `${accuracy.right} of ${accuracy.rows}`);
});
