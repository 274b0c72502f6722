import { attentionHeatMap, fixed, type Html, html, mapPatterns, tokenLabels } from "../../../report/index.ts";
import type { Prediction } from "../../../tasks/index.ts";
import { MOST_MAPPED_TOKENS, type Reading, type ReadText } from "../thread/jobs.ts";
import { address, page, table } from "./layout.ts";

/** More tokens than this are not shown of a map: its cells would get too small. */
const MOST_SHOWN = 40;

export interface TryView {
  /** Of the model; undefined: one is to be chosen. */
  readonly path?: string;
  readonly text: string;
  readonly pair: string;
  readonly read?: {
    readonly id: string;
    readonly result: ReadText;
    /** From 0. */
    readonly layer: number;
    readonly head: number;
  };
}

/** A sentence, what a model says of it, and what each of its heads looks at. */
export function tryPage({ path, text, pair, read }: TryView): string {
  const body = html`<h1>Try ${path === undefined ? "a model" : path}</h1>
<form method="post" action="/try" class="stack"><label>model, a folder from the list <input name="path" value="${path}" required></label>
<label>text <textarea name="text" required maxlength="4000">${text}</textarea></label>
<label>second text, for models of pairs <input name="pair" value="${pair}" maxlength="4000"></label><p class="actions"><button class="main">Read it</button></p></form>
${read && answers(read.result)}${read && maps(read)}`;
  return page({ title: "Try a model", body });
}

function answers({ readings, pattern }: ReadText): Html {
  return html`<h2>It says</h2><div class="cards">${readings.map(
    ({ attention, predictions }, at) =>
      html`<div><h3>${attention}${at > 0 && html` <span class="muted">${pattern}</span>`}</h3>${table(
        `Answers, ${attention}`,
        ["label", "score"],
        predictions.map((prediction) => html`<tr><td>${labelOf(prediction)}</td><td>${fixed(prediction.score, 4)}</td></tr>`),
      )}</div>`,
  )}</div>`;
}

const labelOf = ({ word, label }: Prediction): string => (word === undefined ? label : `${word} → ${label}`);

function maps({ id, result, layer, head }: NonNullable<TryView["read"]>): Html {
  const { readings, tokens, heads } = result;
  const layers = readings[0].maps.length;
  if (layers === 0) {
    const why =
      tokens.length > MOST_MAPPED_TOKENS
        ? `Maps are drawn for up to ${MOST_MAPPED_TOKENS} tokens; this text has ${tokens.length}.`
        : "This model's attention has no such maps.";
    return html`<h2>Attention</h2><p class="note">${why}</p>`;
  }
  const to = (toLayer: number, toHead: number): string =>
    address("/try/maps", { id, layer: (toLayer + layers) % layers, head: (toHead + heads) % heads });
  const step = (key: string, words: string, href: string): Html => html`<a href="${href}" data-key="${key}">${words}</a>`;
  return html`<h2 id="attention">Attention</h2><div id="swapped">${mapPatterns}${tokenLabels(tokens.slice(0, MOST_SHOWN), "tokens")}
<p class="note">Rows ask, columns are looked at; hatched pairs were removed. ${tokens.length > MOST_SHOWN && `The first ${MOST_SHOWN} of ${tokens.length} tokens are drawn large.`}</p>
<p role="status"><b>layer ${layer + 1} of ${layers}, head ${head + 1} of ${heads}</b></p>
<nav class="pager" aria-label="Layers and heads">${step("layer-", "← layer", to(layer - 1, head))}${step("layer+", "layer →", to(layer + 1, head))}${step("head-", "← head", to(layer, head - 1))}${step("head+", "head →", to(layer, head + 1))}</nav>
<div class="map-row">${readings.map(({ attention, maps: all }, at) => {
    const shown = tokens.slice(0, MOST_SHOWN);
    const rows = rowsOf(all[layer], head, tokens.length, shown.length);
    const place = `layer ${layer + 1}, head ${head + 1}`;
    return html`<div class="map c${at}">${attentionHeatMap(attention, place, shown, rows, "tokens", { sized: false })}</div>`;
  })}</div>
<h3>All heads of layer ${layer + 1}</h3><div class="heads">${Array.from(
    { length: heads },
    (_, each) =>
      html`<a href="${to(layer, each)}" data-key="head ${each}" ${each === head && html`aria-current="true"`}>head ${each + 1}<div class="pair">${readings.map(
        (reading) => smallMap(reading, layer, each, tokens.length),
      )}</div></a>`,
  )}</div></div>`;
}

/** [n][n] of one head, its first rows and columns. */
function rowsOf(map: Float32Array, head: number, n: number, shown: number): number[][] {
  return Array.from({ length: shown }, (_, query) => {
    const start = (head * n + query) * n;
    return [...map.subarray(start, start + shown)];
  });
}

/** Shades of a small map: one path each keeps a page of many heads small. */
const SHADES = 6;

function smallMap({ attention, maps }: Reading, layer: number, head: number, n: number): Html {
  const paths = Array.from({ length: SHADES }, () => "");
  let removed = "";
  let count = 0;
  for (let query = 0; query < n; query++) {
    for (let key = 0; key < n; key++) {
      const p = maps[layer][(head * n + query) * n + key];
      const cell = `M${key} ${query}h1v1h-1z`;
      if (p === 0) {
        removed += cell;
        count++;
      } else paths[Math.min(SHADES - 1, Math.floor(Math.sqrt(p) * SHADES))] += cell;
    }
  }
  const share = Math.round((100 * count) / (n * n));
  const shades = paths.map((d, at) => d !== "" && html`<path d="${d}" fill-opacity="${((at + 0.5) / SHADES).toFixed(2)}"/>`);
  const hatched = removed !== "" && html`<path class="gone" d="${removed}"/>`;
  return html`<div><svg viewBox="0 0 ${n} ${n}" role="img" aria-label="head ${head + 1}, ${attention}: ${share} % of pairs removed">${hatched}${shades}</svg><span class="muted">${attention}${share > 0 && `, ${share} % removed`}</span></div>`;
}
