import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOptions } from "../../training/index.ts";
import { fitBatch } from "./fit-batch.ts";

const GB = 1e9;
const bytesOf = (examples: number): number => GB + examples * 0.1 * GB;
const asked = resolveOptions({ autoFindBatchSize: true, perDeviceTrainBatchSize: 24, gradientAccumulationSteps: 2 });

test("a batch that fits stays as it is", () => {
  assert.deepEqual(fitBatch(asked, { bytesOf, available: 5 * GB, divisible: true }), { options: asked });
});

test("a batch that does not fit is divided into equal pieces, and an update has as many more of them", () => {
  const { options, note } = fitBatch(asked, { bytesOf, available: 3 * GB, divisible: true });
  assert.deepEqual(options, { ...asked, perDeviceTrainBatchSize: 12, gradientAccumulationSteps: 4 });
  assert.equal(
    note,
    "batches of 24 would take 3.4 GB of 3.0 GB that are free; training in batches of 12, 2 times as many an update (2.2 GB)",
  );
  const tight = fitBatch(asked, { bytesOf, available: 1.4 * GB, divisible: true });
  assert.deepEqual(tight.options, { ...asked, perDeviceTrainBatchSize: 1, gradientAccumulationSteps: 48 });
  assert.match(tight.note!, /; training in batches of 1, 24 times as many an update \(1\.1 GB\)$/);
});

test("where not even one example fits, the note says so and what helps", () => {
  const memory = { bytesOf, available: 1.3 * GB, divisible: true };
  const { options, note } = fitBatch(asked, memory);
  assert.deepEqual(options, { ...asked, perDeviceTrainBatchSize: 1, gradientAccumulationSteps: 48 });
  assert.equal(
    note,
    "not even one example fits: a batch of 1 would take 1.1 GB, 1.3 GB are free, and a fifth of that is left alone; training in " +
      "batches of 1 may run out of memory. Take a shorter --max_seq_length, --gradient_checkpointing or a smaller model.",
  );
  const one = { ...asked, perDeviceTrainBatchSize: 1, gradientCheckpointing: true };
  const alone = fitBatch(one, memory);
  assert.deepEqual(alone.options, one);
  assert.match(alone.note!, /^not even one example fits.* Take a shorter --max_seq_length or a smaller model\.$/);
});

test("nothing is divided unasked, where memory is not known, or where the loss compares the examples of a batch", () => {
  const unasked = resolveOptions({});
  assert.deepEqual(fitBatch(unasked, { bytesOf, available: GB, divisible: true }), { options: unasked });
  const unknown = fitBatch(asked, { bytesOf, available: undefined, divisible: true });
  assert.equal(unknown.options, asked);
  assert.match(unknown.note!, /memory is free is not known/);
  const together = fitBatch(asked, { bytesOf, available: GB, divisible: false });
  assert.equal(together.options, asked);
  assert.match(together.note!, /compares the examples/);
});
