/** What `index.ts` gives everywhere, and what needs a browser. */

export type { TrainingRun, TrainResult, WebClassifier } from "./client.ts";
export * from "./index.ts";
export { loadModel, type TrainSettings, train } from "./train-web.ts";
