import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NoVerdict, StudyResults, VerdictWord } from "../../studies/index.ts";
import { fakeStudy } from "./fake-study.fixture.ts";
import { headline } from "./verdicts.ts";

const study = fakeStudy({ examples: 60 });

/** The study with other verdict words, an arm each. */
const withWords = (words: readonly VerdictWord[], more: Partial<StudyResults> = {}, because?: NoVerdict): StudyResults => ({
  ...study,
  ...more,
  arms: [
    study.arms[0],
    ...words.map((word, at) => {
      const arm = study.arms[1 + (at % 3)];
      const verdict = { ...arm.verdict, word, ...(word === "no verdict" && { because }) };
      return { ...arm, name: at < 3 ? arm.name : `arm_${at + 1}`, verdict };
    }),
  ],
});
const none = (arms: number): VerdictWord[] => Array.from({ length: arms }, () => "no verdict");

describe("headlines say in plain words what the verdict words mean", () => {
  const said: [string, readonly VerdictWord[], Partial<StudyResults>?][] = [
    ["On SST-2, all three arms are more accurate than dense.", ["supported", "supported", "supported"]],
    [
      "On SST-2, aggressive_sparse is more accurate than dense; light_sparse and moderate_sparse cannot be told from dense.",
      ["undecided", "undecided", "supported"],
    ],
    [
      "On this synthetic corpus, light_sparse is as accurate as dense, within half a point.",
      ["no difference"],
      { synthetic: true },
    ],
    ["On SST-2, none of the three arms can be told from dense.", ["undecided", "undecided", "undecided"]],
    ["On SST-2, there was nothing to compare with dense.", []],
    [
      "On SST-2, light_sparse is more accurate than dense; four of five arms cannot be told from dense.",
      ["supported", "undecided", "undecided", "undecided", "undecided"],
    ],
  ];
  for (const [sentence, words, more] of said) test(sentence, () => assert.equal(headline(withWords(words, more)), sentence));
});

describe("without a verdict, headlines say why and what comes next", () => {
  const [two, seven] = [
    [1, 2],
    [1, 2, 3, 4, 5, 6, 7],
  ];
  test("too few seeds of those planned", () =>
    assert.equal(
      headline(withWords(none(3), { seeds: two, looks: [5, 20] }, "few seeds")),
      "Too early to say: 2 of 5 seeds; next: three more.",
    ));
  test("too few seeds, and no more were planned", () =>
    assert.equal(
      headline(withWords(none(3), { seeds: two, looks: [2] }, "few seeds")),
      "Too early to say: 2 of 5 seeds; next: a study of five seeds from the start.",
    ));
  test("results of before do not say why", () =>
    assert.match(headline(withWords(none(1), { seeds: two })), /^Too early to say: 2 of 5 seeds; next: /));
  test("a number of seeds at which no look was planned", () => {
    const at = (looks: number[]) => headline(withWords(none(3), { seeds: seven, looks }, "not planned"));
    assert.equal(at([5, 20]), "Too early to say: 7 of 20 seeds; next: 13 more.");
    assert.equal(at([5]), "On SST-2, there is no verdict: it was not planned for 7 seeds.");
  });
  test("a baseline that learned nothing", () =>
    assert.equal(
      headline(withWords(none(3), {}, "baseline learned nothing")),
      "On SST-2, dense learned nothing; next: train longer.",
    ));
  test("arms that were not named beforehand are left out beside others, and said to be without a claim alone", () => {
    const one = withWords(["supported", "no verdict"], {}, "not claimed");
    assert.equal(headline(one), "On SST-2, light_sparse is more accurate than dense.");
    assert.match(headline(withWords(none(3), {}, "not claimed")), /nothing was claimed beforehand/);
  });
  test("a study says why by itself", () => {
    const early = fakeStudy({ seeds: 2, looks: [5], examples: 40 });
    assert.equal(early.arms[1].verdict.because, "few seeds");
    assert.equal(headline(early), "Too early to say: 2 of 5 seeds; next: three more.");
  });
});
