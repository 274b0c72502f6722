import type { TrainResult } from "../../api/index-node.ts";
import type { TrainReport } from "../../report/index.ts";
import type { OptionTable } from "../verb.ts";
import { apiName } from "../verb.ts";

/** All options of a verb as its page shows them, by the names of the command line. */
export const shownOptions = (
  table: OptionTable,
  values: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): TrainReport["options"] =>
  Object.keys(table).map((name) => ({ name: `--${name}`, value: shown(values[apiName(name)]), given: given.has(apiName(name)) }));

function shown(value: unknown): string {
  if (value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** Model, attention, data, seed, versions and device of a training. */
export function shownFacts(
  { model: { card, config }, runtime, evaluated, split }: TrainResult,
  { start, data, now = new Date() }: { readonly start: string; readonly data: string; readonly now?: Date },
): TrainReport["facts"] {
  const { pattern, normaliser, dropout, layers, heads, rampSteps } = card.attention;
  const plan = [
    pattern,
    normaliser,
    dropout && `dropout of ${dropout}`,
    layers && `layers ${layers.join(", ")}`,
    heads && `heads ${heads.join(", ")}`,
    rampSteps !== undefined && `reached over ${rampSteps} updates`,
  ];
  const { text, pair, label } = card.columns ?? {};
  const facts: [string, string | undefined][] = [
    ["start model", start],
    ["teacher", card.about?.teacher],
    ["encoder", `${config.family}, ${config.layers} layers, width ${config.hiddenSize}, ${config.heads} heads`],
    ["attention", plan.filter(Boolean).join("; ")],
    ["training data", data],
    [split === "test" ? "test data" : "held-out data", evaluated.dataset.name],
    ["columns", card.columns && [text, pair, label].filter(Boolean).join(", ")],
    ["most tokens", String(card.maxLength)],
    ["class weights", card.classWeights?.join(", ")],
    ["seed", String(card.seed)],
    ["device", `${runtime.device}, ${runtime.threads} thread${runtime.threads === 1 ? "" : "s"}`],
    ["computed by", `${runtime.name} ${runtime.version}`],
    ["Crisp", card.crisp],
    ["Node", process.versions.node],
    ["made", `${now.toISOString().slice(0, 19)}Z`],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
