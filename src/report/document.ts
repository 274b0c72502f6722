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
