import { type Html, html } from "../../../report/index.ts";
import type { RunState } from "../live/run-state.ts";
import type { StartedCommand } from "../processes.ts";
import type { RunName } from "../runs/run-source.ts";
import { address, page } from "./layout.ts";

const button = (action: string, path: string, words: string, kind: string): Html =>
  html`<form method="post" action="${action}"><input type="hidden" name="path" value="${path || "."}"><button class="${kind}">${words}</button></form>`;

/** What can be asked of a run now. */
export function runActions(
  { path, study }: RunName,
  { word }: Pick<RunState, "word">,
  can: { stop: boolean; resume: boolean },
): Html {
  if (study) return html``;
  if (can.stop && isOpen(word)) return button("/stop", path, "Stop, with a checkpoint", "warn");
  return can.resume && (word === "interrupted" || word === "stopped" || word === "failed")
    ? button("/resume", path, "Resume", "main")
    : html``;
}

export const studyActions = (path: string, canStop: boolean): Html =>
  canStop ? button("/stop", path, "Stop, the runs that are done stay", "warn") : html``;

export const isOpen = (word: RunState["word"]): boolean => word === "running" || word === "waiting";

const field = (
  name: string,
  label: string,
  more: { value?: string; required?: boolean; type?: string; hint?: string } = {},
): Html =>
  html`<label>${label}<input name="${name}" type="${more.type ?? "text"}" value="${more.value ?? ""}"${more.required && html` required`}${more.type === "number" && html` step="any"`} placeholder="${more.hint ?? ""}"></label>`;

/** The form for `crisp train`. */
export function startPage(folder: string): string {
  const body = html`<h1>Start a training</h1><p class="note">As <code>crisp train</code> in ${folder}. Fields that stay empty are chosen for you; all others are options of the command line.</p>
<form method="post" action="/start" class="stack">
${field("data", "labelled texts: a file, or a folder of images, from this folder", { required: true, hint: "tickets.csv" })}
${field("model", "start model: a name on the Hub, or a folder from here", { required: true, hint: "distilbert/distilbert-base-uncased" })}
${field("output", "output folder, a new one", { required: true, hint: "tickets-model" })}
${field("attention", "attention", { hint: "topK(sparsity=0.8)" })}
${field("epochs", "epochs", { type: "number" })}${field("rate", "learning rate", { type: "number" })}${field("seed", "seed", { type: "number" })}
<p class="actions"><button class="main">Start</button></p></form>`;
  return page({ title: "Start a training", body });
}

/** A command that was started here, and what it prints. */
export function startedPage({ command, path, code }: StartedCommand, output: string, hasPage: boolean): string {
  const state = code === undefined ? "running" : code === 0 ? "finished" : `ended with ${code ?? "a signal"}`;
  const body = html`<h1>Started here</h1><pre class="command"><code>${command}</code></pre><div id="started" data-fresh><p role="status">${state}</p>
${hasPage && html`<p><a href="${address("/run", { path: path || "." })}">To the run</a></p>`}<pre class="output" tabindex="0">${output || "It has printed nothing yet."}</pre></div>
<p class="note">It goes on when crisp ui ends.</p>`;
  return page({ title: "Started", body, ...(code === undefined && { again: 1 }) });
}
