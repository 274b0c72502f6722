import type { AttentionMap, StudyResults } from "../../studies/index.ts";
import { percent } from "../format.ts";
import { type Html, html } from "../html.ts";

/** Longer sentences are cut: past this, cells get too small to read. */
const MOST_TOKENS = 32;
const CELL = 16;
/** Room for a character of a label, in drawing units. */
const CHARACTER = 6.6;

/** Drawn once a page; removed pairs are filled with it. */
export const removedPattern = html`<svg width="0" height="0" aria-hidden="true" class="defs"><defs><pattern id="removed" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" x2="0" y1="0" y2="5"/></pattern></defs></svg>`;

/** One head over one sentence, a heat map an arm side by side. */
export function attentionMaps(results: StudyResults, map: AttentionMap): Html {
  const names = results.arms.map((c) => c.name);
  const shown = names.filter((name) => map.probabilities[name]);
  const tokens = map.tokens.slice(0, MOST_TOKENS);
  const cut = map.tokens.length - tokens.length;
  return html`<figure class="maps"><figcaption><q>${map.sentence}</q> <span class="muted">layer ${map.layer + 1}, head ${map.head + 1}${
    cut > 0 && ` · first ${MOST_TOKENS} of ${map.tokens.length} tokens`
  }</span></figcaption>
<div class="map-row">${shown.map((name) => heatMap(name, names.indexOf(name), tokens, map.probabilities[name]))}</div></figure>`;
}

/** One head over one sentence under one kind of attention; removed pairs, whose probability is 0, are hatched. */
export function heatMap(name: string, colour: number, tokens: readonly string[], rows: readonly (readonly number[])[]): Html {
  const n = tokens.length;
  const margin = Math.ceil(8 + CHARACTER * Math.max(5, ...tokens.map((token) => short(token).length)));
  const size = margin + n * CELL + 2;
  let removed = "";
  const kept: Html[] = [];
  for (let query = 0; query < n; query++) {
    for (let key = 0; key < n; key++) {
      const p = rows[query]?.[key] ?? 0;
      const [x, y] = [margin + key * CELL, margin + query * CELL];
      if (p === 0) removed += `M${x} ${y}h${CELL}v${CELL}h-${CELL}z`;
      else
        kept.push(
          html`<rect x="${x}" y="${y}" width="${CELL - 1}" height="${CELL - 1}" fill-opacity="${strength(p)}"><title>${tokens[query]} → ${tokens[key]}: ${percent(p, 1)}</title></rect>`,
        );
    }
  }
  const share = (n * n - kept.length) / (n * n);
  return html`<div class="map c${colour}"><h4>${name} <span class="muted">${kept.length === n * n ? "nothing removed" : `${percent(share, 0)} removed`}</span></h4>
<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${name}: attention of ${n} tokens, ${percent(share, 0)} of pairs removed">
<path class="removed" d="${removed}"/><g class="heat">${kept}</g>
${tokens.map((token, i) => {
  const middle = margin + (i + 0.5) * CELL;
  return html`<text class="token" x="${margin - 5}" y="${middle + 3.5}" text-anchor="end">${short(token)}</text><text class="token" transform="translate(${middle + 3.5} ${margin - 6}) rotate(-90)">${short(token)}</text>`;
})}</svg></div>`;
}

/** Square root, so that small probabilities stay visible; never quite empty, so that kept looks unlike removed. */
const strength = (p: number): string => (0.07 + 0.93 * Math.sqrt(Math.min(1, p))).toFixed(2);

const short = (token: string): string => (token.length > 11 ? `${token.slice(0, 10)}…` : token);
