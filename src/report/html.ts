import { escapeControls } from "../errors/index.ts";

/** Text that is markup already. Only `html` and `raw` make it, so a plain string can never reach the page unescaped. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

type Value = Html | string | number | null | undefined | false | readonly Value[];

/**
 * Template tag that escapes every value, save those made by the tag itself.
 *
 * Arrays are joined without a separator; null, undefined and false leave nothing.
 *
 * @example html`<b title="${name}">${name}</b>`
 */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, i) => text + toMarkup(values[i - 1]) + part));
}

/** Markup written by us, e.g. the style sheet. Never for data. */
export const raw = (markup: string): Html => new Html(markup);

function toMarkup(value: Value): string {
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(toMarkup).join("");
  if (value === null || value === undefined || value === false) return "";
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Control characters, which no page may have, are shown as escapes; line breaks are spaces there. */
export const escapeText = (text: string): string =>
  escapeControls(text.replaceAll("\r\n", "\n"), "\n\t").replace(/[&<>"']/g, (c) => ENTITIES[c]);
