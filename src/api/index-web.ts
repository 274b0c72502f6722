/** What `index.ts` gives everywhere, and what needs a browser. */

export * from "./index.ts";
export type { TrainingRun, TrainResult, WebBase, WebClassifier } from "./web/client.ts";
export { cachedHubModel, findHubModel, forgetHubModel, type HubModel } from "./web/hub-web.ts";
export type { EncoderFacts } from "./web/messages.ts";
export { loadBase, loadModel, type TrainSettings, train } from "./web/train-web.ts";
