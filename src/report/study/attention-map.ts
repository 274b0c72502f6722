import type { AttentionMap, StudyResults } from "../../studies/index.ts";
import { scrolling } from "../document.ts";
import { percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { colourOf } from "../row-chart.ts";

/** Longer sentences are cut: past this, cells get too small to read. */
const MOST_TOKENS = 32;
/** Heads that can be chosen. */
const MOST_HEADS = 12;
/** Arms that can be set beside the baseline. */
const MOST_ARMS = 24;
/** Drawing units of a cell; about pixels. */
const CELL = 14;
/** Room for a character of a label, in drawing units. */
const CHARACTER = 6.2;
/** Shades of a kept pair. */
const SHADES = 8;

/** Drawn once a page: what removed pairs are filled with, and the lines between cells. A unit is a cell. */
export const mapPatterns = html`<svg width="0" height="0" aria-hidden="true" class="defs"><defs><pattern id="removed" width=".3" height=".3" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" y2=".3"/></pattern><pattern id="cells" width="1" height="1" patternUnits="userSpaceOnUse"><path class="lines" d="M0 0h1M0 0v1"/></pattern></defs></svg>`;

const numbers = (most: number): number[] => Array.from({ length: most }, (_, at) => at);
const selectors = (most: number, of: (at: number) => string): string => numbers(most).map(of).join(",");

/** Rules by which the chosen head and arm are shown, without a script; browsers that know no `:has` show all. */
export const attentionStyle = `
.pick{border:0;margin:0 0 14px;padding:0;min-width:0;display:flex;flex-wrap:wrap;gap:6px}
.pick[hidden]{display:none}
.pick legend{font-size:.8125rem;color:var(--soft);padding:0;margin-bottom:4px}
.pick label{display:inline-flex;align-items:center;gap:7px;min-height:40px;padding:4px 12px;border:1px solid var(--rule);border-radius:8px;font-size:.875rem;cursor:pointer;overflow-wrap:anywhere}
.pick label:has(:checked){border-color:var(--ink);font-weight:600}
.pick label:focus-within{outline:2px solid var(--same);outline-offset:2px}
.pick input{margin:0;accent-color:var(--same);flex:none}
.sentence{font-size:1.0625rem;margin:0 0 16px;max-width:80ch;overflow-wrap:anywhere}
.sentence .muted{font-size:.875rem}
.head{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:28px}
.map{min-width:0}
.map h4 .muted{display:block}
.map .token{font-size:10.5px}
.map svg{display:block;width:100%;height:auto}
${numbers(SHADES)
  .map((at) => `.s${at + 1}{stroke:color-mix(in srgb,var(--heat) ${Math.round((100 * (at + 1)) / SHADES)}%,var(--card))}`)
  .join("")}
.removed{fill:url(#removed)}
.between{fill:url(#cells)}
.lines{fill:none;stroke:var(--card);stroke-width:.12}
.hatch{stroke:var(--hatch);stroke-width:.2}
.links{margin:8px 0 0;font-size:.875rem;color:var(--soft);overflow-wrap:anywhere}
.links b{color:var(--ink);font-weight:600}
@supports selector(:has(*)){
.head,.beside{display:none}
${selectors(MOST_HEADS, (at) => `.look:has([value=head-${at}]:checked) .head-${at}`)}{display:grid}
${selectors(MOST_ARMS, (at) => `.look:has([value=arm-${at}]:checked) .arm-${at}`)}{display:block}
}`;

/**
 * Attention over one sentence, large: the baseline beside another arm, in one head. Head and arm are chosen by radio buttons, so by touch
 * and by arrow keys.
 *
 * @param id - Of this part of the page.
 * @returns null where no attention was kept.
 */
export function attentionLook({ arms, baseline, attentionMaps }: StudyResults, id: string): Html | null {
  const maps = mostHeads(attentionMaps).slice(0, MOST_HEADS);
  if (maps.length === 0) return null;
  const [{ sentence, tokens: all, probabilities }] = maps;
  const tokens = all.slice(0, MOST_TOKENS);
  const shown = arms.flatMap(({ name }, arm) => (probabilities[name] ? [{ name, arm }] : []));
  const others = shown.filter(({ name }) => name !== baseline).slice(0, MOST_ARMS);
  const lastLayer = maps.findIndex(({ layer }) => layer === maps.at(-1)!.layer);
  const removed = others.map(({ name }) => removedPairs(shownRows(probabilities[name])));
  const heads = maps.map(({ layer, head }) => html`layer ${layer + 1}, head ${head + 1}`);
  const beside = others.map(({ name, arm }) => html`<span class="${colourOf(arm)}"><span class="key"></span></span>${name}`);
  return html`<div class="look"><p class="sentence"><q>${sentence}</q>${all.length > MOST_TOKENS && html` <span class="muted">The first ${MOST_TOKENS} of ${all.length} tokens.</span>`}</p>${labels(tokens, `${id}-tokens`)}
${pick({ legend: "Layer and head", name: `${id}-head`, value: "head", options: heads, first: lastLayer })}
${pick({ legend: `Beside ${baseline}`, name: `${id}-arm`, value: "arm", options: beside, first: removed.indexOf(Math.max(...removed)) })}
${maps.map((map, head) => {
  const place = `layer ${map.layer + 1}, head ${map.head + 1}`;
  const drawn = shown.flatMap(({ name, arm }) => {
    const at = others.findIndex((other) => other.arm === arm);
    if (at < 0 && name !== baseline) return [];
    return html`<div class="map ${colourOf(arm)}${at >= 0 && ` beside arm-${at}`}">${heatMap(name, place, tokens, shownRows(map.probabilities[name]), `${id}-tokens`)}</div>`;
  });
  return html`<div class="head head-${head}">${drawn}</div>`;
})}</div>`;
}

/** The maps of one sentence: of that which most heads were kept of, the first of equals. */
function mostHeads(maps: readonly AttentionMap[]): readonly AttentionMap[] {
  const sentences = [...new Set(maps.map(({ sentence }) => sentence))];
  const each = sentences.map((sentence) => maps.filter((map) => map.sentence === sentence));
  return each.reduce((best, own) => (own.length > best.length ? own : best), each[0] ?? []);
}

/** Radio buttons; with a single option nothing is to be chosen. */
function pick(group: {
  readonly legend: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly Html[];
  /** The one that is chosen at first. */
  readonly first: number;
}): Html {
  const { legend, name, value, options, first } = group;
  return html`<fieldset class="pick"${options.length < 2 && html` hidden`}><legend>${legend}</legend>${options.map(
    (option, at) =>
      html`<label><input type="radio" name="${name}" value="${value}-${at}"${at === first && html` checked`}>${option}</label>`,
  )}</fieldset>`;
}

type Rows = readonly (readonly number[])[];

const shownRows = (rows: Rows): Rows => rows.slice(0, MOST_TOKENS).map((row) => row.slice(0, MOST_TOKENS));
const removedPairs = (rows: Rows): number => rows.flat().filter((p) => p === 0).length;

/** Drawing units: room for the labels, and all of a map. */
function sizesOf(tokens: readonly string[]): { readonly margin: number; readonly size: number } {
  const margin = Math.ceil(8 + CHARACTER * Math.max(5, ...tokens.map((token) => short(token).length)));
  return { margin, size: margin + tokens.length * CELL + 2 };
}

/** The tokens at both sides of a map: drawn once, as all maps have the same. */
export function labels(tokens: readonly string[], id: string): Html {
  const { margin } = sizesOf(tokens);
  const texts = tokens.map((token, at) => {
    const middle = margin + (at + 0.5) * CELL;
    return html`<text class="token" x="${margin - 5}" y="${middle + 3.5}" text-anchor="end">${short(token)}</text><text class="token" transform="translate(${middle + 3.5} ${margin - 6}) rotate(-90)">${short(token)}</text>`;
  });
  return html`<svg width="0" height="0" aria-hidden="true" class="defs"><defs><g id="${id}">${texts}</g></defs></svg>`;
}

/**
 * One head over one sentence: removed pairs, whose probability is 0, are hatched.
 *
 * @param labelsId - Of `labels` on the same page.
 * @param options.sized - Whether it says its size itself; a page whose policy forbids styles inside it does.
 */
export function heatMap(
  name: string,
  place: string,
  tokens: readonly string[],
  rows: Rows,
  labelsId: string,
  { sized = true }: { readonly sized?: boolean } = {},
): Html {
  const n = tokens.length;
  const { margin, size } = sizesOf(tokens);
  const share = removedPairs(rows) / n ** 2;
  const removed = share === 0 ? "nothing removed" : `${percent(share, 0)} removed`;
  const square = (kind: string) => html`<rect class="${kind}" width="${n}" height="${n}"/>`;
  return html`<h4>${name} <span class="muted">${removed}</span></h4>
${scrolling(
  `${name}, ${place}`,
  html`<svg class="chart" viewBox="0 0 ${size} ${size}"${sized && html` style="min-width:${Math.round(0.9 * size)}px;max-width:${2 * size}px"`} role="img" aria-label="${name}, ${place}: attention of ${n} tokens, ${removed}">
<g transform="translate(${margin} ${margin}) scale(${CELL})">${share > 0 && square("removed")}${keptCells(rows)}${square("between")}</g><use href="#${labelsId}"/></svg>`,
)}
<p class="links">${strongestLinks(tokens, rows)}</p>`;
}

/** A path a shade; neighbours of one shade are one stroke, which keeps the page small. */
function keptCells(rows: Rows): Html {
  const paths = Array.from({ length: SHADES }, () => "");
  for (const [query, row] of rows.entries()) {
    for (let key = 0; key < row.length; ) {
      const [start, shade] = [key, shadeOf(row[key])];
      while (key < row.length && shadeOf(row[key]) === shade) key++;
      if (shade > 0) paths[shade - 1] += `M${start} ${query}h${key - start}`;
    }
  }
  return html`<g class="heat" transform="translate(0 .5)">${paths.map((d, at) => d !== "" && html`<path class="s${at + 1}" d="${d}"/>`)}</g>`;
}

/** 0 for a removed pair alone. Square root, so that small probabilities stay visible. */
const shadeOf = (p: number): number => (p === 0 ? 0 : Math.max(1, Math.round(SHADES * Math.sqrt(Math.min(1, p)))));

const MOST_LINKS = 3;
/** `[CLS]`, `<s>`: most heads look at these by default, which says little. */
const SPECIAL = /^(\[.+\]|<.+>)$/;

/** The strongest pairs of words, in numbers. */
function strongestLinks(tokens: readonly string[], rows: Rows): Html {
  const pairs = rows.flatMap((row, query) => row.map((p, key) => ({ p, query, key })));
  const ofWords = pairs.filter(({ query, key }) => query !== key && !SPECIAL.test(tokens[query]) && !SPECIAL.test(tokens[key]));
  const strongest = ofWords.sort((a, b) => b.p - a.p).slice(0, MOST_LINKS);
  if (strongest.length === 0) return html``;
  return html`Strongest: ${strongest.map(({ p, query, key }, at) => html`${at > 0 && "; "}<b>${tokens[query]}</b> at <b>${tokens[key]}</b> ${percent(p, 0)}`)}.`;
}

const short = (token: string): string => (token.length > 11 ? `${token.slice(0, 10)}…` : token);
