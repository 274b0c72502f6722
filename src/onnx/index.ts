export { encodeModel, type ModelProto, type NodeProto, type TensorProto } from "./proto.ts";
export { type FedSize, modelProto, type OnnxModel, type OnnxOptions, writeModel } from "./write-model.ts";
