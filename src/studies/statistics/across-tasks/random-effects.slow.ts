import assert from "node:assert/strict";
import { test } from "node:test";
import { normals } from "../made-up-studies.fixture.ts";
import { randomEffects } from "./random-effects.ts";

test("the intervals of the mean and of one more task cover them in at least 93 % of made-up sets of tasks, save chance", () => {
  const sets = 300;
  // three standard errors of 93 % below it
  const least = (0.93 - 3 * Math.sqrt((0.93 * 0.07) / sets)) * sets;
  for (const [tasks, betweenTasks] of [
    [3, 0],
    [3, 2],
    [5, 0.6],
    [10, 0.3],
    [10, 0.6],
  ]) {
    const normal = normals(tasks);
    let [mean, next] = [0, 0];
    for (let i = 0; i < sets; i++) {
      const effects = Array.from({ length: tasks }, (_, t) => {
        const standardError = 0.3 + 0.1 * (t % 4);
        return { mean: 0.2 + betweenTasks * normal() + standardError * normal(), standardError };
      });
      const { low, high, nextLow, nextHigh } = randomEffects(effects);
      if (low <= 0.2 && 0.2 <= high) mean++;
      const one = 0.2 + betweenTasks * normal();
      if (nextLow <= one && one <= nextHigh) next++;
    }
    const found = `${tasks} tasks, deviation ${betweenTasks}: ${mean} and ${next} of ${sets}`;
    assert.ok(mean >= least && next >= least, found);
  }
});
