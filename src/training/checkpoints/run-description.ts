import { expectedGot } from "../../errors/index.ts";
import { stableJson } from "../../files/index.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** What a run follows from: options, seeds, data; must be the same on resume. Undefined entries are as if left out. */
export type RunDescription = Readonly<Record<string, Json | undefined>>;

/** Entry of a description that names the examples, by a hash, which says nothing to people. */
const DATA = "data";

/**
 * Make sure that a checkpoint is of the run that wants to continue from it.
 *
 * @param path - The checkpoint.
 * @throws `checkpoint/other-run`, naming the first difference, e.g. `options.learningRate`.
 */
export function checkSameRun(path: string, found: RunDescription, wanted: RunDescription): void {
  const difference = firstDifference(found as Json, wanted as Json, "");
  if (!difference) return;
  const { where, then, now } = difference;
  if (where === DATA) {
    const hint = "Bring back what it was started with, or start again in another output folder.";
    throw expectedGot(
      "checkpoint/other-run",
      path,
      "the data that it was started with",
      "data that changed, or are read in another way",
      hint,
    );
  }
  const hint = "Use the settings it was started with, or another output folder.";
  throw expectedGot("checkpoint/other-run", path, `${where} ${shown(now)}, as now`, shown(then), hint);
}

const shown = (value: Json | undefined): string =>
  value === undefined ? "unset" : typeof value === "string" ? value : JSON.stringify(value);

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json | undefined } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function firstDifference(
  then: Json | undefined,
  now: Json | undefined,
  where: string,
): { where: string; then: Json | undefined; now: Json | undefined } | undefined {
  if (!isRecord(then) || !isRecord(now)) {
    return stableJson(then) === stableJson(now) ? undefined : { where, then, now };
  }
  for (const key of Object.keys({ ...then, ...now })) {
    const difference = firstDifference(then[key], now[key], where === "" ? key : `${where}.${key}`);
    if (difference) return difference;
  }
  return undefined;
}
