import { type PatternNode, patternParts } from "./pattern-parts.ts";

/** Longer expressions are no rules for words. */
const LONGEST = 10_000;
const MOST_SETS = 300;
/** Repeats behind each other that may share a text: so many take at most its square, from one place. */
const MOST_REPEATS = 2;
/** Optional parts behind each other that may be the same character, and choices: each doubles the ways. */
const MOST_OPTIONAL = 12;
/** A part that may stand more often than this is as good as endless. */
const FEW = 8;

type SetNode = Extract<PatternNode, { kind: "set" }>;

/**
 * Why a regular expression may take endless time on some text: JavaScript tries every way in which it can match, and a tokenizer's
 * expressions are strangers'.
 *
 * Refused are repeated groups whose rounds can share a text in several ways, as `(a+)+` or `(a|a)*`, and more than two repeats, or a dozen
 * optional parts or choices, of the same character behind each other. What passes takes at most a power of the text's length.
 *
 * @returns What is wrong, in words; undefined for an expression that may be used.
 * @see Weideman et al., "Analyzing matching time behavior of backtracking regular expression matchers", 2016.
 */
export function slowPattern(expression: RegExp): string | undefined {
  if (expression.source.length > LONGEST) return `more than ${LONGEST} characters`;
  const tree = patternParts(expression);
  if (!tree) return "groups that are referred to, or too many within each other";
  const sets = new Map<string, SetNode>();
  for (const set of setsOf(tree)) sets.set(keyOf(set), set);
  if (sets.size > MOST_SETS) return `more than ${MOST_SETS} different characters and classes`;
  const members = membersOf([...sets.values()]);
  const rule = new Judge(members);
  if (!rule.repeatsAreSound(tree)) return "a repeated group that can match the same text in several ways";
  if (Math.max(0, ...rule.most(tree, "repeats")) > MOST_REPEATS)
    return `more than ${MOST_REPEATS} repeats of the same character behind each other`;
  if (Math.max(0, ...rule.most(tree, "optional")) > MOST_OPTIONAL)
    return `more than ${MOST_OPTIONAL} optional parts or choices of the same character behind each other`;
  return undefined;
}

const keyOf = ({ flags, source }: SetNode): string => `${flags}/${source}`;

function setsOf(node: PatternNode): SetNode[] {
  if (node.kind === "set") return [node];
  if (node.kind === "repeat") return setsOf(node.of);
  return (node.kind === "sequence" ? node.parts : node.options).flatMap(setsOf);
}

/** Every character of the alphabets, and one in sixteen where thousands are alike. */
const CHARACTERS = Array.from({ length: 0x10000 }, (_, code) => code)
  .filter((code) => code < 0x3400 || code >= 0xf900 || (code % 16 === 0 && (code < 0xd800 || code > 0xdfff)))
  .map((code) => String.fromCodePoint(code))
  .concat("𐐀", "𝐀", "𝟎", "😀", "𠀀", "\u{e0100}");

/** Ends of ranges are among them, so that ranges that overlap have one in common. */
const charactersIn = ({ source }: SetNode): string[] => [
  ...source,
  ...Array.from(source.matchAll(/\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/g), ([, ...codes]) =>
    String.fromCodePoint(Number.parseInt(codes.find((code) => code !== undefined)!, 16)),
  ),
];

/**
 * Of each set, which kinds of characters it holds; characters that all sets agree on are one kind. A set of which no character is known
 * counts as all of them.
 */
function membersOf(sets: readonly SetNode[]): ReadonlyMap<string, readonly boolean[]> {
  const characters = [...new Set([...CHARACTERS, ...sets.flatMap(charactersIn)])];
  const kinds = new Uint32Array(characters.length);
  let count = 1;
  const holds = sets.map(({ source, flags }) => {
    const expression = new RegExp(`^(?:${source})$`, `u${flags}`);
    const isOne = flags === "" && [...source].length === 1 && source !== ".";
    const held = Uint8Array.from(characters, (char) => Number(isOne ? char === source : expression.test(char)));
    return held.includes(1) ? held : held.fill(1);
  });
  for (const held of holds) {
    const known = new Map<number, number>();
    kinds.forEach((kind, at) => {
      const split = 2 * kind + held[at];
      if (!known.has(split)) known.set(split, known.size);
      kinds[at] = known.get(split)!;
    });
    count = known.size;
  }
  const examples = new Array<number>(count);
  kinds.forEach((kind, at) => void (examples[kind] = at));
  return new Map(sets.map((set, at) => [keyOf(set), examples.map((example) => holds[at][example] === 1)]));
}

class Judge {
  readonly #members: ReadonlyMap<string, readonly boolean[]>;
  readonly #kinds: number;

  constructor(members: ReadonlyMap<string, readonly boolean[]>) {
    this.#members = members;
    this.#kinds = [...members.values()][0]?.length ?? 0;
  }

  /** Whether the rounds of every repeated group can match a text in one way only. */
  repeatsAreSound(node: PatternNode): boolean {
    if (node.kind === "set") return true;
    if (node.kind !== "repeat")
      return (node.kind === "sequence" ? node.parts : node.options).every((part) => this.repeatsAreSound(part));
    const { of, most } = node;
    return of.kind === "set" || (this.repeatsAreSound(of) && (most <= 1 || this.#hasOneWay(of)));
  }

  /** Of each kind of character, how many repeats or optional parts behind each other may take it, on the worst way through. */
  most(node: PatternNode, what: "repeats" | "optional"): readonly number[] {
    if (node.kind === "set") return new Array(this.#kinds).fill(0);
    if (node.kind === "sequence" || node.kind === "choice") {
      const parts = (node.kind === "sequence" ? node.parts : node.options).map((part) => this.most(part, what));
      const none = new Array<number>(this.#kinds).fill(0);
      const join = node.kind === "sequence" ? (a: number, b: number) => a + b : Math.max;
      const worst = parts.reduce((sum, part) => sum.map((value, kind) => join(value, part[kind])), none);
      const ways = node.kind === "choice" && what === "optional" && !this.#choicesDiffer(node) ? node.options.length : 1;
      return worst.map((value) => value + Math.ceil(Math.log2(ways)));
    }
    const { of, least, most } = node;
    const inner = this.most(of, what);
    const endless = most - least > FEW;
    const own = what === "repeats" ? Number(endless) : endless ? 0 : most - least;
    if (own === 0) return inner;
    // a round that is told by its first character shares no other with what stands before it
    const first = firstSet(of);
    const taken = (first ? [first] : setsOf(of)).map((set) => this.#membersOf(set));
    return inner.map((value, kind) => value + (taken.some((held) => held[kind]) ? own : 0));
  }

  /**
   * A round of a repeated group that no text fits twice: its choices differ in their first character, and where its length varies, it
   * begins with a character that it has nowhere else, and its varying parts share none.
   */
  #hasOneWay(round: PatternNode): boolean {
    if (!this.#choicesDiffer(round)) return false;
    const varying = varyingParts(round);
    if (varying.length === 0) return true;
    const [first, ...others] = round.kind === "sequence" ? round.parts : [round];
    if (first?.kind !== "set") return false;
    if (others.flatMap(setsOf).some((set) => this.#overlap(set, first))) return false;
    return varying.every((part, at) =>
      varying.slice(at + 1).every((other) => !setsOf(part).some((a) => setsOf(other).some((b) => this.#overlap(a, b)))),
    );
  }

  #choicesDiffer(node: PatternNode): boolean {
    if (node.kind === "set") return true;
    if (node.kind === "repeat") return this.#choicesDiffer(node.of);
    if (node.kind === "sequence") return node.parts.every((part) => this.#choicesDiffer(part));
    const firsts = node.options.map(firstSet);
    return (
      node.options.every((option) => this.#choicesDiffer(option)) &&
      firsts.every((first, at) => first && firsts.slice(at + 1).every((other) => other && !this.#overlap(first, other)))
    );
  }

  #overlap(a: SetNode, b: SetNode): boolean {
    const other = this.#membersOf(b);
    return this.#membersOf(a).some((held, kind) => held && other[kind]);
  }

  #membersOf(set: SetNode): readonly boolean[] {
    return this.#members.get(keyOf(set))!;
  }
}

/** The outermost parts whose length a text decides. */
function varyingParts(node: PatternNode): PatternNode[] {
  if (node.kind === "set") return [];
  if (node.kind === "repeat") return node.least === node.most ? varyingParts(node.of) : [node];
  return (node.kind === "sequence" ? node.parts : node.options).flatMap(varyingParts);
}

/** What a node must begin with; undefined where that is not one set. */
function firstSet(node: PatternNode): SetNode | undefined {
  if (node.kind === "set") return node;
  if (node.kind === "repeat") return node.least > 0 ? firstSet(node.of) : undefined;
  return node.kind === "sequence" && node.parts.length > 0 ? firstSet(node.parts[0]) : undefined;
}
