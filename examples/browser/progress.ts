import type { TrainEvent, TrainResult } from "crisp-attention";
import { Curve } from "./curve.ts";
import { byId, duration, percent, setFact } from "./page.ts";
import type { RunState } from "./session.ts";

/** The part of the page that shows a run. */
export class Progress {
  readonly #status = byId("status", HTMLElement);
  readonly #bar = byId("progress", HTMLProgressElement);
  readonly #pace = byId("pace", HTMLElement);
  readonly #facts = byId("facts", HTMLElement);
  readonly #notes = byId("notes", HTMLElement);
  readonly #loss = new Curve({
    svg: byId("loss", SVGSVGElement),
    now: byId("loss-now", HTMLOutputElement),
    title: "Training loss",
    format: (value) => value.toFixed(2),
  });
  readonly #accuracy = new Curve({
    svg: byId("accuracy", SVGSVGElement),
    now: byId("accuracy-now", HTMLOutputElement),
    title: "Held-out accuracy",
    format: (value) => `${Math.round(100 * value)} %`,
    range: [0, 1],
    dots: true,
  });
  #earlier: RunState | undefined;
  /** Of the first update of this page, for the pace. */
  #first: { readonly step: number; readonly at: number } | undefined;
  #shownAt = 0;
  /** Accuracy of the commonest label. */
  #majority: number | undefined;

  begin(state: RunState): void {
    this.#earlier = state;
    this.#first = undefined;
    this.#facts.replaceChildren();
    this.#notes.replaceChildren();
    this.#pace.textContent = "";
    this.#bar.removeAttribute("value");
    this.#loss.reset(1);
    this.#accuracy.reset(1);
    const section = byId("run", HTMLElement);
    section.hidden = false;
    // on a phone it lies far below the button
    section.scrollIntoView({ block: "nearest" });
    this.#say(state.loss.length > 0 ? "Going on where it was: reading the texts …" : "Reading the texts …");
  }

  curves(): Pick<RunState, "loss" | "accuracy"> {
    return { loss: [...this.#loss.points], accuracy: [...this.#accuracy.points] };
  }

  show(event: TrainEvent): void {
    if (event.type === "data") this.#showData(event);
    else if (event.type === "estimated") this.#pace.textContent = `About ${duration(event.seconds)} for all of it.`;
    else if (event.type === "started") this.#showStart(event);
    else if (event.type === "step") this.#showStep(event);
    else if (event.type === "evaluated") this.#showEvaluation(event);
    else if (event.type === "note") this.#showNote(event.text);
  }

  finished({ metrics, majority, seconds }: TrainResult): void {
    this.#bar.value = this.#bar.max;
    this.#pace.textContent = "";
    setFact(this.#facts, "Accuracy", `${percent(metrics.accuracy)} held out (always the commonest label: ${percent(majority)})`);
    setFact(this.#facts, "Macro F1", metrics.macroF1.toFixed(3));
    this.#say(`Done in ${duration(seconds)}. Held-out accuracy ${percent(metrics.accuracy)}.`);
  }

  stopped(): void {
    this.#pace.textContent = "";
    this.#say("Stopped. Continue resumes from the last checkpoint.");
  }

  hide(): void {
    byId("run", HTMLElement).hidden = true;
  }

  #showData({ summary, columns, heldOut }: Extract<TrainEvent, { type: "data" }>): void {
    const [{ rows, classes }] = summary.splits;
    const labels = classes.map(({ label }) => label);
    const few = labels.length > 8 ? [...labels.slice(0, 8), "…"] : labels;
    setFact(this.#facts, "Texts", `${rows.toLocaleString("en")} to train, ${heldOut.toLocaleString("en")} held out`);
    if (columns)
      setFact(this.#facts, "Columns", `${columns.text}${columns.pair ? ` and ${columns.pair}` : ""} → ${columns.label}`);
    setFact(this.#facts, "Labels", few.join(", "));
    this.#majority = summary.majority?.accuracy;
    this.#say("Preparing the model …");
  }

  #showStart({ steps, parameters }: Extract<TrainEvent, { type: "started" }>): void {
    this.#bar.max = steps;
    this.#loss.reset(steps, this.#earlier?.loss);
    this.#accuracy.reset(steps, this.#earlier?.accuracy);
    if (this.#majority !== undefined) this.#accuracy.compareWith(this.#majority);
    setFact(this.#facts, "Model", `${parameters.toLocaleString("en")} parameters`);
    this.#say("Training.");
  }

  #showEvaluation({ point }: Extract<TrainEvent, { type: "evaluated" }>): void {
    const { step, evalAccuracy = 0 } = point;
    this.#accuracy.add(step, evalAccuracy);
    this.#say(`Held-out accuracy ${percent(evalAccuracy)} after update ${step}.`);
  }

  #showStep({ step, steps, loss, epoch }: Extract<TrainEvent, { type: "step" }>): void {
    const now = performance.now();
    this.#first ??= { step, at: now };
    this.#bar.value = step;
    this.#loss.add(step, loss);
    // a number that changes faster cannot be read
    if (now - this.#shownAt < 250) return;
    this.#shownAt = now;
    const done = step - this.#first.step;
    const left = done > 0 ? (((now - this.#first.at) / done) * (steps - step)) / 1000 : 0;
    const time = done > 0 ? `, about ${duration(left)} left` : "";
    this.#pace.textContent = `Update ${step} of ${steps}, epoch ${epoch.toFixed(1)}${time}`;
  }

  #showNote(text: string): void {
    const line = document.createElement("li");
    line.textContent = text;
    this.#notes.append(line);
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}
