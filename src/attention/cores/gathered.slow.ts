import { createRuntime } from "../../runtime/index-node.ts";
import { everyCase, gatheredContract } from "./gathered.contract.ts";

gatheredContract("ONNX Runtime, at many lengths", () => createRuntime({ threads: 1 }), everyCase);
