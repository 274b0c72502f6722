import { runtimeContract } from "../../src/runtime/runtime.contract.ts";
import { graphFormContract } from "../../src/sparsity/graph-form.contract.ts";
import { createWebGpu } from "./create-webgpu.ts";

runtimeContract("ONNX Runtime, WebGPU", createWebGpu);
graphFormContract("ONNX Runtime, WebGPU", createWebGpu);
