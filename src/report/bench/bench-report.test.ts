import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBench } from "./fake-bench.fixture.ts";
import { renderBenchReport } from "./page.ts";
import { benchChart } from "./terminal-chart.ts";
import { paysSentence, wrongChoices } from "./words.ts";

const lines = benchChart(fakeBench);

test("chart: within 80 columns, one letter a figure, above the line what is faster than dense", () => {
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  const drawing = lines.slice(0, lines.indexOf(""));
  const even = drawing.findIndex((line) => line.includes("┼"));
  const rowsOf = (letter: string) =>
    drawing.flatMap((line, row) => (line.slice(8).match(new RegExp(letter, "g")) ?? []).map(() => row));
  assert.deepEqual(
    [...rowsOf("a")].map((row) => Math.sign(even - row)),
    [1, 1, -1], // from top to bottom
  );
  assert.ok(rowsOf("b").length === 3 && rowsOf("b").every((row) => row < even));
  assert.ok(rowsOf("c").length === 3 && rowsOf("c").every((row) => row > even));
});

test("chart: eight patterns at six lengths still fit, and none hides another", () => {
  const [series] = fakeBench.series;
  const lengths = [128, 256, 512, 1024, 2048, 4096];
  const points = lengths.map((length) => ({ ...series.points[0], length, speedup: 1 }));
  const many = Array.from({ length: 8 }, () => ({ ...series, points }));
  const drawn = benchChart({ lengths, series: many });
  assert.deepEqual(
    drawn.filter((line) => line.length > 80),
    [],
  );
  const row = drawn.find((line) => line.includes("┼"))!;
  assert.equal(row.match(/[a-h]/g)!.length, 48);
});

test("table: the figures and where each pattern pays", () => {
  assert.deepEqual(lines.slice(lines.indexOf("") + 1), [
    "                                   128   512  2048  pays from",
    "a  block(sparsity=0.8, size=128)  0.50  2.00  3.46  256",
    "b  block(sparsity=0.8, size=64)   1.10  1.50  2.00  ≤128",
    "c  topK(sparsity=0.8)             0.80  0.60  0.70  >2048",
  ]);
});

test("a pattern that does not pay is said not to", () => {
  assert.deepEqual(fakeBench.series.map(paysSentence), [
    "block(sparsity=0.8, size=128) pays from about 256 tokens on: 3.46× at 2,048 at best.",
    "block(sparsity=0.8, size=64) pays at every length measured, 128 to 2,048 tokens: 2.00× at 2,048 at best.",
    "topK(sparsity=0.8) does not pay: at 128 to 2,048 tokens it is 0.80× at 128 at best, and dense is faster at 2,048.",
  ]);
  const [first] = fakeBench.series;
  const once = { ...first, points: first.points.slice(0, 1), breakEven: null };
  assert.equal(paysSentence(once), "block(sparsity=0.8, size=128) does not pay at 128 tokens, the only length measured: 0.50×.");
});

test("the choices of auto that the figures contradict are named", () => {
  assert.deepEqual(wrongChoices(fakeBench), [
    "block(sparsity=0.8, size=128) at 512 tokens: auto takes masked, and gathered is 2.00× as fast as dense here",
    "block(sparsity=0.8, size=64) at 512 tokens: auto takes masked, and gathered is 1.50× as fast as dense here",
  ]);
});

test("page: self-contained, escaped, with every sentence and every figure", () => {
  const page = renderBenchReport(fakeBench);
  assert.ok(page.includes("Made-up &lt;CPU&gt;") && !page.includes("<CPU>"));
  assert.ok(!/<script|https?:\/\/|<link/.test(page));
  for (const series of fakeBench.series) assert.ok(page.includes(paysSentence(series)));
  assert.equal(page.match(/<circle/g)!.length, 9);
  assert.ok(page.includes("<h1>Sparse attention starts to pay at about 128 tokens here</h1>"));
  const never = fakeBench.series.filter(({ breakEven }) => breakEven === null);
  assert.ok(
    renderBenchReport({ ...fakeBench, series: never }).includes(
      "<h1>Sparse attention does not pay here at any length measured</h1>",
    ),
  );
});
