export type { FedSize, OnnxModel, OnnxOptions } from "./onnx-model.ts";
export { encodeModel, type ModelProto, type NodeProto, type TensorProto } from "./proto.ts";
export { modelProto, writeModel } from "./write-model.ts";
