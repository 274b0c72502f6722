import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime } from "../runtime/index-node.ts";
import { modelFixtures } from "./model-fixtures-node.fixture.ts";
import { parityContract } from "./parity.contract.ts";
import { isTaskFile } from "./parity-file.fixture.ts";

parityContract("float64", async () => "float64", modelFixtures());
parityContract("onnx", () => createRuntime({ threads: 1 }), modelFixtures());

// 54 and 40 by make-model-fixtures.py, 11 and 3 by make-modern-fixtures.py
test("there are 65 fixtures of sequences and images and 43 of the other tasks", () => {
  const names = [...modelFixtures().keys()];
  const ofTasks = names.filter(isTaskFile).length;
  assert.deepEqual([names.length - ofTasks, ofTasks], [65, 43]);
});
