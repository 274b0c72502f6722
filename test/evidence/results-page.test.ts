import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pagePath, readCells, resultFiles } from "../../evidence/judge.ts";
import { forestPlot } from "../../evidence/page/forest-plot.ts";
import { madeUpCell, primaryArms } from "./made-up-cell.fixture.ts";

const page = readFileSync(pagePath, "utf8");
const committed = (name: string): string => readFileSync(join(pagePath, "..", name), "utf8");

test("docs/results holds what evidence/judge.ts makes of evidence/results", () => {
  for (const [name, text] of resultFiles(readCells(), page)) assert.equal(text, committed(name), name);
});

test("a page without results says that nothing was run, and claims nothing", () => {
  const empty = resultFiles([], page).get("README.md")!;
  assert.match(empty, /\| 1 \| 80 % sparse is more accurate than dense \| primary\/sst2, [^|]* \| not run \|/);
  assert.doesNotMatch(empty.split("<!-- end of results -->")[0], /\*\*(supported|contradicted|no difference|undecided)\*\*/);
  assert.ok(empty.endsWith(page.split("<!-- end of results -->")[1]), "what is written by hand stays");
});

test("results show on the page, in the drawing and in verdicts.json", () => {
  const cell = madeUpCell("primary/mrpc", primaryArms({ topk80: { accuracy: 0.95 } }));
  const files = resultFiles([cell], page);
  const text = files.get("README.md")!;
  assert.match(text, /\| 1 \| 80 % sparse is more accurate than dense \| primary\/mrpc \| \*\*supported\*\* \|/);
  assert.match(text, /\| primary\/mrpc \| F1 \| topk80 \| \d\d\.\d\d \|/);
  assert.match(text, /\| primary\/mrpc \| topk80 \| 20\.0 \|/);
  assert.match(files.get("primary.svg")!, /topk80 − dense.*supported/s);
  const { claims } = JSON.parse(files.get("verdicts.json")!);
  assert.equal(claims[0].verdicts[0].word, "supported");
});

test("the forest plot puts 0 between what is above and below it", () => {
  const row = { what: "a", mean: 2, low: 1, high: 3 };
  const svg = forestPlot([
    { title: "task", rows: [row, { ...row, what: "b", mean: -2, low: -3, high: -1, word: "contradicted" }] },
  ]);
  const centres = [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  const zero = Number(/<line x1="([\d.]+)"[^>]*stroke="#555"/.exec(svg)![1]);
  assert.ok(centres[1] < zero && zero < centres[0], `${centres} ${zero}`);
  assert.ok(Math.abs(centres[0] - zero - (zero - centres[1])) < 0.2);
});
