import type { OverSeeds } from "../studies/index.ts";

const MINUS = "−";

const signed = (text: string, value: number) => (value < 0 && Number(text) !== 0 ? MINUS : "") + text;

/** `0.9106` → `91.06 %`. */
export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;

/** `0.97` → `+0.97`; nothing is `0.00`. */
export function points(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value < 0 ? MINUS : "+") + text;
}

/** Plain number with a real minus sign. */
export const fixed = (value: number, digits = 3): string => signed(Math.abs(value).toFixed(digits), value);

/** `0.0312` → `0.031`; below a thousandth `< 0.001`. */
export const pValue = (p: number): string => (p < 0.001 ? "< 0.001" : p.toFixed(3));

/** Half-width of the interval over seeds, or null with a single seed. */
export const halfWidth = (value: OverSeeds): number | null => (value.high === undefined ? null : value.high - value.mean);

/** `1.23e9` → `1.23 G`. */
export function flops(value: number): string {
  const units = ["", "k", "M", "G", "T"];
  const step = value >= 1 ? Math.min(units.length - 1, Math.floor(Math.log10(value) / 3)) : 0;
  const scaled = value / 1000 ** step;
  return `${scaled.toFixed(scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)} ${units[step]}`.trim();
}

/** `75` → `1 min 15 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const count = (value: number): string => value.toLocaleString("en");

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** Small counts as words: `3` → `three`. */
export const inWords = (value: number): string => NUMBERS[value] ?? String(value);

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;

/** Keeps `95 %` on one line. */
export const unbroken = (text: string): string => text.replaceAll(" %", "\u00a0%");

/** Cut to a sensible length, between characters. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text.slice(0, 2 * most + 2));
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
