import { graphFormContract } from "../../src/attention/patterns/graph-form.contract.ts";
import { runtimeContract } from "../../src/runtime/runtime.contract.ts";
import { createWebGpu } from "./create-webgpu.ts";

runtimeContract("ONNX Runtime, WebGPU", createWebGpu);
graphFormContract("ONNX Runtime, WebGPU", createWebGpu);
