import { type Html, html } from "../html.ts";
import type { ShownMistake } from "./train-report.ts";

type Attention = NonNullable<ShownMistake["attention"]>;

/** A stretch of a text, and how much is looked at it. */
export interface Shade {
  readonly start: number;
  readonly end: number;
  readonly share: number;
}

/** Where a token is looked for behind the one before it: what a tokenizer drops between two tokens is short. */
const REACH = 40;
/** Marks that tokenizers put at a token to say that it continues a word, or begins one. */
const MARKS = /^##(?=.)|^[Ġ▁]+/;

/**
 * Where the tokens stand in the text that they were made of: tokenizers change case and accents and tell no places, so each token is
 * looked for behind the one before it. One that is not found, such as a special token, shades nothing.
 *
 * @example
 * shadesOf("A café", [{ token: "[CLS]", share: 0.5 }, { token: "cafe", share: 0.5 }]); // [{ start: 2, end: 6, share: 0.5 }]
 */
export function shadesOf(text: string, attention: Attention): Shade[] {
  const { folded, places } = foldedText(text);
  let from = 0;
  return attention.flatMap(({ token, share }) => {
    const wanted = foldedText(token.replace(MARKS, "")).folded;
    const found = wanted === "" ? -1 : folded.slice(from, from + REACH + wanted.length).indexOf(wanted);
    if (found < 0) return [];
    const start = from + found;
    from = start + wanted.length;
    return [{ start: places[start], end: places[from - 1] + 1, share }];
  });
}

/** The text without case and accents, and for each of its characters the place in the text. */
function foldedText(text: string): { readonly folded: string; readonly places: readonly number[] } {
  let folded = "";
  const places: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const plain = text[at]
      .normalize("NFD")
      .replace(/\p{Mn}/gu, "")
      .toLowerCase();
    folded += plain;
    for (let i = 0; i < plain.length; i++) places.push(at);
  }
  return { folded, places };
}

/** Below this share of the strongest shade nothing is drawn. */
const FAINTEST = 0.04;

/** A text with its words shaded by attention, the most looked at the strongest. */
export function shadedText(text: string, attention: Attention = []): Html {
  const shades = shadesOf(text, attention);
  const strongest = Math.max(...shades.map(({ share }) => share));
  const parts: Html[] = [];
  let done = 0;
  for (const { start, end, share } of shades) {
    const strength = share / strongest;
    if (start < done || !(strength >= FAINTEST)) continue;
    parts.push(
      html`${text.slice(done, start)}<span class="seen" style="--a:${Math.round(100 * strength)}%">${text.slice(start, end)}</span>`,
    );
    done = end;
  }
  return html`${parts}${text.slice(done)}`;
}
