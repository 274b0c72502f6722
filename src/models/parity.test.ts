import { createRuntime } from "../runtime/index-node.ts";
import { modelFixtures } from "./model-fixtures-node.fixture.ts";
import { parityContract } from "./parity.contract.ts";

parityContract("float64", async () => "float64", modelFixtures());
parityContract("onnx", () => createRuntime({ threads: 2 }), modelFixtures());
