export { parseEncoderConfig, toHuggingFaceConfig, withLabels } from "./config.ts";
export type { Activation, EncoderConfig, EncoderFamily, ImageConfig, ModernConfig, Task } from "./encoder-config.ts";
export { families } from "./families.ts";
export { initialise, initialValues, type ParameterSpec, parameterSpecs } from "./initialise.ts";
export {
  buildModel,
  buildModel as buildClassifier,
  type ModelGraph,
  type ModelGraph as ClassifierGraph,
  type ModelOptions,
} from "./model-graph.ts";
export { isZip, modelZip, readModelZip } from "./model-zip.ts";
export { readSafetensors, type Safetensors, type StoredTensor, type Tensor, writeSafetensors } from "./safetensors.ts";
export { modelFiles, type StoredModel, storedModel } from "./stored-model.ts";
export { validPairs } from "./valid-pairs.ts";
export { imagePatches } from "./vit.ts";
export { type LoadedWeights, weightsFrom } from "./weights.ts";
