import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime } from "../runtime/index-node.ts";
import { modelFixtures } from "./model-fixtures-node.fixture.ts";
import { parityContract } from "./parity.contract.ts";

parityContract("float64", async () => "float64", modelFixtures());
parityContract("onnx", () => createRuntime({ threads: 2 }), modelFixtures());

test("there are 22 fixtures", () => {
  assert.equal(modelFixtures().size, 22);
});
