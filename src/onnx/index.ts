export { type OnnxModel, type OnnxOptions, writeModel } from "./write-model.ts";
