import type { Example } from "../types.ts";

export interface GroupingOptions {
  /**
   * `containment` (default): shared and contained texts; `equality`: shared texts only; `rows`: examples that are equal, pair included;
   * `none`: every example alone.
   */
  readonly groupBy?: "containment" | "equality" | "rows" | "none";
  /** Shortest text, in words, that glues whatever holds it; default 4, see `groupByText`. */
  readonly minWords?: number;
}

// Scripts written without spaces count each character as a word, otherwise a whole sentence would be one.
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}\p{M}])+/gu;

/**
 * The words of a text as comparisons see them: NFKC, lower case, letters and digits only, single spaces.
 *
 * A text without any letter or digit (`:-)`) is compared as it stands.
 *
 * @example
 * normaliseText("It 's  GREAT !"); // "it s great"
 */
export function normaliseText(text: string): string {
  const words = text.normalize("NFKC").toLowerCase().match(WORD);
  return words ? words.join(" ") : text.trim();
}

/** Distinct normalised texts of a dataset, as word ids, and which of them each example holds. */
interface TextIndex {
  readonly texts: readonly Int32Array[];
  /** Text id of each example, and of its pair or -1. */
  readonly ofText: Int32Array;
  readonly ofPair: Int32Array;
}

function indexTexts(examples: readonly Example[]): TextIndex {
  const texts: Int32Array[] = [];
  const textIds = new Map<string, number>();
  const wordIds = new Map<string, number>();
  const intern = (text: string): number => {
    const key = normaliseText(text);
    let id = textIds.get(key);
    if (id === undefined) {
      id = texts.length;
      textIds.set(key, id);
      texts.push(
        Int32Array.from(key.split(" "), (word) => {
          let wordId = wordIds.get(word);
          if (wordId === undefined) wordIds.set(word, (wordId = wordIds.size));
          return wordId;
        }),
      );
    }
    return id;
  };
  const ofText = new Int32Array(examples.length);
  const ofPair = new Int32Array(examples.length).fill(-1);
  examples.forEach((example, at) => {
    ofText[at] = intern(example.text);
    if (example.pair !== undefined) ofPair[at] = intern(example.pair);
  });
  return { texts, ofText, ofPair };
}

class UnionFind {
  readonly #parent: Int32Array;

  constructor(n: number) {
    this.#parent = Int32Array.from({ length: n }, (_, i) => i);
  }

  find(i: number): number {
    const parent = this.#parent;
    let root = i;
    while (parent[root] !== root) root = parent[root];
    for (let at = i; at !== root; ) {
      const next = parent[at];
      parent[at] = root;
      at = next;
    }
    return root;
  }

  union(a: number, b: number): void {
    const [x, y] = [this.find(a), this.find(b)];
    // The smaller id leads, so that the result does not depend on the order of unions.
    if (x < y) this.#parent[y] = x;
    else this.#parent[x] = y;
  }
}

/**
 * Call `found(inner, outer)` for every text chosen by `isInner` that stands verbatim, on word boundaries, inside another.
 *
 * Each inner text waits in a hash table under the rarest of its runs of `gram` words, so that a shared opening
 * ("Dear support team, …") costs nothing; every hit is verified word by word, so hash collisions cost time only.
 * Time: about one look-up a word of text.
 *
 * @param gram - Words a run; inner texts have at least that many.
 */
function findContained(
  texts: readonly Int32Array[],
  gram: number,
  isInner: (text: Int32Array) => boolean,
  found: (inner: number, outer: number) => void,
): void {
  if (!texts.some(isInner)) return;
  const words = texts.reduce((sum, text) => sum + text.length, 0);
  const slotBits = Math.max(10, Math.min(24, Math.ceil(Math.log2(2 * words + 1))));
  const slotOf = (text: Int32Array, at: number): number => {
    let hash = 0x9e3779b9;
    for (let i = at; i < at + gram; i++) {
      hash = Math.imul(hash ^ text[i], 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0xc2b2ae35) >>> (32 - slotBits);
  };

  const counts = new Uint32Array(2 ** slotBits);
  for (const text of texts) for (let at = 0; at + gram <= text.length; at++) counts[slotOf(text, at)]++;

  const first = new Int32Array(2 ** slotBits).fill(-1);
  const next = new Int32Array(texts.length).fill(-1);
  const anchor = new Int32Array(texts.length);
  texts.forEach((text, id) => {
    if (!isInner(text)) return;
    let rarest = slotOf(text, 0);
    for (let at = 1; at + gram <= text.length; at++) {
      const slot = slotOf(text, at);
      if (counts[slot] < counts[rarest]) {
        rarest = slot;
        anchor[id] = at;
      }
    }
    next[id] = first[rarest];
    first[rarest] = id;
  });

  const standsAt = (inner: Int32Array, outer: Int32Array, start: number): boolean => {
    for (let i = 0; i < inner.length; i++) if (inner[i] !== outer[start + i]) return false;
    return true;
  };
  texts.forEach((outer, outerId) => {
    for (let at = 0; at + gram <= outer.length; at++) {
      for (let innerId = first[slotOf(outer, at)]; innerId >= 0; innerId = next[innerId]) {
        const inner = texts[innerId];
        const start = at - anchor[innerId];
        if (innerId === outerId || start < 0 || start + inner.length > outer.length) continue;
        if (standsAt(inner, outer, start)) found(innerId, outerId);
      }
    }
  });
}

/** Give each text of exactly `length` words that stands in the texts of one group only to that group. */
function adoptShort(texts: readonly Int32Array[], length: number, sets: UnionFind): void {
  const [nobody, several] = [-1, -2];
  const owner = new Int32Array(texts.length).fill(nobody);
  findContained(
    texts,
    length,
    (text) => text.length === length,
    (inner, outer) => {
      const group = sets.find(outer);
      if (group === sets.find(inner) || owner[inner] === group) return;
      owner[inner] = owner[inner] === nobody ? group : several;
    },
  );
  owner.forEach((group, inner) => {
    if (group >= 0) sets.union(group, inner);
  });
}

/**
 * Group examples that share text, so that a split can keep each group on one side.
 *
 * Two examples share text when, after `normaliseText`,
 * 1. a text (or pair) of one equals a text (or pair) of the other, or, with `groupBy: "containment"`,
 * 2. a text of at least `minWords` words stands verbatim inside a text of the other, or
 * 3. a shorter text stands inside texts of one group only; it then joins that group.
 *
 * Groups are the transitive closure. A short text that stands in several groups stays alone: "a fine film" stands in
 * dozens of unrelated reviews and would chain them all together.
 *
 * Images are grouped when their files are exact copies.
 *
 * @param examples - Any order.
 * @param options - See `GroupingOptions`.
 * @returns The group of each example: the position in `examples` of the group's first member.
 * @example
 * groupByText([{ text: "a truly fine little film", … }, { text: "what a truly fine little film !", … }]); // [0, 0]
 */
export function groupByText(examples: readonly Example[], options: GroupingOptions = {}): Int32Array {
  const { groupBy = "containment", minWords = 4 } = options;
  if (groupBy === "none") return Int32Array.from(examples, (_, at) => at);
  if (examples[0]?.image) return groupByContent(examples);
  const { texts, ofText, ofPair } = indexTexts(examples);
  if (groupBy === "rows") return firstMembers(examples, (at) => `${ofText[at]} ${ofPair[at]}`);
  const sets = new UnionFind(texts.length);
  ofPair.forEach((pair, at) => {
    if (pair >= 0) sets.union(pair, ofText[at]);
  });
  if (groupBy === "containment") {
    findContained(
      texts,
      minWords,
      (text) => text.length >= minWords,
      (inner, outer) => sets.union(inner, outer),
    );
    // Longest first: once "fine film" has joined a group, "fine" inside both is no longer torn between two.
    for (let length = minWords - 1; length > 0; length--) adoptShort(texts, length, sets);
  }
  return firstMembers(examples, (at) => sets.find(ofText[at]));
}

const groupByContent = (examples: readonly Example[]): Int32Array => firstMembers(examples, (at) => examples[at].image!.hash);

/** For each example, the position of the first one of the same key. */
function firstMembers(examples: readonly Example[], keyOf: (at: number) => string | number): Int32Array {
  const first = new Map<string | number, number>();
  return Int32Array.from(examples, (_, at) => {
    const key = keyOf(at);
    if (!first.has(key)) first.set(key, at);
    return first.get(key)!;
  });
}

/** From what keeps most together. */
const FOR_FOLDS = ["containment", "equality", "rows"] as const;

/**
 * Groups of examples that share text, for cross-validation: the first of `containment`, `equality` and `rows` whose largest group fits into
 * a fold, else `rows`. A text that stands inside most others, or in most pairs, would leave too few to learn from.
 *
 * @param folds - Number of folds.
 * @param from - What is tried first; default `containment`, as `splitDataset` groups.
 * @returns As `groupByText`.
 */
export function groupsForFolds(
  examples: readonly Example[],
  folds: number,
  from: (typeof FOR_FOLDS)[number] = "containment",
): Int32Array {
  const tried = FOR_FOLDS.slice(FOR_FOLDS.indexOf(from), -1);
  for (const groupBy of tried) {
    const groups = groupByText(examples, { groupBy });
    const sizes = new Uint32Array(examples.length);
    for (const group of groups) sizes[group]++;
    if (sizes.every((size) => size * folds <= examples.length)) return groups;
  }
  return groupByText(examples, { groupBy: "rows" });
}
