import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { distractors, everyWord } from "./corpora.ts";
import { agreementLaw, idealAccuracy, type Law, majorityLaw } from "./law.ts";

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} for ${expected}`);
const mass = (law: Law, keep: (o: Law[number]) => boolean): number => law.filter(keep).reduce((sum, o) => sum + o.probability, 0);

describe("laws", () => {
  test("add up to 1 and give either label half", () => {
    for (const { trainLaw, reportedLaw, freshLaw } of [distractors, everyWord]) {
      for (const law of [trainLaw, reportedLaw, freshLaw]) {
        close(
          mass(law, () => true),
          1,
        );
        close(
          mass(law, (o) => o.label === 1),
          0.5,
        );
      }
    }
  });

  test("agreementLaw gives each opinion its own rate", () => {
    const law = agreementLaw([0.9, 0.85, 0.5]);
    for (const [i, rate] of [0.9, 0.85, 0.5].entries())
      close(
        mass(law, (o) => o.opinions[i] === o.label),
        rate,
      );
  });
});

describe("idealAccuracy", () => {
  test("is the best of all 256 classifiers that see three opinions", () => {
    for (const law of [agreementLaw([0.9, 0.85, 0.85]), agreementLaw([0.6, 0.8, 0.3]), majorityLaw(3, 0.2)]) {
      let best = 0;
      for (let classifier = 0; classifier < 256; classifier++) {
        const right = (o: Law[number]): boolean =>
          ((classifier >> (o.opinions[0] + 2 * o.opinions[1] + 4 * o.opinions[2])) & 1) === o.label;
        best = Math.max(best, mass(law, right));
      }
      close(idealAccuracy(law, law, [0, 1, 2]), best);
    }
  });

  test("of what training teaches is 0.7 on the reported distractors, by hand", () => {
    // Two far remarks that agree with each other outweigh the verdict; they contradict it in one sentence of four.
    close(idealAccuracy(distractors.trainLaw, distractors.reportedLaw, [0, 1, 2]), 0.75 * 0.9 + 0.25 * 0.1);
    close(idealAccuracy(distractors.trainLaw, distractors.reportedLaw, [0]), 0.9);
    close(idealAccuracy(distractors.reportedLaw, distractors.reportedLaw, [0, 1, 2]), 0.9);
  });

  test("of k among seven opinions is the binomial formula", () => {
    const choose = (n: number, k: number): number => (k < 0 || k > n ? 0 : k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    const law = majorityLaw(7, 0.05);
    for (let seen = 0; seen <= 7; seen++) {
      let majorityRight = 0;
      for (let positive = 0; positive <= seen; positive++) {
        let p = 0;
        for (let rest = 0; rest <= 7 - seen; rest++) if (positive + rest >= 4) p += choose(7 - seen, rest) / 2 ** (7 - seen);
        majorityRight += (choose(seen, positive) / 2 ** seen) * Math.max(p, 1 - p);
      }
      const visible = Array.from({ length: seen }, (_, i) => 6 - i);
      close(idealAccuracy(law, law, visible), 0.95 * majorityRight + 0.05 * (1 - majorityRight));
    }
  });
});
