import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { predictionFormat, predictionLines } from "./prediction-rows.ts";

const said = { label: "good", score: 0.5 };
const names = ["label", "score"];

describe("JSON lines", () => {
  test("the input's fields in the row's own order, then the answer's", () => {
    const { header, line } = predictionLines("jsonl", ["id", "text"], names);
    assert.equal(header, undefined);
    const fields = [
      ["text", "a"],
      ["id", 1],
      ["late", null],
    ] as const;
    assert.equal(line(fields, said, "a:1"), '{"text":"a","id":1,"late":null,"label":"good","score":0.5}');
  });
  test("what the input says stays; the answer takes another name", () => {
    const input = ["label", "predicted_label", "text"];
    const fields = input.map((name) => [name, "x"] as const);
    const { line } = predictionLines("jsonl", input, names);
    assert.deepEqual(JSON.parse(line(fields, said, "a:1")), {
      label: "x",
      predicted_label: "x",
      text: "x",
      predicted_label_2: "good",
      score: 0.5,
    });
  });
  test("a name of the answer that only a later row has is refused", () => {
    const { line } = predictionLines("jsonl", ["text"], names);
    assert.throws(() => line([["label", "x"]], said, "a.jsonl:9"), {
      code: "data/columns",
      message: /^a\.jsonl:9: expected no field that the first rows lack, got "label"\. Give the first row this field too/,
    });
  });
});

describe("CSV", () => {
  const { header, line } = predictionLines("csv", ["a", "b"], names);
  test("a header, cells in its order, nothing as an empty cell, lists as JSON", () => {
    assert.equal(header, "a,b,label,score");
    const fields = [
      ["b", [1, "x"]],
      ["a", 'say "a", b'],
    ] as const;
    assert.equal(line(fields, { label: null, score: 0.25 }, "a:1"), '"say ""a"", b","[1,""x""]",,0.25');
    assert.equal(line([["b", 2]], said, "a:1"), ",2,good,0.5");
  });
  test("a field without a column is refused", () =>
    assert.throws(() => line([["c", 1]], said, "a:3"), { message: /a:3: expected no field that .* got "c"\. Write JSON lines/ }));
});

test("the format is the one asked for, else the file's", () => {
  assert.equal(predictionFormat(undefined, undefined), "jsonl");
  assert.equal(predictionFormat(undefined, "a/b.CSV"), "csv");
  assert.equal(predictionFormat("jsonl", "a.csv"), "jsonl");
  assert.throws(() => predictionFormat(undefined, "labels.xlsx"), { code: "cli/bad-option" });
});
