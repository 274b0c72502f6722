import { expectedGot, nearest } from "../errors/index.ts";
import { mlflow } from "./mlflow.ts";
import { tensorboard } from "./tensorboard-node.ts";
import type { Environment, TrackerKind } from "./tracker.ts";
import { trackio } from "./trackio.ts";

/** Every kind of tracker, by the name that `--report_to` takes. */
export const trackers: Readonly<Record<string, TrackerKind>> = { tensorboard, mlflow, trackio };

/** Of transformers' other names: what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  wandb: 'Take tensorboard, whose event files a few lines of Python bring to W&B: docs/tracking.md, "Weights & Biases".',
};

/**
 * The trackers that were asked for.
 *
 * @param reportTo - Names; `all` for those that are set up here, `none` or nothing for none.
 * @throws `training/bad-option` for other names, and for `none` or `all` beside others.
 * @example
 * chosenTrackers("all", { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000" }); // ["tensorboard", "mlflow"]
 */
export function chosenTrackers(reportTo: string | readonly string[] = [], env: Environment = process.env): readonly string[] {
  const asked = [...new Set([reportTo].flat())];
  const names = Object.keys(trackers);
  for (const name of asked) {
    const isWord = name === "all" || name === "none";
    if (isWord ? asked.length === 1 : Object.hasOwn(trackers, name)) continue;
    const guess = nearest(name, names);
    const hint = isWord ? "It stands alone." : (INSTEAD[name] ?? (guess && `Did you mean ${guess}?`));
    throw expectedGot("training/bad-option", "reportTo", `${names.join(", ")}; or all; or none`, asked.join(","), hint);
  }
  if (asked[0] === "all") return names.filter((name) => trackers[name].isSetUp(env));
  return asked[0] === "none" ? [] : asked;
}
