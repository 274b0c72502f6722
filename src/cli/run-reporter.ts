import { counted } from "../errors/index.ts";
import type { CurvePoint, RunEvent } from "../runs/index.ts";
import type { Output } from "./output.ts";
import { duration, type Progress } from "./progress.ts";

/**
 * Says each event of a run as it comes.
 *
 * @param model - What is trained, and how.
 * @param figures - An evaluation in words.
 */
export function runReporter(
  output: Pick<Output, "note" | "say" | "progress">,
  model: string,
  figures: (point: CurvePoint) => string,
): (event: RunEvent) => void {
  let progress: Progress | undefined;
  let reading: Progress | undefined;
  let estimated = "";
  return (event) => {
    if (event.type === "reading") {
      const [done, total] = [event.done, event.total].map((bytes) => Math.ceil(bytes / 1e6));
      reading ??= output.progress(`looking through ${event.name} (MB)`, total);
      reading.update(done);
      if (done < total) return;
      reading.finish();
      reading = undefined;
    } else if (event.type === "estimated") {
      estimated = ` · about ${duration(1000 * event.seconds)}, ${(event.bytes / 1e9).toFixed(1)} GB`;
    } else if (event.type === "started") {
      const { parameters, frozen } = event;
      const millions = (count: number): string => (count / 1e6).toFixed(1);
      const trained = frozen
        ? `${millions(parameters)} of ${millions(parameters + frozen)} M parameters trained`
        : `${millions(parameters)} M parameters`;
      // a head alone, which needs none, is reckoned to take no time either
      const updates = event.steps > 0 ? ` · ${counted(event.steps, "update")}${estimated}` : "";
      output.say(`model  ${model} · ${trained}${updates}`);
    } else if (event.type === "step") {
      progress ??= output.progress("training", event.steps, event.step);
      progress.update(event.step, `loss ${event.loss.toFixed(3)}`);
      if (event.step === event.steps) progress.finish();
    } else if (event.type === "note") output.note(event.text);
    else if (event.type === "evaluated") {
      const { step, epoch } = event.point;
      output.say(`step ${step} · epoch ${epoch.toFixed(2)} · held out ${figures(event.point)}`);
    }
  };
}
