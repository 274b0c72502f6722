import assert from "node:assert/strict";
import { test } from "node:test";
import { createReferenceRuntime } from "../runtime/index.ts";
import { estimate } from "./estimate.ts";
import { trainLoop } from "./loop.ts";
import { defaultOptions } from "./options.ts";
import { fingerprint } from "./run-tiny.fixture.ts";
import { tinyBatches, tinyHostStep } from "./tiny-task.fixture.ts";

const batches = tinyBatches({ examples: 20, batchSize: 4 });

test("an estimate changes nothing: the run after it has the same bits", async () => {
  const trained = async (estimated: boolean): Promise<string> => {
    const step = await tinyHostStep(createReferenceRuntime(), { dropout: 0.2 });
    const before = fingerprint(step.state);
    if (estimated)
      await estimate({ step, batches, tokens: () => ({ batch: 12, epoch: 60 }), updates: { perEpoch: 5, left: 15 } });
    assert.equal(fingerprint(step.state), before);
    for await (const _ of trainLoop({ step, batches, options: defaultOptions, seed: 1 }));
    return fingerprint(step.state);
  };
  assert.equal(await trained(true), await trained(false));
});
