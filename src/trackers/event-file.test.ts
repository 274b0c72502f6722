import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { record, scalarsEvent, scalarsOf, textEvent, versionEvent } from "./event-file.ts";

/** By scripts/make-event-fixture.py, with TensorBoard's own writer. */
const path = new URL("../../test/fixtures/events.json", import.meta.url);
const expected = JSON.parse(readFileSync(path, "utf8")) as Record<"version" | "scalars" | "text", string>;
const TIME = 1764442800125;
const scalars = { step: 70000, time: TIME, metrics: { "train/loss": 0.625, "train/grad_norm": Infinity } };
const hex = (event: Uint8Array): string => Buffer.from(record(event)).toString("hex");

test("records have the bytes that TensorBoard's own writer makes", () => {
  assert.equal(hex(versionEvent(TIME)), expected.version);
  assert.equal(hex(scalarsEvent(scalars)), expected.scalars);
  assert.equal(hex(textEvent("args", "| größe | 3 |", TIME)), expected.text);
});

test("a file is read up to the first record that is torn or wrong", () => {
  const whole = Buffer.concat([versionEvent(TIME), scalarsEvent(scalars), scalarsEvent({ ...scalars, step: 70001 })].map(record));
  const stepsOf = (file: Uint8Array) => [...scalarsOf(file)].map(({ step }) => step);
  assert.deepEqual([...scalarsOf(whole)][1], { step: 70000, tags: ["train/loss", "train/grad_norm"] });
  assert.deepEqual(stepsOf(whole), [0, 70000, 70001]);
  assert.deepEqual(stepsOf(whole.subarray(0, whole.length - 1)), [0, 70000]);
  const wrong = Buffer.from(whole);
  wrong[wrong.length - 8] ^= 1;
  assert.deepEqual(stepsOf(wrong), [0, 70000]);
});
