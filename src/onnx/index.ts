export { type FedSize, type OnnxModel, type OnnxOptions, writeModel } from "./write-model.ts";
