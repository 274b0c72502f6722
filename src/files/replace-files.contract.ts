import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { OWN_FILES } from "./manifest-node.ts";
import { MODELS } from "./replace-child.fixture.ts";
import { all, modelIn, replacedUpTo, saved, write } from "./replaced-model.fixture.ts";
import { checkWhole } from "./whole-folder-node.ts";

/**
 * Kill a process that replaces a model by another, at the first step, and at each so many steps behind it.
 *
 * @param options.least - How often each of the two models must be found.
 */
export function killedReplacementContract({ every, least }: { readonly every: number; readonly least: number }): void {
  test("a model that is replaced by another is one of the two, whichever step the process is killed at, and can be replaced again", {
    timeout: 300_000,
  }, async (context) => {
    const found = { A: 0, B: 0 };
    const outcome = async (step: number): Promise<boolean> => {
      const folder = saved("A");
      const killed = await replacedUpTo(folder, step);
      checkWhole(folder, { ...all, verify: true });
      const is = modelIn(folder);
      const which = is["config.json"] === "A" ? "A" : "B";
      assert.deepEqual(is, MODELS[which], `killed at step ${step}`);
      found[which]++;
      write(folder, which === "A" ? "B" : "A");
      assert.deepEqual(
        readdirSync(folder).sort(),
        [OWN_FILES, ...new Set(Object.keys(MODELS[which === "A" ? "B" : "A"]).map((name) => name.split("/")[0]))].sort(),
      );
      return killed;
    };
    let step = 1;
    while ((await Promise.all([outcome(step), outcome(step + every)])).every(Boolean)) step += 2 * every;
    context.diagnostic(`a kill every ${every} steps: ${found.A} found the old model, ${found.B} the new one`);
    assert.ok(found.A >= least && found.B >= least);
  });
}
