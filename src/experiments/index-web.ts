/** What `index.ts` gives everywhere, and training in a browser. */
export * from "./index.ts";
export { loadModel, type TrainSettings, train } from "./train-web.ts";
export type { TrainingRun, TrainResult, WebClassifier } from "./training-client.ts";
