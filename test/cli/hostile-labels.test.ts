import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp, type Finished } from "./command.fixture.ts";

/** Clears the screen and forges a row of a table; a formula; markup of a page. */
const LABELS = ["neg\u001b[2J\u009b31m\nforged 1.000 1.000", '=HYPERLINK("http://x","y")', "<img src=x onerror=alert(1)>`|"];
const TEXTS = ["=1+1 is a fine film", "a dull\u001b[31m day", "@no <b>film</b> at all"];

const folder = mkdtempSync(join(tmpdir(), "crisp-hostile-"));
const model = join(folder, "model");
let trained: Finished;
let evaluated: Finished;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const read = (name: string): string => readFileSync(join(model, name), "utf8");

before(async () => {
  const row = (at: number): string =>
    JSON.stringify({ text: `${TEXTS[(at + (at % 5 === 0 ? 1 : 0)) % 3]} ${at}`, label: LABELS[at % 3] });
  const data = join(folder, "data.jsonl");
  writeFileSync(data, Array.from({ length: 60 }, (_, at) => row(at)).join("\n"));
  const start = writeTinyModel(join(folder, "start"));
  const env = { FORCE_COLOR: "1", NO_COLOR: "" };
  const settings = ["--max_steps", "2", "--no_onnx", "--seed", "3", "--preset", "huggingface", "--validation_file", data];
  trained = await crisp(["train", data, "--model", start, "--output_dir", model, ...settings], { env });
  evaluated = await crisp(["eval", model, data], { env });
});
after(() => rmSync(folder, { recursive: true }));

describe("labels with escape sequences, line breaks, formulas and markup are harmless", () => {
  test("on the terminal: no codes but the styles', and no forged row", () => {
    for (const { code, stdout, stderr } of [trained, evaluated]) {
      assert.equal(code, 0, stderr);
      const said = `${stdout}${stderr}`;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: styles of the command itself
      assert.doesNotMatch(said.replace(/\u001b\[(1|2|22|31|32|33|36|39)m/g, ""), CONTROLS);
      assert.match(said, /neg\\u001b\[2J\\u009b31m\\nforged/);
      assert.doesNotMatch(said, /^\s*forged/m);
    }
  });
  test("in the model card", () => {
    const card = read("README.md");
    assert.doesNotMatch(card, CONTROLS);
    assert.match(card, /- Classes \(3\): .*`neg\\u001b\[2J\\u009b31m\\nforged 1\.000 1\.000`/);
    assert.doesNotMatch(card, /^forged/m);
  });
  test("in the report", () => {
    const page = read("report.html");
    assert.doesNotMatch(page, /<img src=x/);
    assert.doesNotMatch(page, /<b>film/);
    assert.match(page, /&lt;img src=x/);
    assert.doesNotMatch(page, CONTROLS);
  });
  test("in errors.csv", () => {
    const errors = read("errors.csv");
    assert.doesNotMatch(errors, CONTROLS);
    assert.ok(errors.split("\n").length > 10);
    const cells = errors.split(/[,\n]/);
    for (const cell of cells) assert.doesNotMatch(cell, /^"?[=+@]/);
    assert.match(errors, /'=HYPERLINK/);
  });
});
