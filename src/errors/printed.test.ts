import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CrispError, expectedGot, printedJson } from "./index.ts";

const deep: unknown = JSON.parse("[".repeat(20_000) + "]".repeat(20_000));

describe("a message is one line of bounded length", () => {
  test("line breaks and control characters of a file are written as escapes", () => {
    const { message } = expectedGot("data/format", "a\nb.csv", "a table", "\u001b[31mred\r\n\u2028\u0085");
    assert.equal(message, "a\\nb.csv: expected a table, got \\u001b[31mred\\r\\n\\u2028\\u0085.");
    assert.equal(new CrispError("data/format", "one\ntwo").message, "one\\ntwo");
  });
  test("long values, rules and places lose their middle", () => {
    const { message } = expectedGot(
      "data/format",
      "p".repeat(9999),
      `r${"x".repeat(9999)}`,
      `start${"v".repeat(9999)}end`,
      "Do it.",
    );
    assert.ok(message.length < 1800, String(message.length));
    assert.match(message, /: expected rx+ … x+, got startv+ … v+end\. Do it\.$/);
    assert.equal(new CrispError("data/format", "\u0000".repeat(5000)).message.length, 1800);
  });
  test("the details keep the value itself", () => {
    const got = "v".repeat(9999);
    assert.equal(expectedGot("data/format", "p", "r", got).details.got, got);
  });
});

describe("values of a file that cannot be printed make no other error", () => {
  const values: [unknown, string][] = [
    [deep, "a value that cannot be printed"],
    [{ toString: 1, valueOf: 2 }, "a value that cannot be printed"],
    [Object.create(null), "a value that cannot be printed"],
    [[2, 12, 128], "[2, 12, 128]"],
    [null, "null"],
    [Symbol("x"), "Symbol(x)"],
  ];
  for (const [value, text] of values) {
    test(text, () => assert.equal(expectedGot("data/format", "p", "r", value).message, `p: expected r, got ${text}.`));
  }
  test("as JSON", () => {
    assert.equal(printedJson(deep), "a value that cannot be printed");
    assert.equal(printedJson({ a: [1] }), '{"a":[1]}');
    assert.equal(printedJson(undefined), undefined);
  });
});
