import { type Html, html, raw } from "./html.ts";
import { styleSheet } from "./style.ts";

const GENERATOR = '<meta name="generator" content="crisp-attention">';

/**
 * One self-contained HTML page: no script, no request, light and dark, phone to wide screen.
 *
 * @param page.style - Rules that only this page needs.
 */
export function htmlDocument({ title, style = "", body }: { title: string; style?: string; body: Html }): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">${raw(GENERATOR)}
<title>${title}</title><style>${raw(styleSheet)}${raw(style)}</style></head>
<body>${body}</body></html>
`;
  return page.markup;
}

/** A framed part of a page. */
export const card = (title: string, note: Html | string, body: Html, kind = ""): Html =>
  html`<figure class="card ${kind}"><figcaption><h3>${title}</h3><p class="note">${note}</p></figcaption>${body}</figure>`;

/** A part of a page that its contents list names. */
export interface Part {
  /** Unlike all others of the page. */
  readonly id: string;
  readonly title: string;
  readonly markup: Html;
}

/** A part that is there at once. */
export const part = (id: string, title: string, note: Html | string, body: Html): Part => ({
  id,
  title,
  markup: html`<div class="part" id="${id}">${card(title, note, body, "wide")}</div>`,
});

/** A part that is folded until it is asked for. Its id lies inside, so that browsers unfold it for a link. */
export const foldedPart = (id: string, title: string, note: Html | string, body: Html): Part => ({
  id,
  title,
  markup: html`<details class="card wide folded"><summary><h3>${title}</h3></summary><div class="part" id="${id}"><p class="note">${note}</p>${body}</div></details>`,
});

/** Links to the parts of a page, or of a section of it. */
export const contents = (label: string, parts: readonly Part[]): Html =>
  html`<nav class="contents" aria-label="${label}"><ul>${parts.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;

/** A table that scrolls by itself where it is too wide; can be reached by keyboard, so that it can be scrolled by it. */
export const scrolling = (label: string, body: Html): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${body}</div>`;
