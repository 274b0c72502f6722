export { type Closing, deriveInputs } from "./derive-inputs.ts";
export { type Exported, type ExportedModel, type ExportOptions, exportFiles } from "./export-files.ts";
export { choseWeights, type ModelCardParts, modelCard } from "./model-card.ts";
export type { EvaluatedSplit, ModelFacts } from "./model-facts.ts";
export { type OnnxClassifierOptions, onnxClassifier } from "./onnx-classifier.ts";
export { PYTHON_MODULE } from "./python-module.ts";
export { sentenceFiles } from "./sentence-files.ts";
