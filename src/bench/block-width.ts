import { patterns } from "../attention/index.ts";

/** Tokens a block that suit a length: narrow blocks keep what matters more exactly, wide ones are multiplied better. */
export const blockWidth = (length: number): number => (length < 256 ? 16 : length < 2048 ? 64 : 128);

/** A name and its arguments, where no bracket is inside. */
const CALL = /([A-Za-z]\w*)(?:\s*\(([^()]*)\))?/g;

/**
 * A pattern's text in which every pattern that takes a `size` has one: where none was written, the width that suits the length.
 *
 * @example
 * withBlockWidth("block(sparsity=0.8)", 4096); // "block(sparsity=0.8, size=128)"
 */
export const withBlockWidth = (text: string, length: number): string =>
  text.replaceAll(CALL, (call, name: string, given: string = "") => {
    if (!(Object.hasOwn(patterns, name) && patterns[name].parameters.includes("size")) || /\bsize\s*=/.test(given)) return call;
    return `${name}(${[given.trim(), `size=${blockWidth(length)}`].filter(Boolean).join(", ")})`;
  });
