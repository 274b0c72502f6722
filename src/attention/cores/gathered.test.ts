import { createRuntime } from "../../runtime/index-node.ts";
import { drawnLengths, fewCases, gatheredContract } from "./gathered.contract.ts";

gatheredContract("ONNX Runtime", () => createRuntime({ device: "cpu" }), {
  patterns: [
    "block(sparsity=0.8)",
    "block(sparsity=0.5, size=7)",
    "block(sparsity=0, size=32)",
    "block(sparsity=0.95, size=64)",
    "block(sparsity=0.6, size=1)",
    "block(sparsity=0.6, size=3, keepOwn=true)",
    "slidingWindow(sparsity=0.8)",
    "slidingWindow(radius=0)",
    "slidingWindow(radius=3)",
    "slidingWindow(radius=40)",
    "slidingWindow(radius=64)",
    "global(tokens=1)",
    "global(tokens=20)",
    "global(sparsity=0.8)",
    "strided(stride=128)",
    "strided(stride=130)",
    "strided(stride=300)",
    "anyOf(slidingWindow(radius=3), global(tokens=1))",
    "anyOf(slidingWindow(radius=40), global(tokens=5))",
    "anyOf(global(sparsity=0.9), slidingWindow(sparsity=0.9))",
    "anyOf(slidingWindow(radius=2), strided(stride=129), global(tokens=2))",
    "anyOf(slidingWindow(radius=3), slidingWindow(radius=0))",
    "block(sparsity=0.5, size=7) in head 0",
    "anyOf(slidingWindow(radius=3), global(tokens=2)) in head 1",
    "dense",
    "dense within 0",
    "dense within 70",
  ],
  lengths: [[1], [1, 2], [7], [63, 64, 65], ...drawnLengths(12, 60), ...drawnLengths(6, 600)],
});
gatheredContract("ONNX Runtime, WebAssembly", () => createRuntime({ device: "wasm", threads: 1 }), fewCases);
