export { buildClassifier, type ClassifierGraph, type ClassifierOptions } from "./classifier.ts";
export {
  type Activation,
  type EncoderConfig,
  type EncoderFamily,
  parseEncoderConfig,
  toHuggingFaceConfig,
  withLabels,
} from "./config.ts";
export { initialise, initialValues, type ParameterSpec, parameterSpecs } from "./initialise.ts";
export { isZip, modelZip, readModelZip } from "./model-zip.ts";
export { readSafetensors, type Safetensors, type StoredTensor, type Tensor, writeSafetensors } from "./safetensors.ts";
export { modelFiles, type StoredModel, storedModel } from "./stored-model.ts";
export { type LoadedWeights, weightsFrom } from "./weights.ts";
