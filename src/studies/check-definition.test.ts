import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkStudy } from "./check-definition.ts";
import type { StudyDefinition } from "./definition.ts";
import { demoStudies } from "./presets/demo.ts";

const [demo] = demoStudies({ command: "crisp study" });
const [dense, light] = demo.arms;

describe("a study that could only fail at its end is refused before its start", () => {
  const refused: readonly (readonly [Partial<StudyDefinition>, RegExp])[] = [
    [{ seeds: [1, 2, 1] }, /seeds: expected each seed once, got 1 twice\./],
    [{ seeds: [] }, /seeds: expected at least one seed, got none\./],
    [{ seeds: [-1] }, /seeds: expected whole numbers of at least 0, got -1\./],
    [{ claims: ["aggresive_sparse"] }, /claims: expected names of arms \(dense, .*\), got aggresive_sparse\./],
    [{ claims: ["light_sparse", "light_sparse"] }, /claims: expected each name once/],
    [{ looks: [5, 5] }, /looks: expected numbers of seeds, ascending, got 5, 5\./],
    [{ looks: [0, 5] }, /looks: expected numbers of seeds, ascending/],
    [{ arms: [light] }, /expected one named dense, which the others are compared to, got light_sparse\./],
    [{ arms: [{ ...light, name: "dense" }] }, /arm dense: expected the pattern dense, got slidingWindow/],
    [{ arms: [dense, light, light] }, /expected names that differ, got light_sparse twice\./],
    [{ arms: undefined as never }, /arms: expected a list of arms, got none\./],
    [{ seeds: 3 as never }, /seeds: expected a list of seeds, got 3\./],
    [{ model: undefined as never }, /model: expected an object, got none\./],
    [{ data: { train: demo.data.train } as never }, /data\.reported: expected a data set, got none\./],
    [{ arms: [dense, { ...light, name: "../light" }] }, /expected names of letters, digits, - _ and \., got \.\.\/light\./],
  ];
  for (const [change, message] of refused) {
    test(String(message), () => assert.throws(() => checkStudy({ ...demo, ...change }), { code: "study/bad-spec", message }));
  }
});

test("the demonstration's studies pass, and so do claims and looks that fit", () => {
  for (const study of demoStudies({ command: "" })) checkStudy(study);
  checkStudy({ ...demo, claims: ["aggressive_sparse"], looks: [5, 10, 20] });
});

test("data in memory are checked", () => {
  const [first, ...others] = demo.data.reported.examples;
  const reported = { ...demo.data.reported, examples: [...others, { ...first, label: 9 }] };
  assert.throws(() => checkStudy({ ...demo, data: { ...demo.data, reported } }), {
    code: "data/bad-dataset",
    message: /label: expected a class/,
  });
});
