import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { windowRadius } from "../../attention/index.ts";
import { ceilingUnder, demoSparsities, layout, reachOfCls, visibleOpinions } from "./ceilings.ts";
import { distractors, everyWord } from "./corpora.ts";

/** Kept pairs of a window, as a mask. */
const windowMask = (radius: number, n: number): boolean[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Math.abs(i - j) <= radius));

describe("windowRadius", () => {
  test("comes closest to the nominal sparsity, pairs counted one by one", () => {
    for (let n = 24; n <= 36; n++) {
      for (const sparsity of demoSparsities) {
        const misses = Array.from({ length: n }, (_, r) =>
          Math.abs(1 - windowMask(r, n).flat().filter(Boolean).length / n ** 2 - sparsity),
        );
        assert.equal(misses[windowRadius(sparsity, n)], Math.min(...misses), `n = ${n}, s = ${sparsity}`);
      }
    }
  });
});

describe("reachOfCls", () => {
  test("is the last token that two masked layers connect to position 0", () => {
    for (let n = 24; n <= 36; n++) {
      for (const sparsity of demoSparsities) {
        const mask = windowMask(windowRadius(sparsity, n), n);
        const connected = mask[0].map((_, j) => mask[0].some((first, i) => first && mask[i][j]));
        assert.equal(reachOfCls(sparsity, n), connected.lastIndexOf(true));
      }
    }
  });
});

describe("the templates", () => {
  test("of the distractors show every window the verdict and nothing else", () => {
    for (const template of distractors.templates) {
      assert.equal(layout(template).opinions.length, 3, template);
      assert.deepEqual(visibleOpinions(0, template), [0, 1, 2], template);
      for (const sparsity of [0.4, 0.6, 0.8])
        assert.deepEqual(visibleOpinions(sparsity, template), [0], `${sparsity}: ${template}`);
    }
  });

  test("of every-word hide at least two of seven opinions from the widest window, and more from a narrower one", () => {
    for (const template of everyWord.templates) {
      const seen = demoSparsities.map((sparsity) => visibleOpinions(sparsity, template).length);
      assert.equal(seen[0], 7, template);
      assert.ok(seen[1] <= 5 && seen[2] < seen[1] && seen[3] < seen[2], `${seen}: ${template}`);
    }
  });
});

describe("ceilingUnder", () => {
  test("is what docs/demo-corpora.md says", () => {
    const far = distractors;
    const ceilings = demoSparsities.map((s) => ceilingUnder(s, far.templates, far.reportedLaw, far.reportedLaw));
    assert.deepEqual(ceilings, [0.9, 0.9, 0.9, 0.9]);
    const learned = demoSparsities.map((s) => ceilingUnder(s, far.templates, far.trainLaw, far.reportedLaw));
    assert.deepEqual(learned, [0.7, 0.9, 0.9, 0.9]);
    const every = demoSparsities.map((s) => ceilingUnder(s, everyWord.templates, everyWord.reportedLaw, everyWord.reportedLaw));
    assert.deepEqual(every, [0.95, 0.809375, 0.725, 0.62890625]);
  });
});
