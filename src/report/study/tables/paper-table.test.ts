import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeStudy } from "../fake-study.fixture.ts";
import { latexTable, markdownTable } from "./paper-table.ts";

const results = fakeStudy({ study: "50%_a|b", examples: 60 });
const [dense, light] = results.arms;

test("a row an arm, with the figures of the results, in Markdown", () => {
  const lines = markdownTable(results).split("\n");
  assert.equal(lines.length, 2 + results.arms.length + 3);
  assert.match(
    lines[2],
    new RegExp(`^\\| dense \\| 0\\.0 % \\| ${(100 * dense.accuracy.mean).toFixed(2)} % ± .* \\|  \\|  \\| .* \\| baseline \\|$`),
  );
  assert.match(lines[3], /^\| light_sparse \| 37\.2 % \| .* to .* \|$/);
  assert.ok(lines[3].includes(light.verdict.word));
  assert.match(lines.at(-2)!, /^50%_a\\\|b: SST-2, 5 paired seeds/);
});

test("what a file is called forges neither a row nor markup", () => {
  const odd = fakeStudy({ study: "a\n| dense | 99 % |\u001b[2J<b>", examples: 60 });
  for (const text of [markdownTable(odd), latexTable(odd)]) {
    assert.equal(
      text.split("\n").length,
      (text.startsWith("|") ? markdownTable(results) : latexTable(results)).split("\n").length,
    );
    assert.ok(!text.includes("\u001b"));
  }
  assert.match(markdownTable(odd), /^a\\\\n\\\| dense \\\| 99 % \\\|\\\\u001b\[2J\\<b>: SST-2/m);
});

test("the same in LaTeX, with its special characters escaped", () => {
  const text = latexTable(results);
  assert.match(text, /\\caption\{50\\%\\_a\|b: SST-2/);
  assert.match(text, /light\\_sparse & 37\.2 \\% & \d\d\.\d\d \\% \$\\pm\$ /);
  assert.equal(text.split("\n").filter((line) => line.endsWith("\\\\")).length, 1 + results.arms.length);
  assert.doesNotMatch(text, /[±−]/);
});
