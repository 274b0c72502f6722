import assert from "node:assert/strict";
import { test } from "node:test";
import { renderReport } from "../index.ts";
import { fakeStudy } from "./fake-study.fixture.ts";

const study = fakeStudy({ examples: 40 });
const rows = (page: string, path: string): string[] =>
  [...page.matchAll(new RegExp(`class="${path}" d="([^"]*)"`, "g"))].map(([, d]) => d);
/** Cells that a path covers. */
const cells = (d: string): number => [...d.matchAll(/h(\d+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);

test("a removed pair is hatched, a kept one of small probability is a cell", () => {
  const probabilities = {
    dense: [
      [0.9999, 0.0001],
      [0.5, 0.5],
    ],
    light_sparse: [
      [1, 0],
      [0, 1],
    ],
  };
  const map = { sentence: "a b", tokens: ["a", "b"], layer: 0, head: 0, probabilities };
  const page = renderReport({ ...study, attentionMaps: [map] });
  assert.equal(page.match(/<rect class="removed"/g)!.length, 1, "nothing of dense is hatched");
  const kept = [...page.matchAll(/<g class="heat"[^>]*>(.*?)<\/g>/g)].map(([, paths]) => cells(paths));
  assert.deepEqual(kept, [4, 2]);
  assert.deepEqual(rows(page, "s1").map(cells), [1], "the pair of 0.0001");
});

test("heads and arms are chosen by radio buttons, one of each at first: the last layer, and the arm that removes most", () => {
  const page = renderReport(fakeStudy({ examples: 40, heads: 8 }));
  const inputs = [...page.matchAll(/<input type="radio" name="([^"]+)" value="([^"]+)"( checked)?>/g)];
  const checked = inputs.filter(([, , , is]) => is).map(([, , value]) => value);
  assert.equal(inputs.filter(([, name]) => name.endsWith("-head")).length, 8);
  assert.deepEqual(checked, ["head-4", "arm-2"]);
  assert.equal(page.match(/<div class="head head-/g)!.length, 8);
  for (const value of checked) assert.ok(page.includes(`.look:has([value=${value}]:checked) .${value}`), value);
});

test("one sentence is shown, that of which most heads are known; where nothing is to be chosen there are no buttons to see", () => {
  const page = renderReport(fakeStudy({ examples: 40, names: ["dense", "sparse"], sparsities: [0, 0.5] }));
  assert.equal(page.match(/class="sentence"/g)!.length, 1);
  assert.equal(page.match(/<fieldset class="pick" hidden>/g)!.length, 2);
});

test("the strongest pairs of words stand in numbers, without special tokens", () => {
  const page = renderReport(study);
  const links = [...page.matchAll(/<p class="links">(.*?)<\/p>/g)].map(([, text]) => text);
  assert.equal(links.length, study.arms.length);
  for (const text of links) {
    assert.match(text, /^Strongest: <b>\S+<\/b> at <b>\S+<\/b> \d+ %/);
    assert.doesNotMatch(text, /\[CLS\]|\[SEP\]/);
  }
});
