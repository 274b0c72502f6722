/** What `index.ts` gives everywhere, and what needs a browser. */

export * from "./index.ts";
export type { TrainingRun, TrainResult, WebClassifier } from "./web/client.ts";
export { loadModel, type TrainSettings, train } from "./web/train-web.ts";
