import { modelFixtures } from "../../src/models/model-fixtures-node.fixture.ts";
import { parityContract } from "../../src/models/parity.contract.ts";
import { createWebGpu } from "./create-webgpu.ts";

// half of them: two files run at once
parityContract("ONNX Runtime, WebGPU", createWebGpu, new Map([...modelFixtures()].filter((_, at) => at % 2 === 0)));
