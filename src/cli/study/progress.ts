import { counted } from "../../errors/index.ts";
import { BASELINE, type StudyDefinition, type StudyEvent } from "../../studies/index.ts";
import type { Output } from "../output.ts";
import type { Progress } from "../progress.ts";

/** One bar a study, and for the very first trained model a few sentences. */
export function studyProgress(output: Output, definition: StudyDefinition, first: boolean): (event: StudyEvent) => void {
  const total = definition.arms.length * definition.seeds.length;
  const progress: Progress = output.progress(definition.study, total);
  const current = new Map<string, number>();
  let [shown, done, resumed] = [!first, 0, 0];
  /** Numbers of runs, by the study they were taken from. */
  const taken = new Map<string, number>();
  return (event) => {
    if (event.type === "opened") return;
    if (event.type === "run") {
      const { event: inner, arm, seed } = event;
      if (inner.type === "step") {
        current.set(`${arm} ${seed}`, inner.step / inner.steps);
        const running = [...current.values()].reduce((sum, share) => sum + Math.min(share, 0.99), 0);
        progress.update(Number((done + running).toFixed(1)), `${arm}, seed ${seed}, loss ${inner.loss.toFixed(3)}`);
      } else if (inner.type === "note") output.note(`${arm}, seed ${seed}: ${inner.text}`);
      return;
    }
    const { arm, seed } = event.run.record;
    current.delete(`${arm} ${seed}`);
    done = event.done;
    const { takenFrom } = event.run;
    if (event.resumed) resumed++;
    else if (takenFrom !== undefined) {
      taken.set(takenFrom, (taken.get(takenFrom) ?? 0) + 1);
      output.record({ type: "run-taken", arm, seed, from: takenFrom });
    } else output.record({ type: "run", arm, seed, seconds: event.run.record.seconds });
    progress.update(done, event.resumed ? "already done" : `${arm}, seed ${seed} done`);
    if (!shown && arm === BASELINE && definition.fresh) {
      shown = true;
      showFresh(output, definition, event.run.fresh);
    }
    if (done < total) return;
    progress.finish(resumed > 0 ? `${counted(resumed, "run was", "runs were")} already done` : "");
    for (const [from, runs] of taken) output.say(`  ${counted(runs, "run")} taken from ${from}, where the same was done`);
  };
}

function showFresh(output: Output, { fresh = [], data }: StudyDefinition, probabilities: readonly (readonly number[])[]): void {
  const { labels } = data.train;
  output.print(output.style("bold", "five fresh sentences, read by the first dense model:"));
  fresh.forEach(({ text, label }, at) => {
    const row = probabilities[at];
    const said = row.indexOf(Math.max(...row));
    const mark = said === label ? output.style("green", "✓") : output.style("red", "✗");
    output.print(`  ${mark} ${labels[said].padEnd(8)} ${row[said].toFixed(2)}  ${text}`);
  });
  output.print();
}
