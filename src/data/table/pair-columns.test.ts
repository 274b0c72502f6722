import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readDataset } from "./dataset.ts";

const read = (text: string, options = {}, name = "pairs.csv") =>
  readDataset(new TextEncoder().encode(text), name, { task: "embedding", ...options });
const columnsOf = async (header: string): Promise<object | undefined> => {
  const cells = header.split(",").map((_, at) => `a text ${at}`);
  return (await read(`${header}\n${cells}\n`)).columns;
};

describe("rows of texts that belong together", () => {
  test("are known by the usual names, whatever stands beside them", async () => {
    const none = { label: undefined };
    assert.deepEqual(await columnsOf("text,sentence2"), { text: "text", pair: "sentence2", ...none });
    assert.deepEqual(await columnsOf("anchor,positive"), { text: "anchor", pair: "positive", ...none });
    assert.deepEqual(await columnsOf("id,sentence2,sentence1,label"), { text: "sentence1", pair: "sentence2", ...none });
    assert.deepEqual(await columnsOf("negative,query,positive"), {
      ...{ text: "query", pair: "positive", negative: "negative" },
      ...none,
    });
    assert.deepEqual(await columnsOf("question,answer"), { text: "question", pair: "answer", ...none });
  });
  test("may have any names that are given", async () => {
    const { examples } = await read("a,b\nhello,hi\n", { textColumn: "b", pairColumn: "a" });
    assert.deepEqual(examples, [{ index: 0, text: "hi", pair: "hello", label: 0 }]);
  });
  test("have a third text where there is a column of them", async () => {
    const line = JSON.stringify({ anchor: "hello", positive: "hi", negative: "bye" });
    const { examples, labels } = await read(`${line}\n`, {}, "pairs.jsonl");
    assert.deepEqual(examples, [{ index: 0, text: "hello", pair: "hi", negative: "bye", label: 0 }]);
    assert.deepEqual(labels, []);
  });
});

describe("one error names what is missing", () => {
  test("a second column", async () => {
    await assert.rejects(read("text\nhello\n"), {
      code: "data/columns",
      message: /^pairs\.csv: expected two columns of texts that belong together, .* got columns: text\. Name both of them/,
    });
    await assert.rejects(read("text,sentence2\nhello,hi\n", { textColumn: "text" }), { code: "data/columns" });
  });
  test("a text of a row, and all such rows", async () => {
    await assert.rejects(read("anchor,positive\nhello,\n"), {
      code: "data/broken-row",
      message: /^pairs\.csv:2: expected text in column "positive", got nothing/,
    });
    await assert.rejects(read("anchor,positive,negative\na,b,c\nd,e,\nf,g,h\ni,j,\n"), ({ code, message }) => {
      assert.equal(code, "data/broken-row");
      assert.match(message, /2 /);
      assert.match(message, /column "negative"/);
      return true;
    });
  });
});
