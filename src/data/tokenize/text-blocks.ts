import { expectedGot } from "../../errors/index.ts";
import type { Encoded } from "../types.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Documents of a plain text: runs of lines between empty lines.
 *
 * @throws `data/empty` when there are none.
 * @example
 * readDocuments("One line.\nAnother.\n\nNext document.\n", "a.txt"); // ["One line.\nAnother.", "Next document."]
 */
export function readDocuments(text: string, name: string): string[] {
  const documents = text
    .split(/\r?\n[ \t]*(?:\r?\n)+/)
    .map((document) => document.trim())
    .filter((document) => document !== "");
  if (documents.length === 0) throw expectedGot("data/empty", name, "at least one line of text", "none");
  return documents;
}

/**
 * Texts as blocks of tokens for masked-language-model training: `[CLS] … [SEP]`, each filled up to the tokenizer's length.
 *
 * The special tokens are those that the tokenizer's template adds to one text, which may be none. Lines of a document follow
 * each other, and a document begins behind the one before it, with a [SEP] between, where blocks end in one: as RoBERTa's
 * FULL-SENTENCES. The last block may be shorter.
 *
 * @param lineByLine - One block a line instead, cut at the length.
 * @returns `index` counts the blocks from 0.
 * @throws `data/empty` when no text has a token.
 * @see Liu et al., arXiv 1907.11692, section 4.2.
 */
export function textBlocks(
  documents: Iterable<string>,
  tokenizer: Tokenizer,
  { lineByLine = false }: { readonly lineByLine?: boolean } = {},
): Encoded[] {
  const blocks: Encoded[] = [];
  const add = (inputIds: Int32Array): void => {
    blocks.push({ index: blocks.length, label: -1, inputIds, tokenTypeIds: new Int32Array(inputIds.length), truncated: false });
  };
  const { opening, closing, maxLength } = tokenizer;
  const addBetween = (ids: readonly number[]): void => add(Int32Array.of(...opening, ...ids, ...closing));
  const room = maxLength - opening.length - closing.length;
  const separator = closing.at(-1);
  let open: number[] = [];
  const fill = (id: number): void => {
    open.push(id);
    if (open.length < room) return;
    addBetween(open);
    open = [];
  };
  for (const document of documents) {
    if (!lineByLine && open.length > 0 && separator !== undefined) fill(separator);
    for (const line of document.split("\n")) {
      const ids = tokenizer.encodeAll(line);
      if (!lineByLine) ids.forEach(fill);
      else if (ids.length > 0) addBetween(ids.slice(0, room));
    }
  }
  while (open.length > 0 && open.at(-1) === separator) open.pop();
  if (open.length > 0) addBetween(open);
  if (blocks.length === 0) throw expectedGot("data/empty", "text", "words that the tokenizer knows how to split", "none");
  return blocks;
}
