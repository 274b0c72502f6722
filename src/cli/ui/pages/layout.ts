import { attentionStyle, type Html, html, styleSheet, trainStyle } from "../../../report/index.ts";
import { uiStyle } from "./style.ts";

export interface PageParts {
  readonly title: string;
  readonly body: Html;
  /** Server-sent events that bring new content for elements, by their id. */
  readonly events?: string;
  /** Seconds after which elements with `data-fresh` are fetched again. */
  readonly again?: number;
}

/**
 * A page as HTML; styles and script are files of the server, as its policy allows no others.
 *
 * Under the server's own policy of referrers, `no-referrer`, browsers send forms with the Origin `null`, which is refused as foreign.
 */
export function page({ title, body, events, again }: PageParts): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="same-origin">
<title>${title} · Crisp</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script type="module" src="/page.js"></script></head>
<body${events && html` data-events="${events}"`}${again && html` data-again="${again}"`}><a class="skip" href="#content">To the content</a>
<header class="bar"><nav aria-label="Crisp"><a href="/">Runs</a><a href="/start">Start a training</a><a href="/try">Try a model</a></nav></header>
<main id="content">${body}</main><p id="lost" role="status"></p></body></html>
`.markup;
}

export const styles = `${styleSheet}${trainStyle}${attentionStyle}${uiStyle}`;

/** An address with parameters; those that are undefined or empty are left out. */
export function address(path: string, parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== "") query.append(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Names and values beside each other. */
export const facts = (pairs: readonly (readonly [name: string, value: Html | string | undefined])[]): Html =>
  html`<dl class="facts">${pairs.map(([name, value]) => value !== undefined && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** A table that scrolls by itself on a narrow screen. */
export const table = (name: string, head: readonly string[], rows: readonly Html[]): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table class="figures"><thead><tr>${head.map(
    (cell) => html`<th scope="col">${cell}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;

/** How long ago, for people. */
export function ago(ms: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - ms) / 1000);
  const [count, unit] =
    seconds < 90
      ? [Math.round(seconds), "s"]
      : seconds < 5400
        ? [Math.round(seconds / 60), "min"]
        : seconds < 129_600
          ? [Math.round(seconds / 3600), "h"]
          : [Math.round(seconds / 86_400), "days"];
  return `${count} ${unit} ago`;
}
