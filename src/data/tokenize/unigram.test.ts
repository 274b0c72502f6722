import assert from "node:assert/strict";
import { test } from "node:test";
import { repairUnigram, type UnigramModel } from "./unigram.ts";

type Vocabulary = readonly (readonly [piece: string, score: number])[];
/** The pieces of a text, without spaces, under a vocabulary. */
function piecesOf(text: string, vocabulary: Vocabulary): string {
  const startingAt = (chars: readonly string[], start: number): string[] =>
    vocabulary.flatMap(([piece]) => (chars.slice(start).join("").startsWith(piece) ? [piece] : []));
  const model: UnigramModel = { trie: { common_prefix_search: startingAt }, tokenize: () => [] };
  repairUnigram(model, vocabulary);
  return model.tokenize(`▁${text}`).join(" ");
}

// all expected pieces are those of tokenizers 0.23.3 in Python, which read the same vocabulary from JSON
test("of equally good ways to cut a text the one is taken that rounding prefers before the next piece is added", () => {
  const dots: Vocabulary = [
    ...([
      ["[UNK]", 0],
      ["▁", -4.178680157278627],
    ] as const),
    ...([
      [".", -3.681833109572425],
      ["...", -9.05798609917397],
    ] as const),
  ];
  const cut = [7, 8, 10, 11].map((count) => piecesOf(".".repeat(count), dots));
  assert.deepEqual(cut, ["▁ ... ... .", "▁ ... ... . .", "▁ ... ... . ...", "▁ ... ... . . ..."]);
});
test("scores are read as Rust reads them, which is not always the nearest number", () => {
  const vocabulary = (space: number, one: number, three: number): Vocabulary => [
    ...([
      ["[UNK]", 0],
      ["▁", space],
    ] as const),
    ...([
      ["a", one],
      ["aaa", three],
    ] as const),
  ];
  const eight = piecesOf("a".repeat(8), vocabulary(-5.8359741662637425, -5.213922123374679, -12.427844246749357));
  assert.equal(eight, "▁ a aaa aaa a");
  const thirteen = piecesOf("a".repeat(13), vocabulary(-6.405470333604542, -8.455319937289211, -18.910639874578422));
  assert.equal(thirteen, "▁ a aaa aaa aaa aaa");
});
test("a character that no piece has is a piece of its own", () => {
  assert.equal(
    piecesOf("a☃𝒜a", [
      ["▁", -1],
      ["a", -2],
      ["☃☃", -3],
    ]),
    "▁ a ☃ 𝒜 a",
  );
});
