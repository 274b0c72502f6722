import { fewCases, gatheredContract } from "../../src/attention/cores/gathered.contract.ts";
import { normalisersContract } from "../../src/attention/normalisers/normalisers.contract.ts";
import { graphFormContract } from "../../src/attention/patterns/graph-form.contract.ts";
import { runtimeContract } from "../../src/runtime/runtime.contract.ts";
import { createWebGpu } from "./create-webgpu.ts";

runtimeContract("ONNX Runtime, WebGPU", createWebGpu);
gatheredContract("ONNX Runtime, WebGPU", createWebGpu, fewCases);
graphFormContract("ONNX Runtime, WebGPU", createWebGpu);
normalisersContract("ONNX Runtime, WebGPU", createWebGpu);
