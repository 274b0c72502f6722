import { foldedPart, type Part } from "../document.ts";
import { cut } from "../format.ts";
import { html } from "../html.ts";
import type { TrainReport } from "./train-report.ts";

const VALUE = 200;

/** All options. */
export const settingsPart = ({ options }: TrainReport): Part =>
  foldedPart(
    "options",
    "All options",
    "Bold: given on the command line. The others have their defaults; – means that there is none.",
    html`<dl class="options">${options.map(({ name, value, given }) => html`<div${given && html` class="given"`}><dt>${name}</dt><dd>${cut(value, VALUE)}</dd></div>`)}</dl>`,
  );

/** Where the model came from: command and facts. */
export const provenancePart = ({ command, facts }: TrainReport): Part => ({
  id: "provenance",
  title: "How this came about",
  markup: html`<footer class="provenance part" id="provenance"><h3>How this came about</h3><pre tabindex="0"><code>${command}</code></pre>
<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${cut(value, VALUE)}</dd></div>`)}</dl></footer>`,
});
