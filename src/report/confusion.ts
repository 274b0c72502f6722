import { scrolling } from "./document.ts";
import { count, cut, percent } from "./format.ts";
import { type Html, html } from "./html.ts";

/** With more classes the cells of a heat map get too small to read. */
export const MOST_IN_MAP = 30;
const MOST_CONFUSIONS = 30;
const LABEL = 18;
/** Room for a character of a label, in drawing units. */
const CHARACTER = 6.8;

/** Where a cell leads, by true and predicted class; undefined: nowhere. */
export type CellAddress = (truth: number, said: number) => string | undefined;
const nowhere: CellAddress = () => undefined;

/**
 * Confusions as a heat map; of many classes the worst ones as a table.
 *
 * @param of - Whose, where a page has several.
 * @param address - Makes links of cells; default: there are none.
 */
export const confusions = (
  labels: readonly string[],
  matrix: readonly (readonly number[])[],
  of = "",
  address: CellAddress = nowhere,
): Html => (labels.length > MOST_IN_MAP ? worstConfusions(labels, matrix, address) : heatMap(labels, matrix, of, address));

function heatMap(labels: readonly string[], matrix: readonly (readonly number[])[], of: string, address: CellAddress): Html {
  const n = labels.length;
  const names = labels.map((label) => cut(label, LABEL));
  const width = Math.ceil(CHARACTER * Math.max(...names.map((name) => name.length)));
  const digits = Math.max(...matrix.flat().map((cell) => String(cell).length));
  const cell = Math.max(26, 8 * digits + 8, Math.min(64, Math.round(420 / n)));
  const upright = width + 8 > cell;
  const left = width + 12;
  const top = upright ? width + 12 : 24;
  let none = "";
  const cells = matrix.flatMap((row, truth) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.flatMap((value, said) => {
      const [x, y] = [left + said * cell, top + truth * cell];
      const side = cell - 1;
      if (value === 0) {
        none += `M${x} ${y}h${side}v${side}h-${side}z`;
        return [];
      }
      const share = value / total;
      const shown = html`<rect class="${truth === said ? "right" : "wrong"}" x="${x}" y="${y}" width="${side}" height="${side}" fill-opacity="${opacity(share)}"/><text class="cell ${share > 0.55 && "strong"}" x="${x + cell / 2}" y="${y + cell / 2 + 4}">${value}</text>`;
      const href = address(truth, said);
      const what = `${names[truth]} said to be ${names[said]}: ${count(value)}`;
      return href === undefined ? shown : html`<a href="${href}" aria-label="${what}">${shown}</a>`;
    });
  });
  const size = [left + n * cell, top + n * cell];
  // what is inside an image is nothing to go to
  const links = matrix.some((row, truth) => row.some((value, said) => value > 0 && address(truth, said) !== undefined));
  return html`<div class="scroll centred" tabindex="0" role="region" aria-label="Confusion matrix${of && ` of ${of}`}"><svg class="confusion" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size[0]} ${size[1]}" role="${links ? "group" : "img"}" aria-label="${described(labels, matrix)}"><path class="none" d="${none}"/>${cells}
${names.map((name, i) => {
  const middle = (i + 0.5) * cell;
  const above = upright
    ? html`<text class="token" transform="translate(${left + middle + 4} ${top - 6}) rotate(-90)">${name}</text>`
    : html`<text class="token" x="${left + middle}" y="${top - 8}" text-anchor="middle">${name}</text>`;
  return html`<text class="token" x="${left - 6}" y="${top + middle + 4}" text-anchor="end">${name}</text>${above}`;
})}</svg></div>`;
}

const described = (labels: readonly string[], matrix: readonly (readonly number[])[]): string =>
  matrix
    .map((row, truth) => {
      const total = row.reduce((sum, value) => sum + value, 0);
      return `${cut(labels[truth], LABEL)}: ${count(row[truth])} of ${count(total)} right`;
    })
    .join("; ");

/** Even a rare confusion is seen. */
const opacity = (share: number): string => (0.1 + 0.9 * share).toFixed(2);

function worstConfusions(labels: readonly string[], matrix: readonly (readonly number[])[], address: CellAddress): Html {
  const found = matrix.flatMap((row, truth) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.flatMap((value, said) => (value > 0 && said !== truth ? [{ truth, said, value, share: value / total }] : []));
  });
  found.sort((a, b) => b.value - a.value || b.share - a.share);
  return scrolling(
    "Worst confusions",
    html`<table class="figures"><thead><tr><th scope="col">true class</th><th scope="col">said</th><th scope="col">times</th><th scope="col">of the class</th></tr></thead>
<tbody>${found
      .slice(0, MOST_CONFUSIONS)
      .map(
        ({ truth, said, value, share }) =>
          html`<tr><td>${cut(labels[truth], 2 * LABEL)}</td><td>${cut(labels[said], 2 * LABEL)}</td><td>${linked(count(value), address(truth, said))}</td><td>${percent(share, 0)}</td></tr>`,
      )}</tbody></table>`,
  );
}

const linked = (text: string, href: string | undefined): Html =>
  href === undefined ? html`${text}` : html`<a href="${href}">${text}</a>`;
