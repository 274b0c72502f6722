import { type Html, html } from "../html.ts";
import { cut } from "./figure-text.ts";
import type { TrainReport } from "./train-report.ts";

const VALUE = 200;

/** Where the model came from: command, facts, and all options. */
export const settingsSection = ({ command, facts, options }: TrainReport): Html =>
  html`<footer class="provenance"><h3>How this came about</h3><pre><code>${command}</code></pre>
<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${cut(value, VALUE)}</dd></div>`)}</dl>
<h3>All options</h3><p class="note">Bold: given on the command line. The others have their defaults; – means that there is none.</p>
<dl class="options">${options.map(({ name, value, given }) => html`<div${given && html` class="given"`}><dt>${name}</dt><dd>${cut(value, VALUE)}</dd></div>`)}</dl></footer>`;
