import { BASELINE, type Outlook, outlook, type PreparedStudy, type StoredRun, type StudyEvent } from "../../studies/index.ts";
import type { Output } from "../output.ts";

/**
 * Say what the seeds of a study can see, before it starts or goes on; nothing where nothing is left to do, or no verdict will be given.
 *
 * @param earlier - Runs of the same arms on the same texts, for a study without enough of its own.
 */
export function sayPower(
  output: Pick<Output, "say">,
  { header, definition }: PreparedStudy,
  { finished, total }: Extract<StudyEvent, { readonly type: "opened" }>,
  earlier: readonly StoredRun[] = [],
): void {
  // the spread of made-up corpora is unlike that of texts, and their truth is known
  if (finished.length === total || definition.synthetic) return;
  const { seeds, looks, claims } = header.plan;
  const plan = { seeds: seeds.length, examples: definition.data.reported.examples.length, looks, claims, baseline: BASELINE };
  const own = outlook(plan, recordsOf(finished));
  const found = own?.from === null ? outlook(plan, recordsOf(earlier)) : own;
  if (found) output.say(powerLine(seeds.length, found));
}

const recordsOf = (runs: readonly StoredRun[]) => runs.map(({ record }) => record);

/** `power: 10 seeds find a true +0.5 points in 18 %, +1.0 in 54 % of studies (spread of 5 seeds)`. */
function powerLine(seeds: number, { from, chances }: Outlook): string {
  const each = chances.map(({ effect, power }, at) => {
    const unit = at === 0 ? " points" : "";
    return `+${effect.toFixed(1)}${unit} in ${(100 * power).toFixed(0)} %`;
  });
  const spread =
    from === null ? "assuming 0.4 points from seed to seed, and 1 text in 80 that differs by arm" : `spread of ${from} seeds`;
  return `power: ${seeds} seeds find a true ${each.join(", ")} of studies (${spread})`;
}
