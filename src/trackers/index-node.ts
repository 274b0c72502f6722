export { scalarsOf } from "./event-file.ts";
export { isKeptIds, removeKeptIds } from "./kept-ids-node.ts";
export { optionsOfRun } from "./options-of-run.ts";
export type { Environment, RunStatus, TrackedRun } from "./tracker.ts";
export { chosenTrackers, trackers } from "./trackers-node.ts";
export {
  openTrackers,
  type RunToTrack,
  type RunTracking,
  runNameOf,
  type TrackingPlace,
  type TrackingSettings,
  tracked,
} from "./tracking-node.ts";
