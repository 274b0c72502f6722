/** What `index.ts` gives everywhere, and what needs a browser. */

export * from "./index.ts";
export type { TrainingRun, TrainResult, WebBase, WebClassifier } from "./web/client.ts";
export { loadBase, loadModel, type TrainSettings, train } from "./web/train-web.ts";
